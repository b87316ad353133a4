//! The backends that a target comes to, each with the requests that come to it.
//!
//! A chain below takes each request by the first of its rules that matches, so a backend behind another rule is none for that
//! request. Deliberately puts arms and fallbacks of one rule together: that can miss a finding and invents none. Invariant: a
//! chain of more than [`LEAVES_MAX`] leaves, or of more chains below each other than a decision passes through, comes to all
//! its backends with every request, as if all their rules were lossy, for the same reason.
//!
//! Read next: [`super::losses`], which asks what they can serve.

use std::cell::OnceCell;

use pointsman_schema::limits::CHAIN_DEPTH_MAX;
use pointsman_schema::source::{Backend, Lossy};

use crate::analysis::formula::{Formula, Scope};
use crate::analysis::serving::Listed;
use crate::index::Index;
use crate::policy::Declared;
use crate::reach::roads::{Roads, Targets, Whole};
use crate::reach::{Goal, Graph, Hop};

/// A backend that some requests come to.
#[derive(Debug, Clone)]
pub(super) struct Leaf<'w> {
    pub(super) listed: Listed<'w>,
    /// Which requests; nothing when all. Shared.
    pub(super) comes: Option<Formula<'w>>,
}

impl<'w> Leaf<'w> {
    /// One that every request comes to, whatever it holds.
    pub(super) fn of_all(backend: Whole<'w>) -> Self {
        Self { listed: Listed { backend, lossy: Lossy::Allow }, comes: None }
    }
}

/// What the leaves of a policy are looked up in.
pub(super) struct Tree<'t, 'w> {
    pub(super) index: &'w Index<'w>,
    pub(super) graph: &'t Graph<'w>,
    pub(super) roads: &'t Roads<'w>,
    /// By the place of the chain.
    pub(super) targets: &'t [Vec<Option<Targets<'t, 'w>>>],
    /// The same: how many chains stand below each other.
    depths: Vec<usize>,
    /// The same: what has been worked out.
    known: Vec<OnceCell<Leaves<'w>>>,
    /// The same: what its rules take.
    taken: Vec<OnceCell<Vec<Option<Formula<'w>>>>>,
}

/// The leaves of a chain, in the order in which they are tried.
#[derive(Debug)]
pub(super) enum Leaves<'w> {
    /// These.
    These(Vec<Leaf<'w>>),
    /// All backends below it.
    All,
    /// They are not known.
    Unknown,
}

impl<'t, 'w> Tree<'t, 'w> {
    /// Of a policy.
    pub(super) fn of(
        index: &'w Index<'w>,
        graph: &'t Graph<'w>,
        (roads, targets): (&'t Roads<'w>, &'t [Vec<Option<Targets<'t, 'w>>>]),
    ) -> Self {
        let depths = graph.from_below(usize::MAX, |node, all| {
            let below = node.hops.iter().map(|hop| match hop.goal {
                Goal::Backend(_) => 0,
                Goal::Chain(next) => all.get(next).copied().unwrap_or(usize::MAX),
            });
            below.max().unwrap_or(0).saturating_add(1)
        });
        let known = graph.chains.iter().map(|_| OnceCell::new()).collect();
        let taken = graph.chains.iter().map(|_| OnceCell::new()).collect();
        Self { index, graph, roads, targets, depths, known, taken }
    }

    /// What the rules of a chain take of the requests that come to it, as in [`Scope::taken`].
    pub(super) fn taken(&self, at: usize) -> &[Option<Formula<'w>>] {
        let (Some(node), Some(cell)) = (self.graph.chains.get(at), self.taken.get(at)) else { return &[] };
        cell.get_or_init(|| Scope { index: self.index, owner: node.declared.owner }.taken(node.body))
    }

    /// The leaf of a target that is a backend; nothing when it is not known.
    pub(super) fn leaf(&self, hop: &Hop<'w>, backend: &Declared<'w, Backend>) -> Option<Leaf<'w>> {
        Some(Leaf { listed: Listed::new(*self.roads.whole(backend)?, hop.rule), comes: None })
    }

    /// The leaves of a chain, worked out once.
    pub(super) fn of_chain(&self, at: usize) -> &Leaves<'w> {
        let Some(cell) = self.known.get(at) else { return &Leaves::Unknown };
        cell.get_or_init(|| {
            let is_deep = self.depths.get(at).is_none_or(|depth| *depth > CHAIN_DEPTH_MAX);
            if is_deep { Leaves::All } else { self.rule_by_rule(at) }
        })
    }

    /// Until one takes all that is left.
    fn rule_by_rule(&self, at: usize) -> Leaves<'w> {
        let Some(rules) = self.targets.get(at) else { return Leaves::Unknown };
        let (mut found, mut taken) = (Vec::new(), self.taken(at).iter());
        for targets in rules {
            let (Some(targets), Some(taken)) = (targets, taken.next()) else { return Leaves::Unknown };
            for hop in targets.all() {
                if let Err(others) = self.add(hop, taken.as_ref(), &mut found) {
                    return others;
                }
            }
            if targets.rule.condition().is_none() {
                break;
            }
        }
        Leaves::These(found)
    }

    /// Adds what comes to a target of a rule that takes some requests.
    fn add(
        &self,
        hop: &Hop<'w>,
        taken: Option<&Formula<'w>>,
        found: &mut Vec<Leaf<'w>>,
    ) -> Result<(), Leaves<'w>> {
        let coming = |leaf: &Leaf<'w>| {
            let comes = match (taken, leaf.comes.as_ref()) {
                (Some(taken), Some(comes)) => Some(Formula::both(Some(taken.clone()), comes.clone())),
                (taken, comes) => taken.or(comes).cloned(),
            };
            Leaf { listed: leaf.listed, comes }
        };
        match hop.goal {
            Goal::Backend(backend) => found.push(coming(&self.leaf(hop, backend).ok_or(Leaves::Unknown)?)),
            Goal::Chain(next) => match self.of_chain(next) {
                Leaves::These(leaves) => found.extend(leaves.iter().map(coming)),
                Leaves::All => return Err(Leaves::All),
                Leaves::Unknown => return Err(Leaves::Unknown),
            },
        }
        if found.len() > LEAVES_MAX { Err(Leaves::All) } else { Ok(()) }
    }
}

/// **Unit**: backends that one target comes to, each counted once for every rule that leads to it.
const LEAVES_MAX: usize = 64;
