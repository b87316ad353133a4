//! Which backends of some kind each chain can reach, where it matters for money.
//!
//! Deliberately no amounts and no budgets. The invariant: each target is looked at once, so the work is linear in the policy.
//!
//! Read next: [`crate::rules::unpriced_model`], [`super::beginnings`] for who comes to a chain.

use std::collections::BTreeSet;

use super::{Goal, Graph};

/// For each chain of a graph, those of some backends that it can reach; nothing for chains that go in circles.
pub fn reaching<'w>(graph: &Graph<'w>, wanted: &BTreeSet<&str>) -> Vec<BTreeSet<&'w str>> {
    let mut all: Vec<BTreeSet<&'w str>> = vec![BTreeSet::new(); graph.chains.len()];
    for at in &graph.order {
        let mut found = BTreeSet::new();
        for hop in graph.chains.get(*at).into_iter().flat_map(|chain| &chain.hops) {
            match hop.goal {
                Goal::Backend(backend) if wanted.contains(backend) => _ = found.insert(backend),
                Goal::Backend(_) => {}
                Goal::Chain(next) => found.extend(all.get(next).into_iter().flatten()),
            }
        }
        if let Some(slot) = all.get_mut(*at) {
            *slot = found;
        }
    }
    all
}
