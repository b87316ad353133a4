//! Whose credentials a request through a chain can spend.
//!
//! Deliberately remembers one road for each owner, the first in the order of the source, because one is enough to show.
//! The platform's credentials are for everyone and are left out.
//!
//! Read next: [`crate::rules::credential_of_another_team`].

use pointsman_schema::source::{Backend, Credential};

use super::sets::{Draft, Set, Sets};
use super::{Goal, Graph, Hop, Node};
use crate::index::Index;
use crate::policy::{Declared, Owner};

/// Whose credentials each chain can reach.
#[derive(Debug)]
pub struct Reached<'w> {
    /// The teams that have credentials, in their order.
    owners: Vec<&'w Owner>,
    sets: Sets,
    /// By the place of the backend, the team whose credential it has.
    of_backends: Vec<Option<usize>>,
    /// By the place of the chain; nothing for chains that go in circles.
    of_chains: Vec<Set>,
}

/// Where a road ends.
#[derive(Debug, Clone, Copy)]
pub struct End<'w> {
    /// The backend.
    pub backend: &'w Declared<'w, Backend>,
    /// Its credential.
    pub credential: &'w Declared<'w, Credential>,
}

impl<'w> Reached<'w> {
    /// What each chain of a graph can reach.
    pub fn of(index: &'w Index<'w>, graph: &Graph<'w>) -> Self {
        let mut owners: Vec<_> =
            index.policy.credentials.values().map(|credential| credential.owner).collect();
        owners.retain(|owner| **owner != Owner::Platform);
        owners.sort_unstable();
        owners.dedup();
        let owner = |backend| owners.binary_search(&end(index, backend)?.credential.owner).ok();
        let of_backends: Vec<_> = index.policy.backends.values().map(owner).collect();
        let mut draft = Draft::new(owners.len());
        let of_chains =
            graph.union_below(&mut draft, |backend| of_backends.get(backend.at).copied().flatten());
        Self { owners, sets: draft.finish(), of_backends, of_chains }
    }

    /// Whether no chain reaches any.
    pub fn is_empty(&self) -> bool {
        self.of_chains.iter().all(|set| *set == Set::EMPTY)
    }

    /// The teams whose credentials a chain can reach, in their order.
    pub fn owners(&self, chain: usize) -> impl Iterator<Item = &'w Owner> {
        let set = self.of_chains.get(chain).copied().unwrap_or(Set::EMPTY);
        self.sets.iter(set).filter_map(|at| self.owners.get(at).copied())
    }

    /// The first hop of a chain towards a credential of a team.
    pub fn towards<'n>(&self, node: &'n Node<'w>, owner: &Owner) -> Option<&'n Hop<'w>> {
        let at = self.owners.binary_search(&owner).ok()?;
        node.hops.iter().find(|hop| match hop.goal {
            Goal::Backend(backend) => self.of_backends.get(backend.at).copied().flatten() == Some(at),
            Goal::Chain(next) => self.of_chains.get(next).is_some_and(|set| self.sets.contains(*set, at)),
        })
    }
}

/// A backend and its credential, when it has one that is known.
pub fn end<'w>(index: &'w Index<'w>, backend: &'w Declared<'w, Backend>) -> Option<End<'w>> {
    let policy = &index.policy;
    let reference = backend.body()?.credential.as_ref()?;
    Some(End { backend, credential: policy.find(backend.owner, reference.value.as_str())? })
}
