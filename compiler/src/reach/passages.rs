//! How many chains one decision can pass through in all, at worst.
//!
//! Deliberately an upper bound: whichever is lower of all ways counted one by one, and of the different chains that can be
//! reached at all. So what is let through always fits, and what many ways share does not cry wolf. The invariant: the
//! work for one chain is bounded by its targets and by the limit.
//!
//! Read next: [`crate::rules::chain_too_deep`], which reports it; [`super::attempts`] for how deep one way goes.

use std::collections::BTreeSet;

use pointsman_schema::limits::PASSAGES_MAX;

use super::{Goal, Graph, Hop, Node};

/// What a decision that begins in one chain can pass through.
#[derive(Debug, Clone, Copy)]
pub struct Passages<'w> {
    /// **Unit**: chains, this one included.
    pub count: usize,
    /// The target with which a rule has more than [`PASSAGES_MAX`].
    pub over: Option<Hop<'w>>,
}

/// The passages of every chain that ends, by its place in the graph; nothing for those that go in circles.
pub fn passages<'w>(graph: &Graph<'w>) -> Vec<Option<Passages<'w>>> {
    graph.from_below(None, |node, all| {
        let mut found = ways(node, all);
        if found.count > PASSAGES_MAX {
            found.count = found.count.min(different(graph, node));
        }
        found.over = found.over.filter(|_| found.count > PASSAGES_MAX);
        Some(found)
    })
}

/// The costliest rule: the largest arm, and every fallback after it.
fn ways<'w>(chain: &Node<'w>, all: &[Option<Passages<'w>>]) -> Passages<'w> {
    let below = |hop: &Hop<'w>| match hop.goal {
        Goal::Chain(next) => all.get(next).copied().flatten().map_or(0, |passages| passages.count),
        Goal::Backend(_) => 0,
    };
    let mut worst = Passages { count: 1, over: None };
    for of_rule in chain.hops.chunk_by(|a, b| std::ptr::eq(a.rule, b.rule)) {
        let arm = of_rule.iter().filter(|hop| hop.is_arm).max_by_key(|hop| below(hop));
        let mut sum = Passages { count: 1, over: None };
        for hop in arm.into_iter().chain(of_rule.iter().filter(|hop| !hop.is_arm)) {
            sum.count = sum.count.saturating_add(below(hop));
            if sum.count > PASSAGES_MAX && sum.over.is_none() {
                sum.over = Some(*hop);
            }
        }
        if sum.count > worst.count {
            worst = sum;
        }
    }
    worst
}

/// Different chains that can be reached, this one included; counted up to one more than may be passed through.
fn different(graph: &Graph<'_>, first: &Node<'_>) -> usize {
    let mut seen = BTreeSet::new();
    let mut open = vec![first];
    while let Some(chain) = open.pop() {
        for hop in &chain.hops {
            if let Goal::Chain(next) = hop.goal
                && seen.len() < PASSAGES_MAX
                && seen.insert(next)
            {
                open.extend(graph.chains.get(next));
            }
        }
    }
    seen.len().saturating_add(1)
}
