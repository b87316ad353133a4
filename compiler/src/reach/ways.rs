//! A way from the chain that a request asks to a primary, with all that would take over after it, in order.
//!
//! Deliberately follows first targets only: what stands behind them is tried after something failed, and has its own turn
//! as part of what takes over. The invariant: a way holds nothing unknown.
//!
//! Read next: `check/losses/open.rs`, which looks for them; [`crate::rules::fallback_lacks_capability`].

use super::Hop;
use super::roads::{Targets, Whole};

/// One way.
#[derive(Debug, Clone)]
pub struct Way<'w> {
    /// The rules that the request takes, each as the places of its chain and of itself, the first in the chain that it asks.
    pub links: Vec<(usize, usize)>,
    /// Where it begins: the chain's place, the target, the backend.
    pub primary: (usize, Hop<'w>, Whole<'w>),
    /// What takes over: first what the last rule says, then what those before it say.
    pub after: Vec<Stop<'w>>,
}

/// A target that takes over.
#[derive(Debug, Clone, Copy)]
pub struct Stop<'w> {
    /// The place of the chain that says so.
    pub chain: usize,
    /// The target.
    pub hop: Hop<'w>,
}

impl<'w> Way<'w> {
    /// The way over some rules to a primary.
    pub fn over(
        links: Vec<(usize, usize)>,
        primary: (usize, Hop<'w>, Whole<'w>),
        targets: &[Vec<Option<Targets<'_, 'w>>>],
    ) -> Self {
        let after = links.iter().rev().flat_map(|(chain, rule)| {
            let of_rule = targets.get(*chain).and_then(|rules| rules.get(*rule)).and_then(Option::as_ref);
            let hops = of_rule.map_or(&[][..], |targets| targets.after);
            hops.iter().map(|hop| Stop { chain: *chain, hop: *hop })
        });
        let after = after.collect();
        Self { links, primary, after }
    }
}
