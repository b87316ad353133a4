//! How many chains, candidates and attempts one request can pass through, at worst.
//!
//! Deliberately does not ask whether predicates exclude each other: any rule of a chain may be the one that matches. A
//! candidate counts once, with the retries of the rule that names it first. The invariant: a bounded number of outcomes
//! a chain is kept, the costliest first, so the work is linear; past that bound the count is from below, and the
//! gateway's own limits hold all the same.
//!
//! Read next: [`crate::rules::too_many_attempts`], [`crate::rules::too_many_candidates`], [`crate::rules::chain_too_deep`].

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

/// The worst that one chain can cause.
#[derive(Debug, Clone, Default)]
pub struct Worst<'w> {
    /// Chains passed through, this one included.
    pub depth: usize,
    /// The hop that leads to the deepest chain below.
    pub deepest: Option<Hop<'w>>,
    /// Its costliest roads, the worst first.
    pub roads: Vec<Road>,
    /// For each rule, the costliest road that begins in it.
    pub rules: Vec<(&'w Rule, RuleRoad)>,
}

/// The costliest road of one rule.
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
pub fn worst<'w>(policy: &Policy<'_>, graph: &Graph<'w>) -> Vec<Option<Worst<'w>>> {
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
            let (best, roads) = rule_roads(policy, rule, own, all);
            worst.roads.extend(roads);
            worst.rules.push((rule, best));
        }
        keep_costliest(&mut worst.roads);
        Some(worst)
    })
}

/// The costliest road of a rule with its steps, and its costliest roads.
fn rule_roads<'w>(
    policy: &Policy<'_>,
    rule: &Rule,
    own: &[Hop<'w>],
    all: &[Option<Worst<'w>>],
) -> (RuleRoad, Vec<Road>) {
    let retries = policy.retry(rule).map_or(0, |retry| retry.attempts.value.0);
    let tries = usize::try_from(retries).unwrap_or(usize::MAX).saturating_add(1);
    let (arms, fallbacks) = own.split_at(own.partition_point(|hop| hop.is_arm));
    let starts: Vec<Option<&Hop<'w>>> =
        if arms.is_empty() { vec![None] } else { arms.iter().map(Some).collect() };
    let mut roads: Vec<RuleRoad> = Vec::new();
    for start in starts {
        let mut open = vec![RuleRoad::default()];
        for hop in start.into_iter().chain(fallbacks) {
            open = follow(open, hop, (tries, all));
        }
        roads.extend(open);
    }
    let best = roads.iter().max_by_key(|road| road.road.attempts()).cloned().unwrap_or_default();
    (best, roads.into_iter().map(|road| road.road).collect())
}

fn follow(
    mut open: Vec<RuleRoad>,
    hop: &Hop<'_>,
    (tries, all): (usize, &[Option<Worst<'_>>]),
) -> Vec<RuleRoad> {
    match hop.goal {
        Goal::Backend(backend) => {
            for road in &mut open {
                road.go_on(hop, &[(backend.at, tries)]);
            }
        }
        Goal::Chain(next) => {
            let below = all.get(next).and_then(Option::as_ref).map_or(&[][..], |worst| &worst.roads);
            if below.is_empty() {
                return open;
            }
            let longer = |road: &RuleRoad, choice: &Road| {
                let mut road = road.clone();
                road.go_on(hop, &choice.backends);
                road
            };
            open = open.iter().flat_map(|road| below.iter().map(|choice| longer(road, choice))).collect();
        }
    }
    open.sort_by_cached_key(|road| std::cmp::Reverse(road.road.attempts()));
    open.truncate(ROADS_MAX);
    open
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

fn keep_costliest(roads: &mut Vec<Road>) {
    roads.sort_by(|a, b| b.attempts().cmp(&a.attempts()).then_with(|| a.cmp(b)));
    roads.dedup();
    roads.truncate(ROADS_MAX);
}

/// **Unit**: roads kept of one chain.
const ROADS_MAX: usize = 32;
