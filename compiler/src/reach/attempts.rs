//! How many chains, candidates and attempts one request can pass through, at worst.
//!
//! Deliberately does not ask whether predicates exclude each other: any rule of a chain may be the one that matches. A
//! candidate counts once, with the retries of the rule that names it first. The invariant: a bounded number of outcomes
//! a chain is kept, the costliest first, so the work is linear; past that bound what is found is from below, and
//! [`Kept::most`] is known all the same, which no outcome exceeds.
//!
//! Read next: [`crate::rules::too_many_attempts`], [`crate::rules::too_many_candidates`], [`crate::rules::chain_too_deep`].

use pointsman_schema::limits::CANDIDATES_MAX;
use pointsman_schema::source::Rule;
use pointsman_schema::tree::Span;

use super::{Goal, Graph, Hop};
use crate::policy::Policy;

/// One way through a chain: backends in the order of their first mention, each with its attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Road {
    /// Backends by their places.
    pub backends: Vec<(usize, usize)>,
}

impl Road {
    /// Attempts of all backends together.
    pub fn attempts(&self) -> usize {
        self.backends.iter().map(|(_, attempts)| *attempts).sum()
    }

    fn extend(&mut self, others: &[(usize, usize)]) {
        for (backend, attempts) in others {
            if !self.backends.iter().any(|(known, _)| known == backend) {
                self.backends.push((*backend, *attempts));
            }
        }
    }
}

/// What a road is weighed by.
#[derive(Debug, Clone, Copy)]
pub enum Weight<'a> {
    /// How many attempts it makes. In which order does not matter, and what another makes as well is left out.
    Attempts,
    /// How long it may wait, for one attempt by the place of the backend. **Unit**: ms.
    Waits(&'a [u64]),
}

/// The worst that one chain can cause.
#[derive(Debug, Clone, Default)]
pub struct Worst<'w> {
    /// Chains passed through, this one included.
    pub depth: usize,
    /// The hop that leads to the deepest chain below.
    pub deepest: Option<Hop<'w>>,
    /// What can come of it, the worst first.
    pub roads: Kept<Road>,
    /// For each rule, the roads that begin in it.
    pub rules: Vec<(&'w Rule, Kept<RuleRoad>)>,
}

/// Roads, as many as are kept.
#[derive(Debug, Clone)]
pub struct Kept<T> {
    /// The worst first.
    pub roads: Vec<T>,
    /// No road weighs more, whether it was kept or not.
    pub most: u64,
    /// Whether some were lost.
    pub is_cut: bool,
}

impl<T> Kept<T> {
    /// Whether a road that was lost may weigh more than this.
    pub fn may_exceed(&self, weight: u64) -> bool {
        self.is_cut && self.most > weight
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { roads: Vec::new(), most: 0, is_cut: false }
    }
}

/// A road of one rule.
#[derive(Debug, Clone, Default)]
pub struct RuleRoad {
    /// All of it.
    pub road: Road,
    /// What each target adds: its place, the attempts and the candidates so far, after it.
    pub steps: Vec<Step>,
}

/// What one target adds to a road.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// The target as written.
    pub span: Span,
    /// Attempts that this target adds.
    pub attempts_added: usize,
    /// Attempts up to and with this target.
    pub attempts: usize,
    /// Candidates up to and with this target.
    pub candidates: usize,
}

/// The worst of every chain that ends, by its place in the graph; nothing for those that go in circles.
pub fn worst<'w>(policy: &Policy<'_>, graph: &Graph<'w>, weight: Weight<'_>) -> Vec<Option<Worst<'w>>> {
    let scale = Scale { weight, tries: most_tries(policy, graph) };
    graph.from_below(None, |chain, all| {
        let depth_below = |hop: &Hop<'w>| match hop.goal {
            Goal::Chain(next) => all.get(next).and_then(Option::as_ref).map_or(0, |worst| worst.depth),
            Goal::Backend(_) => 0,
        };
        let deepest =
            chain.hops.iter().rev().max_by_key(|hop| depth_below(hop)).filter(|hop| depth_below(hop) > 0);
        let depth = deepest.map_or(0, depth_below).saturating_add(1);
        let mut worst = Worst { depth, deepest: deepest.copied(), ..Worst::default() };
        for (rule, own) in chain.rules() {
            let roads = rule_roads((policy, &scale), rule, own, all);
            worst.roads.roads.extend(roads.roads.iter().map(|road| road.road.clone()));
            worst.roads.most = worst.roads.most.max(roads.most);
            worst.roads.is_cut |= roads.is_cut;
            worst.rules.push((rule, roads));
        }
        scale.keep(&mut worst.roads, |road| road);
        Some(worst)
    })
}

/// Extra tries of a rule, and the first one.
fn tries(policy: &Policy<'_>, rule: &Rule) -> usize {
    let retries = policy.retry(rule).map_or(0, |retry| retry.attempts.value.0);
    usize::try_from(retries).unwrap_or(usize::MAX).saturating_add(1)
}

/// By the place of the backend, the most tries that some rule gives it.
fn most_tries(policy: &Policy<'_>, graph: &Graph<'_>) -> Vec<usize> {
    let mut most = vec![0; policy.backends.len()];
    for hop in graph.chains.iter().flat_map(|chain| &chain.hops) {
        if let Goal::Backend(backend) = hop.goal
            && let Some(most) = most.get_mut(backend.at)
        {
            *most = tries(policy, hop.rule).max(*most);
        }
    }
    most
}

/// The roads of a rule.
fn rule_roads<'w>(
    (policy, scale): (&Policy<'_>, &Scale<'_>),
    rule: &Rule,
    own: &[Hop<'w>],
    all: &[Option<Worst<'w>>],
) -> Kept<RuleRoad> {
    let tries = tries(policy, rule);
    let (arms, fallbacks) = own.split_at(own.partition_point(|hop| hop.is_arm));
    let starts: Vec<Option<&Hop<'w>>> =
        if arms.is_empty() { vec![None] } else { arms.iter().map(Some).collect() };
    let mut found = Kept::default();
    for start in starts {
        let mut open = Kept { roads: vec![RuleRoad::default()], most: 0, is_cut: false };
        for hop in start.into_iter().chain(fallbacks) {
            scale.follow(&mut open, hop, (tries, all));
        }
        found.roads.extend(open.roads);
        found.most = found.most.max(open.most);
        found.is_cut |= open.is_cut;
    }
    scale.sort(&mut found.roads, |road| &road.road);
    found
}

/// What roads are held against each other by.
struct Scale<'a> {
    weight: Weight<'a>,
    /// By the place of the backend, the most tries that some rule gives it.
    tries: Vec<usize>,
}

impl Scale<'_> {
    fn weigh(&self, backends: &[(usize, usize)]) -> u64 {
        let each = backends.iter().map(|(backend, tries)| {
            let tries = u64::try_from(*tries).unwrap_or(u64::MAX);
            match self.weight {
                Weight::Attempts => tries,
                Weight::Waits(waits) => waits.get(*backend).copied().unwrap_or(0).saturating_mul(tries),
            }
        });
        each.fold(0, u64::saturating_add)
    }

    fn follow(&self, open: &mut Kept<RuleRoad>, hop: &Hop<'_>, (tries, all): (usize, &[Option<Worst<'_>>])) {
        match hop.goal {
            Goal::Backend(backend) => {
                let own = [(backend.at, tries)];
                open.most = open.most.saturating_add(self.weigh(&own));
                open.roads.iter_mut().for_each(|road| road.go_on(hop, &own));
            }
            Goal::Chain(next) => {
                let below = all.get(next).and_then(Option::as_ref).map(|worst| &worst.roads);
                let Some(below) = below.filter(|below| !below.roads.is_empty()) else { return };
                let longer = |road: &RuleRoad, choice: &Road| {
                    let mut road = road.clone();
                    road.go_on(hop, &choice.backends);
                    road
                };
                let roads = open.roads.iter();
                open.roads =
                    roads.flat_map(|road| below.roads.iter().map(|choice| longer(road, choice))).collect();
                open.most = open.most.saturating_add(below.most);
                open.is_cut |= below.is_cut;
            }
        }
        self.keep(open, |road| &road.road);
    }

    fn sort<T>(&self, roads: &mut [T], road: fn(&T) -> &Road) {
        roads.sort_by_cached_key(|one| std::cmp::Reverse(self.weigh(&road(one).backends)));
    }

    /// Leaves out what another road makes up for, and what is too much.
    fn keep<T>(&self, kept: &mut Kept<T>, road: fn(&T) -> &Road) {
        if kept.roads.len() < 2 {
            return;
        }
        self.sort(&mut kept.roads, road);
        let mut found: Vec<T> = Vec::new();
        for one in std::mem::take(&mut kept.roads) {
            if found.iter().any(|other| self.makes_up(road(other), road(&one))) {
                continue;
            }
            if found.len() == ROADS_MAX {
                kept.is_cut = true;
                break;
            }
            found.push(one);
        }
        kept.roads = found;
    }

    /// Whether all that goes on from a road weighs no more than what goes on from another in the same way.
    fn makes_up(&self, other: &Road, road: &Road) -> bool {
        // A road of too many candidates is an error whatever else is.
        if matches!(self.weight, Weight::Waits(_)) || other.backends.len() > CANDIDATES_MAX {
            return other == road;
        }
        let tries_of = |road: &Road, backend: usize| {
            road.backends.iter().find(|(known, _)| *known == backend).map(|(_, tries)| *tries)
        };
        // A backend that the road has not can come later, with more tries than the other has for it.
        let is_most = |(backend, tries): &(usize, usize)| {
            tries_of(road, *backend).is_some() || self.tries.get(*backend).is_none_or(|most| tries >= most)
        };
        let is_had = |(backend, tries): &(usize, usize)| {
            tries_of(other, *backend).is_some_and(|others| others >= *tries)
        };
        road.backends.iter().all(is_had) && other.backends.iter().all(is_most)
    }
}

impl RuleRoad {
    fn go_on(&mut self, hop: &Hop<'_>, backends: &[(usize, usize)]) {
        let before = self.road.attempts();
        self.road.extend(backends);
        let attempts = self.road.attempts();
        let (candidates, attempts_added) = (self.road.backends.len(), attempts.saturating_sub(before));
        self.steps.push(Step { span: hop.span, attempts_added, attempts, candidates });
    }
}

/// **Unit**: roads kept of one chain, and of one arm of a rule.
const ROADS_MAX: usize = 32;
