//! Whose credentials a request through a chain can spend.
//!
//! Deliberately remembers one road for each owner, the first in the order of the source, because one is enough to show.
//! The platform's credentials are for everyone and are left out.
//!
//! Read next: [`crate::rules::credential_of_another_team`].

use std::collections::BTreeMap;

use super::{Goal, Graph, Hop};
use crate::index::Index;
use crate::policy::{Declared, Owner};
use pointsman_schema::source::{Backend, Credential};

/// For each chain: the teams whose credentials it can reach, each with the first hop towards one.
pub type Reached<'w> = Vec<BTreeMap<&'w Owner, Hop<'w>>>;

/// Where a road ends.
#[derive(Debug, Clone, Copy)]
pub struct End<'w> {
    /// The backend.
    pub backend: &'w Declared<'w, Backend>,
    /// Its credential.
    pub credential: &'w Declared<'w, Credential>,
}

/// What each chain of the graph can reach; nothing for chains that go in circles.
pub fn reached<'w>(index: &'w Index<'w>, graph: &Graph<'w>) -> Reached<'w> {
    let mut all: Reached<'w> = vec![BTreeMap::new(); graph.chains.len()];
    for at in &graph.order {
        let mut found = BTreeMap::new();
        for hop in graph.chains.get(*at).into_iter().flat_map(|chain| &chain.hops) {
            match hop.goal {
                Goal::Backend(backend) => {
                    if let Some(end) = end(index, backend)
                        && *end.credential.owner != Owner::Platform
                    {
                        found.entry(end.credential.owner).or_insert(*hop);
                    }
                }
                Goal::Chain(next) => {
                    for owner in all.get(next).into_iter().flat_map(BTreeMap::keys) {
                        found.entry(*owner).or_insert(*hop);
                    }
                }
            }
        }
        if let Some(slot) = all.get_mut(*at) {
            *slot = found;
        }
    }
    all
}

/// A backend and its credential, when it has one that is known.
pub fn end<'w>(index: &'w Index<'w>, backend: &str) -> Option<End<'w>> {
    let policy = &index.policy;
    let backend = policy.backends.get(backend)?;
    let reference = backend.body()?.credential.as_ref()?;
    let credential = policy.credential(backend.owner, reference.value.as_str()).found()?;
    Some(End { backend, credential: policy.credentials.get(credential)? })
}
