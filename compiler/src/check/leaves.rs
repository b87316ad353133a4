//! The backends that a target comes to, each with the requests that come to it.
//!
//! A chain below takes each request by the first of its rules that matches, so a backend behind another rule is none for that
//! request. Deliberately puts arms and fallbacks of one rule together: that can miss a finding and invents none. Invariant: a
//! target of more than [`LEAVES_MAX`] leaves comes to all of them with every request, as if all their rules were lossy, for
//! the same reason.
//!
//! Read next: [`super::losses`], which asks what they can serve.

use pointsman_schema::source::Lossy;

use crate::analysis::formula::{Formula, Scope};
use crate::analysis::serving::{Listed, all, not};
use crate::index::Index;
use crate::reach::roads::{Roads, Targets, Whole};
use crate::reach::ways::Stop;
use crate::reach::{Goal, Graph, Hop};

/// A backend that some requests come to.
#[derive(Debug, Clone)]
pub(super) struct Leaf<'w> {
    pub(super) listed: Listed<'w>,
    /// Which requests; nothing when all.
    pub(super) comes: Option<Formula<'w>>,
}

/// What the leaves are looked up in.
#[derive(Clone, Copy)]
pub(super) struct Tree<'t, 'w> {
    pub(super) index: &'w Index<'w>,
    pub(super) graph: &'t Graph<'w>,
    pub(super) roads: &'t Roads<'w>,
    /// By the place of the chain.
    pub(super) targets: &'t [Vec<Option<Targets<'w>>>],
}

impl<'w> Tree<'_, 'w> {
    /// Those of a target, in the order in which they are tried; nothing when they are not known.
    pub(super) fn leaves(&self, stop: &Stop<'w>) -> Option<Vec<Leaf<'w>>> {
        let mut found = Vec::new();
        self.hop(&stop.hop, &[], &mut found)?;
        if found.len() > LEAVES_MAX {
            let listed = |backend: &Whole<'w>| Listed { backend: *backend, lossy: Lossy::Allow };
            let leaf = |backend: &Whole<'w>| Leaf { listed: listed(backend), comes: None };
            return Some(stop.backends.iter().map(leaf).collect());
        }
        Some(found)
    }

    fn hop(&self, hop: &Hop<'w>, comes: &[Formula<'w>], found: &mut Vec<Leaf<'w>>) -> Option<()> {
        if found.len() > LEAVES_MAX {
            return Some(());
        }
        match hop.goal {
            Goal::Backend(name) => {
                let comes = (!comes.is_empty()).then(|| all(comes.to_vec()));
                found.push(Leaf { listed: Listed::new(*self.roads.whole(name)?, hop.rule), comes });
                Some(())
            }
            Goal::Chain(at) => self.chain(at, comes, found),
        }
    }

    /// Rule by rule, until one takes all that is left.
    fn chain(&self, at: usize, comes: &[Formula<'w>], found: &mut Vec<Leaf<'w>>) -> Option<()> {
        let node = self.graph.chains.get(at)?;
        let scope = Scope { index: self.index, owner: node.declared.owner };
        let mut left = comes.to_vec();
        for targets in self.targets.get(at)? {
            let targets = targets.as_ref()?;
            let condition = match targets.rule.condition() {
                None => None,
                Some((condition, _)) => Some(scope.formula(condition)?),
            };
            let mut taken = left.clone();
            taken.extend(condition.clone());
            for hop in targets.all() {
                self.hop(hop, &taken, found)?;
            }
            if found.len() > LEAVES_MAX {
                return Some(());
            }
            let Some(condition) = condition else { return Some(()) };
            left.push(not(condition));
        }
        Some(())
    }
}

/// **Unit**: backends that one target comes to, each counted once for every rule that leads to it.
const LEAVES_MAX: usize = 64;
