//! Where not every key is known whose requests begin in a chain.
//!
//! A key that names a chain, a consumer or a budget which nobody knows, or which is private, has a finding of its own. Until it is
//! corrected nothing is said of the chains that it may mean: what no known key asks for, it may ask for. Invariant: where
//! nothing here is unsure, each request has a key that is known in full.
//!
//! Read next: [`super::decisions`].

use std::collections::BTreeSet;

use pointsman_schema::source::Key;

use crate::index::Index;
use crate::policy::{Declared, Owner, Resolution};
use crate::reach::Graph;
use crate::reach::beginnings::Beginnings;

/// What is not known of keys.
#[derive(Debug, Default)]
pub(super) struct Unsure<'w> {
    is_everywhere: bool,
    /// Whose chains some key may mean.
    owners: BTreeSet<&'w Owner>,
    /// Chains of keys that are not known in full, by their places.
    chains: BTreeSet<usize>,
    /// Whether the consumer of some key is not known.
    consumers: bool,
    /// Whether not all chains are known in which some key's requests can begin.
    beginnings: bool,
}

impl<'w> Unsure<'w> {
    /// What is not known of the keys of a policy.
    pub(super) fn of(index: &'w Index<'w>, (graph, beginnings): (&Graph<'w>, &Beginnings<'w>)) -> Self {
        let mut found = Self {
            is_everywhere: index.may_hide_anything(),
            beginnings: beginnings.is_incomplete,
            ..Self::default()
        };
        for key in index.policy.keys.values() {
            let holder = index.policy.holder(key).and_then(Declared::body);
            found.consumers |= holder.is_none();
            let is_known = holder.is_some() && !index.is_spoiled(key.file, key.named.span);
            match (key.body(), beginnings.chain_of(key)) {
                (Some(_), Some(_)) if is_known => continue,
                (Some(_), Some(chain)) => _ = found.chains.insert(chain),
                (Some(body), None) => found.without_chain(index, graph, (key, body)),
                (None, _) => found.owners.extend([key.owner, &Owner::Platform]),
            }
            found.beginnings = true;
        }
        found
    }

    fn without_chain(
        &mut self,
        index: &'w Index<'w>,
        graph: &Graph<'w>,
        (key, body): (&'w Declared<'w, Key>, &'w Key),
    ) {
        let reference = body.chain.value.as_str();
        match index.policy.chain(key.owner, reference) {
            Resolution::Private { declared, .. } | Resolution::Found(declared) => {
                self.chains.extend(graph.place(declared));
            }
            Resolution::Unknown => match reference.split_once('/') {
                Some((team, _)) => {
                    let chains = graph.chains.iter().map(|node| node.declared.owner);
                    self.owners.extend(chains.filter(|owner| owner.team() == Some(team)));
                }
                None => self.owners.extend([key.owner, &Owner::Platform]),
            },
        }
    }

    /// Whether all keys are known in full whose requests begin in a chain.
    pub(super) fn knows(&self, graph: &Graph<'_>, beginnings: &Beginnings<'_>, at: usize) -> bool {
        let is_owned = graph.chains.get(at).is_some_and(|node| self.owners.contains(node.declared.owner));
        let is_led_to = self.beginnings && beginnings.takes_over(at);
        !self.is_everywhere && !is_owned && !is_led_to && !self.chains.contains(&at)
    }

    /// Whether everyone is known who holds a key.
    pub(super) fn knows_consumers(&self) -> bool {
        !self.is_everywhere && !self.consumers
    }

    /// Whether it is known from which chains each chain takes over.
    pub(super) fn knows_beginnings(&self) -> bool {
        !self.is_everywhere && !self.beginnings
    }
}
