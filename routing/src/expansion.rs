//! From a key's chain to the ordered list of candidates: first matching rules, draws, and chains in place of targets.
//!
//! Says nothing about whether a candidate can be used. Each chain is passed through once and each backend stands once,
//! at its first place; since a chain expands the same way each time for one request, nothing is lost by that.
//! The compiler proves that everything fits ([`CANDIDATES_MAX`], [`CHAIN_DEPTH_MAX`], [`PASSAGES_MAX`]); what does not fit is left out and
//! the decision says so.

use pointsman_schema::archive::routing::{ArchivedTarget, TARGET_BACKEND, TARGET_CHAIN};
use pointsman_schema::limits::{CANDIDATES_MAX, CHAIN_DEPTH_MAX, PASSAGES_MAX};
use pointsman_schema::snapshot::view::{BackendIx, ChainIx, RuleIx, View, run};

use crate::explain::{Candidate, Passage};
use crate::facts::Facts;
use crate::fixed::Fixed;
use crate::matching::Matcher;
use crate::split;

/// The candidates of a request and how they were found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expansion {
    pub(crate) passages: Fixed<Passage, PASSAGES_MAX>,
    pub(crate) candidates: Fixed<Candidate, CANDIDATES_MAX>,
    pub(crate) truncated: bool,
}

impl Expansion {
    /// Nothing yet.
    pub(crate) const fn empty() -> Self {
        let passage = Passage { chain: ChainIx(0), rule: None, bucket: None };
        let candidate = Candidate::new(BackendIx(0), 0);
        Self { passages: Fixed::new(passage), candidates: Fixed::new(candidate), truncated: false }
    }

    /// Adds everything that a chain leads to, in order of preference.
    pub(crate) fn add(&mut self, view: &View<'_>, facts: &Facts<'_>, chain: ChainIx) {
        let matcher = Matcher::new(view, facts);
        Walk { view, facts, matcher, found: self }.chain(chain, 1);
    }
}

struct Walk<'a, 'v> {
    view: &'a View<'v>,
    facts: &'a Facts<'a>,
    matcher: Matcher<'v, 'a>,
    found: &'a mut Expansion,
}

impl Walk<'_, '_> {
    fn chain(&mut self, chain: ChainIx, depth: usize) {
        if self.found.passages.rows().iter().any(|passage| passage.chain == chain) {
            return;
        }
        if depth > CHAIN_DEPTH_MAX {
            self.found.truncated = true;
            return;
        }
        let rule = self.matcher.first_match(chain);
        let draw = rule.and_then(|rule| split::draw(self.view, chain, rule, self.facts));
        let passage = Passage { chain, rule, bucket: draw.map(|draw| draw.bucket) };
        let Ok(at) = self.found.passages.push(passage) else {
            self.found.truncated = true;
            return;
        };
        if let Some(rule) = rule {
            self.targets(rule, passage.bucket, (at, depth));
        }
    }

    fn targets(&mut self, rule: RuleIx, bucket: Option<u32>, place: (usize, usize)) {
        let rule = self.view.rule(rule);
        let arms = run(&self.view.routing.arms, &rule.arms);
        if let Some(target) = bucket.and_then(|bucket| split::arm(arms, bucket)) {
            self.target(target, place);
        }
        for target in run(&self.view.routing.fallbacks, &rule.fallbacks) {
            self.target(target, place);
        }
    }

    fn target(&mut self, target: &ArchivedTarget, (passage, depth): (usize, usize)) {
        match target.kind {
            TARGET_BACKEND => self.backend(BackendIx::from(target.index), passage),
            TARGET_CHAIN => self.chain(ChainIx::from(target.index), depth + 1),
            _ => self.found.truncated = true,
        }
    }

    fn backend(&mut self, backend: BackendIx, passage: usize) {
        if self.found.candidates.rows().iter().any(|candidate| candidate.backend == backend) {
            return;
        }
        let passage = u8::try_from(passage).unwrap_or(u8::MAX);
        if self.found.candidates.push(Candidate::new(backend, passage)).is_err() {
            self.found.truncated = true;
        }
    }
}

const _: () = assert!(PASSAGES_MAX <= 255);
