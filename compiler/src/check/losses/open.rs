//! The ways from a chain to a primary behind which nothing stands, so far, that can do all that it can.
//!
//! What goes on to a chain adds what takes over behind it and changes nothing else, so the open ways of a chain are worked out
//! once for all who go on to it and may be served by the same models. Deliberately says nothing of who notices. Invariants: a
//! way is left out as soon as one backend behind it serves all; the work for one chain is bounded by its targets and the open
//! ways of those; and that for all chains together grows as the policy does.
//!
//! Read next: [`super`], which asks whether some request notices.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use pointsman_schema::feature::spoken;
use pointsman_schema::limits::CHAIN_DEPTH_MAX;
use pointsman_schema::preset::Preset;
use pointsman_schema::protocol::ProviderProtocol;
use pointsman_schema::source::Backend;

use super::super::leaves::{Leaf, Leaves, Tree};
use crate::analysis::formula::Formula;
use crate::analysis::serving::{Lack, Listed, any, lacks, not, noticing};
use crate::policy::Declared;
use crate::reach::roads::{Ability, Targets, Whole};
use crate::reach::{Goal, Hop};
use crate::rules::embeddings_beside_answers;

/// One way.
#[derive(Debug, Clone)]
pub(super) struct Open<'w> {
    /// The rules that the request takes, the last one first, as the places of chain and rule.
    pub(super) links: Vec<(usize, usize)>,
    /// The chain's place, the target, the backend.
    pub(super) primary: (usize, Hop<'w>, Whole<'w>),
    /// How many targets stand behind it.
    stops: usize,
    /// What stands behind it and does not serve all.
    pub(super) behind: Vec<Lacking<'w>>,
}

/// A backend that takes over and lacks something, or lacks nothing and does not take all requests.
#[derive(Debug, Clone)]
pub(super) struct Lacking<'w> {
    /// The place of its target among those that take over.
    pub(super) stop: usize,
    pub(super) listed: Listed<'w>,
    pub(super) lacks: Vec<Lack>,
    pub(super) comes: Option<Formula<'w>>,
}

impl<'w> Lacking<'w> {
    /// The requests that come to it and notice, for each lack.
    pub(super) fn noticing(&self) -> impl Iterator<Item = Formula<'w>> {
        self.lacks.iter().map(|lack| Formula::both(self.comes.clone(), noticing(&self.listed, *lack)))
    }

    /// The requests that it does not serve as the primary would.
    pub(super) fn lost(&self) -> Formula<'w> {
        let passed = self.comes.iter().map(|comes| not(comes.clone()));
        any(passed.chain(self.lacks.iter().map(|lack| noticing(&self.listed, *lack))).collect())
    }
}

/// The models by which some keys may be served; nothing when by all.
pub(super) type Models<'w> = Option<BTreeSet<&'w str>>;

/// A search through the chains of a policy.
pub(super) struct Search<'s, 'w> {
    tree: &'s Tree<'s, 'w>,
    /// What was found below chains, by their place, how many chains stand above, and the number of the models.
    known: BTreeMap<(usize, usize, usize), Rc<Found<'w>>>,
    numbers: BTreeMap<Models<'w>, usize>,
    kept: usize,
    /// **Unit**: targets looked at for all chains together.
    looked_at: usize,
    /// What may still be done for all chains together. **Unit**: ways, backends behind them, and what those lack.
    steps_left: usize,
    /// The chain that spent the last of it.
    last: Option<usize>,
}

type Found<'w> = Result<Vec<Open<'w>>, RanOut>;

/// That the ways from a chain were too many, by its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct RanOut(pub(super) usize);

/// From where, and for whom.
#[derive(Clone, Copy)]
struct At<'a, 'w> {
    chain: usize,
    /// Chains above.
    depth: usize,
    models: (usize, &'a Models<'w>),
}

impl<'s, 'w> Search<'s, 'w> {
    /// One that has found nothing yet.
    pub(super) fn new(tree: &'s Tree<'s, 'w>) -> Self {
        let targets = tree.graph.chains.iter().map(|node| node.hops.len()).fold(0, usize::saturating_add);
        let steps_left = targets.saturating_mul(STEPS_PER_TARGET).saturating_add(STEPS_MIN);
        let (known, numbers) = (BTreeMap::new(), BTreeMap::new());
        Self { tree, known, numbers, kept: 0, looked_at: 0, steps_left, last: None }
    }

    /// The open ways of a chain, in the order of its rules.
    pub(super) fn ways(&mut self, chain: usize, models: &Models<'w>) -> Found<'w> {
        let next = self.numbers.len();
        let number = match self.numbers.get(models) {
            Some(known) => *known,
            None => *self.numbers.entry(models.clone()).or_insert(next),
        };
        self.find(At { chain, depth: 0, models: (number, models) })
    }

    fn below(&mut self, at: At<'_, 'w>) -> Rc<Found<'w>> {
        let place = (at.chain, at.depth, at.models.0);
        if let Some(known) = self.known.get(&place) {
            return Rc::clone(known);
        }
        let found = Rc::new(self.find(at));
        let count = found.as_ref().as_ref().map_or(1, |ways| weight(ways).saturating_add(1));
        if self.kept.saturating_add(count) <= KEPT_MAX {
            self.kept = self.kept.saturating_add(count);
            self.known.insert(place, Rc::clone(&found));
        }
        found
    }

    fn find(&mut self, at: At<'_, 'w>) -> Found<'w> {
        let tree = self.tree;
        let (mut found, mut looked_at) = (Vec::new(), 0_usize);
        if at.depth >= CHAIN_DEPTH_MAX {
            return Ok(found);
        }
        for targets in tree.targets.get(at.chain).into_iter().flatten().flatten() {
            if !targets.after.iter().all(|hop| tree.roads.is_known(hop)) {
                continue;
            }
            for (passed, hop) in self.begins(targets, at) {
                let begun = match hop.goal {
                    Goal::Backend(backend) => Rc::new(Ok(self.begin(at, hop, backend).into_iter().collect())),
                    Goal::Chain(chain) => self.below(At { chain, depth: at.depth.saturating_add(1), ..at }),
                };
                let begun = begun.as_ref().as_ref().map_err(|ran_out| *ran_out)?;
                let count = begun.len().max(1);
                looked_at = looked_at.saturating_add(count);
                self.looked_at = self.looked_at.saturating_add(count);
                if looked_at > WAYS_MAX {
                    return Err(RanOut(at.chain));
                }
                for open in begun {
                    if self.steps_left == 0 {
                        return Err(self.ran_out_at(at.chain));
                    }
                    let (gone_on, steps) = self.go_on(open, (targets, passed), at);
                    let left = self.steps_left.checked_sub(steps);
                    self.steps_left = left.unwrap_or(0);
                    left.ok_or_else(|| self.ran_out_at(at.chain))?;
                    found.extend(gone_on);
                }
            }
        }
        Ok(found)
    }

    /// Whoever comes after the last step is not judged because of the chain that made it.
    fn ran_out_at(&mut self, chain: usize) -> RanOut {
        RanOut(*self.last.get_or_insert(chain))
    }

    /// What a request can begin with, each with how many of what takes over it has passed: a target that may not serve the keys
    /// is passed over, so the first one behind it that may is their primary.
    fn begins<'n>(&self, targets: &Targets<'n, 'w>, at: At<'_, 'w>) -> Vec<(usize, &'n Hop<'w>)> {
        let may_serve = |hop: &Hop<'w>| {
            at.models.1.is_none() || self.tree.roads.below(hop).any(|backend| allows(at.models.1, backend))
        };
        let mut found: Vec<_> =
            targets.first.iter().filter(|hop| may_serve(hop)).map(|hop| (0, hop)).collect();
        if found.len() < targets.first.len() {
            let next = targets.after.iter().zip(1..).find(|(hop, _)| may_serve(hop));
            found.extend(next.map(|(hop, passed)| (passed, hop)));
        }
        found
    }

    fn begin(&self, at: At<'_, 'w>, hop: &Hop<'w>, backend: &Declared<'w, Backend>) -> Option<Open<'w>> {
        let whole = self.tree.roads.whole(backend).filter(|whole| allows(at.models.1, whole))?;
        let primary = (at.chain, *hop, *whole);
        Some(Open { links: Vec::new(), primary, stops: 0, behind: Vec::new() })
    }

    /// A way with what a rule has behind it, and how many steps it took; nothing when that serves all.
    fn go_on(
        &self,
        open: &Open<'w>,
        (targets, passed): (&Targets<'_, 'w>, usize),
        at: At<'_, 'w>,
    ) -> (Option<Open<'w>>, usize) {
        let looked_at = Cell::new(0_usize);
        let behind = self.behind(open, (targets, passed), (at, &looked_at));
        let gone_on = behind.map(|mut behind| {
            let mut open = open.clone();
            open.links.push((at.chain, targets.at));
            open.stops = open.stops.saturating_add(targets.after.len());
            open.behind.append(&mut behind);
            open
        });
        let kept = gone_on.as_ref().map_or(1, |open| weight(std::slice::from_ref(open)));
        (gone_on, looked_at.get().saturating_add(kept))
    }

    /// What a rule has behind a way; nothing when that serves all.
    fn behind(
        &self,
        open: &Open<'w>,
        (targets, passed): (&Targets<'_, 'w>, usize),
        (at, looked_at): (At<'_, 'w>, &Cell<usize>),
    ) -> Option<Vec<Lacking<'w>>> {
        let (_, first, primary) = &open.primary;
        let listed = Listed::new(*primary, first.rule);
        let mut behind = Vec::new();
        for (hop, stop) in targets.after.iter().zip(open.stops..).skip(passed) {
            // A rule with backends of two kinds has that finding.
            let is_of_rule = matches!(hop.goal, Goal::Backend(_)) && std::ptr::eq(hop.rule, first.rule);
            let counts = |other: &Whole<'w>| {
                looked_at.set(looked_at.get().saturating_add(1));
                let is_of_another_kind = is_of_rule && embeddings_beside_answers::differ(primary, other);
                let is_primary = other.declared.at == primary.declared.at;
                allows(at.models.1, other) && !is_primary && !is_of_another_kind
            };
            let mut serves_all =
                |leaf: &Leaf<'w>| counts(&leaf.listed.backend) && add(&mut behind, &listed, leaf, stop);
            let is_saved = match hop.goal {
                Goal::Backend(backend) => serves_all(&self.tree.leaf(hop, backend)?),
                Goal::Chain(chain) => match self.tree.of_chain(chain) {
                    Leaves::These(leaves) => leaves.iter().any(serves_all),
                    Leaves::All => {
                        self.of_each_kind(hop, counts).any(|backend| serves_all(&Leaf::of_all(*backend)))
                    }
                    Leaves::Unknown => return None,
                },
            };
            if is_saved {
                return None;
            }
        }
        Some(behind)
    }

    /// The backends below a target, one for all that can do the same.
    fn of_each_kind(
        &self,
        hop: &Hop<'w>,
        counts: impl Fn(&Whole<'w>) -> bool,
    ) -> impl Iterator<Item = &'s Whole<'w>> {
        let mut seen: Vec<Kind> = Vec::new();
        self.tree.roads.below(hop).filter(move |backend| {
            let kind = kind(backend);
            let is_new = counts(backend) && !seen.contains(&kind);
            if is_new {
                seen.push(kind);
            }
            is_new
        })
    }
}

/// Adds a backend; whether it serves all that the primary does.
fn add<'w>(behind: &mut Vec<Lacking<'w>>, primary: &Listed<'w>, leaf: &Leaf<'w>, stop: usize) -> bool {
    let lacks = lacks(primary, &leaf.listed);
    if lacks.is_empty() && leaf.comes.is_none() {
        return true;
    }
    behind.push(Lacking { stop, listed: leaf.listed, lacks, comes: leaf.comes.clone() });
    false
}

/// What some ways hold. **Unit**: as [`Search::steps_left`].
fn weight(ways: &[Open<'_>]) -> usize {
    let lacking = ways.iter().flat_map(|way| &way.behind);
    lacking.fold(ways.len(), |sum, lacking| sum.saturating_add(lacking.lacks.len()).saturating_add(1))
}

pub(super) fn allows(models: &Models<'_>, backend: &Whole<'_>) -> bool {
    models.as_ref().is_none_or(|models| models.contains(backend.body.model.value.as_str()))
}

/// What [`lacks`] asks of a backend.
type Kind = (Ability, [ProviderProtocol; 2], Option<Preset>);

fn kind(backend: &Whole<'_>) -> Kind {
    let protocol = backend.provider.1.protocol.value;
    let preset = backend.provider.1.preset.as_ref().map(|preset| preset.value);
    (backend.model, [protocol, spoken(protocol, backend.body.upstream_model())], preset)
}

/// As many as 256 rules of 16 arms have. **Unit**: targets of one chain, and open ways of the chains that it goes on to.
const WAYS_MAX: usize = 4096;
/// Past it they are worked out again for each who goes on to them. **Unit**: as [`Search::steps_left`], for all chains together.
const KEPT_MAX: usize = 200_000;
/// Most ways are one step. **Unit**: as [`Search::steps_left`], for each target of the policy.
const STEPS_PER_TARGET: usize = 32;
/// What a small policy may take. **Unit**: the same.
const STEPS_MIN: usize = 200_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::indexed;
    use crate::reach::Graph;
    use crate::reach::below::tests::hub;
    use crate::reach::roads::{Roads, targets};

    /// Looks through the chains of a policy.
    fn searched<T>(text: &str, look: impl FnOnce(&Graph<'_>, Search<'_, '_>) -> T) -> T {
        indexed(text, |index| {
            let graph = Graph::of(index);
            let roads = Roads::of(index, &graph);
            let all: Vec<Vec<_>> = graph.chains.iter().map(|node| targets(node).collect()).collect();
            let tree = Tree::of(index, &graph, (&roads, &all));
            look(&graph, Search::new(&tree))
        })
    }

    /// The open ways of the chains over one chain of many backends, and how many targets were looked at for all of them.
    fn check(backends: usize, chains: usize, fallback: &str, expected: usize) -> usize {
        searched(&hub(backends, chains, fallback), |graph, mut search| {
            for at in 0..chains {
                let chain = graph.place(&format!("c{at}")).unwrap();
                let ways = search.ways(chain, &None).unwrap();
                assert_eq!(ways.len(), expected, "c{at} of {fallback}");
                assert!(ways.iter().all(|way| way.stops == way.behind.len()), "{ways:?}");
            }
            search.looked_at
        })
    }

    #[test]
    fn what_stands_below_many_chains_is_looked_at_once() {
        // All backends of the hub have the same model, so one stands for all of them.
        assert_eq!(check(100, 200, "OWN, chain/hub", 1), 200);
        // Each backend of the hub is a primary that the own one can stand in for.
        assert_eq!(check(100, 200, "chain/hub, OWN", 0), 100 + 200 * 100);
        assert_eq!(check(100, 200, "h0, chain/hub", 0), 200);
    }

    #[test]
    fn what_many_ways_hold_ends_at_its_bound() {
        // Each chain has one way, with as many backends behind it as the hub has; none of them has `vision`.
        let held = |chains: usize, steps_left: usize| {
            searched(&hub(40, chains, "OWN, chain/hub"), |graph, search| {
                let mut search = Search { steps_left, ..search };
                let place = |at| graph.place(&format!("c{at}")).unwrap();
                let ways: Result<Vec<_>, _> = (0..chains).map(|at| search.ways(place(at), &None)).collect();
                ways.map(|ways| ways.iter().flatten().map(|way| way.behind.len()).sum::<usize>())
            })
        };
        // For each backend: to look at it, to hold it, and to hold what it lacks.
        let steps = 1 + 40 * 3;
        assert_eq!(held(1, steps).ok(), Some(40));
        assert_eq!(held(1, steps - 1).ok(), None);
        assert_eq!(held(10, 10 * steps).ok(), Some(400));
        assert_eq!(held(11, 10 * steps).ok(), None);
    }

    /// How many parts formulas have, each shared one looked at once.
    fn size(formula: &Formula<'_>, seen: &mut BTreeSet<usize>) -> usize {
        match formula {
            Formula::Ask(_) => 1,
            Formula::All(parts) | Formula::Any(parts) => {
                parts.iter().map(|part| size(&part.formula, seen)).sum::<usize>() + 1
            }
            Formula::Not(part) => size(&part.formula, seen) + 1,
            Formula::Shared(shared) => {
                if seen.insert(Rc::as_ptr(shared).addr()) {
                    size(shared, seen) + 1
                } else {
                    1
                }
            }
        }
    }

    #[test]
    fn what_comes_to_a_leaf_is_shared_with_those_before_it() {
        let sizes = |backends: usize, chains: usize| {
            searched(&hub(backends, chains, "chain/hub"), |graph, search| {
                let (mut seen, mut sum) = (BTreeSet::new(), 0);
                for at in 0..chains {
                    let leaves = search.tree.of_chain(graph.place(&format!("c{at}")).unwrap());
                    let Leaves::These(leaves) = leaves else { panic!("{leaves:?}") };
                    assert_eq!(leaves.len(), backends);
                    sum += leaves
                        .iter()
                        .flat_map(|leaf| &leaf.comes)
                        .map(|comes| size(comes, &mut seen))
                        .sum::<usize>();
                }
                sum
            })
        };
        assert!(sizes(64, 1) <= 64 * 16, "{}", sizes(64, 1));
        assert_eq!(sizes(64, 50) - sizes(64, 1), 49 * 64);
    }
}
