//! The most upstream attempts that one request of each chain can cause, and the way that causes them.
//!
//! Deliberately by the tables alone: any rule may be the one that matches, any arm may be drawn, and every attempt fails. A
//! backend counts once, with the tries of the rule that names it first. The compiler has proved that no way exceeds the
//! limit; this says how near each chain comes. The invariant: of each chain a bounded number of ways is kept, the costliest
//! first.

use pointsman_schema::archive::routing::{ArchivedTarget, TARGET_CHAIN};
use pointsman_schema::limits::CHAIN_DEPTH_MAX;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::{BackendIx, ChainIx, run};

/// One way: the rule of the chain that it begins in, and each backend with its tries.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// The place of the rule among those of its chain.
    pub(super) rule: usize,
    pub(super) tries: Vec<(BackendIx, usize)>,
}

impl Way {
    /// Of all backends together.
    pub(super) fn attempts(&self) -> usize {
        self.tries.iter().map(|(_, tries)| *tries).sum()
    }

    fn and(&self, later: &Self) -> Self {
        let mut both = self.clone();
        for (backend, tries) in &later.tries {
            if !both.tries.iter().any(|(known, _)| known == backend) {
                both.tries.push((*backend, *tries));
            }
        }
        both
    }
}

/// The ways of the chains that were asked for so far.
pub(super) struct Worst<'v> {
    view: View<'v>,
    known: Vec<Option<Vec<Way>>>,
}

impl<'v> Worst<'v> {
    pub(super) fn new(view: &View<'v>) -> Self {
        Self { view: *view, known: vec![None; view.routing.chains.len()] }
    }

    /// The costliest way of a chain; nothing when it has no rules.
    pub(super) fn of(&mut self, chain: ChainIx) -> Option<Way> {
        self.ways(chain, CHAIN_DEPTH_MAX).into_iter().next()
    }

    /// The costliest ways of a chain, the worst first.
    fn ways(&mut self, chain: ChainIx, depth: usize) -> Vec<Way> {
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        if let Some(known) = self.known.get(chain.at()).and_then(Option::as_ref) {
            return known.clone();
        }
        let view = self.view;
        let mut found = Vec::new();
        for (at, rule) in run(&view.routing.rules, &view.chain(chain).rules).iter().enumerate() {
            let tries = usize::from(rule.retry_attempts).saturating_add(1);
            let arms = run(&view.routing.arms, &rule.arms).iter().map(|arm| Some(&arm.target));
            let starts: Vec<_> = if rule.arms.len == 0 { vec![None] } else { arms.collect() };
            for start in starts {
                let fallbacks = run(&view.routing.fallbacks, &rule.fallbacks);
                let mut open = vec![Way { rule: at, tries: Vec::new() }];
                for target in start.into_iter().chain(fallbacks) {
                    open = self.follow(open, target, (tries, depth));
                }
                found.extend(open);
            }
        }
        keep_costliest(&mut found);
        if let Some(slot) = self.known.get_mut(chain.at()) {
            *slot = Some(found.clone());
        }
        found
    }

    /// Every open way with every way of a target after it.
    fn follow(
        &mut self,
        open: Vec<Way>,
        target: &ArchivedTarget,
        (tries, depth): (usize, usize),
    ) -> Vec<Way> {
        let choices = if target.kind == TARGET_CHAIN {
            self.ways(target.index.into(), depth)
        } else {
            vec![Way { rule: 0, tries: vec![(target.index.into(), tries)] }]
        };
        let mut longer: Vec<Way> =
            open.iter().flat_map(|way| choices.iter().map(|choice| way.and(choice))).collect();
        keep_costliest(&mut longer);
        // A chain below that has nothing to add changes nothing.
        if longer.is_empty() { open } else { longer }
    }
}

fn keep_costliest(ways: &mut Vec<Way>) {
    ways.sort_by_key(|way| std::cmp::Reverse(way.attempts()));
    ways.truncate(WAYS_MAX);
}

/// **Unit**: ways kept of one chain.
const WAYS_MAX: usize = 32;
