//! The canonical form of a decision: what golden vectors compare.
//!
//! It covers the whole order of preference, not only the first choice: every backend is available, every attempt ends
//! in [`Outcome::ServerError`], so the decision walks down its list to the end. Everything is told by stable name, so
//! that the digest says what is decided and not how the tables are laid out.
//!
//! **Shape**, digested by SHA-256. A number is four bytes, little-endian; a text is its length as a number, then its
//! UTF-8 bytes; an absent number is `0xFFFF_FFFF` and an absent text has that length and no bytes.
//!
//! 1. The number 2, the version of this form.
//! 2. For each step in order: a number for its kind (1 attempt, 2 wait, 3 refuse, 4 done), then for an attempt the
//!    number of its candidate, for a wait its milliseconds and the candidate, for a refusal its word as a text.
//! 3. The number of passages; for each the chain's name, the rule's name and the bucket.
//! 4. The number of candidates; for each the backend's name, the number of its passage, the features that it drops in two
//!    numbers (the low half first), and its final state: `waiting` and two absent numbers; the word of why it was passed
//!    over, its operand (bits, tokens or milliseconds) and an absent number, or its operand in two numbers where that
//!    is features; or `tried`, the code of the outcome and the number of tries.

use pointsman_schema::archive::NONE;
use pointsman_schema::archive::golden::ArchivedVector;
use pointsman_schema::dialect::Dialect;
use pointsman_schema::digest::{Digest, Hasher};
use pointsman_schema::limits::{ATTEMPTS_MAX, ATTRIBUTES_MAX};
use pointsman_schema::outcome::Outcome;
use pointsman_schema::snapshot::view::{KeyIx, View};

use crate::decision::{Decision, Step};
use crate::explain::{Candidate, Passage, PassedOver, State};
use crate::facts::Facts;
use crate::world::Calm;

/// The digest of the decision on a golden vector's request. A dialect that this version does not know (none that
/// passed loading has) gives the digest of nothing, which no decision has.
pub fn decide_digest(view: &View<'_>, vector: &ArchivedVector) -> Digest {
    facts_of(vector).map_or_else(|| Hasher::new().finish(), |facts| digest(view, &facts))
}

/// The digest of the decision on some facts.
pub fn digest(view: &View<'_>, facts: &Facts<'_>) -> Digest {
    let mut form = Form(Hasher::new());
    form.number(2);
    let (mut decision, mut step) = Decision::start(view, facts, &Calm);
    for _ in 0..=ATTEMPTS_MAX {
        form.step(step);
        if matches!(step, Step::Refuse(_) | Step::Done) {
            break;
        }
        step = decision.after(view, Outcome::ServerError.into(), &Calm);
    }
    form.count(decision.path().len());
    decision.path().iter().for_each(|passage| form.passage(view, passage));
    form.count(decision.candidates().len());
    decision.candidates().iter().for_each(|candidate| form.candidate(view, candidate));
    form.0.finish()
}

/// The facts that a golden vector stands for; `None` when its dialect is unknown.
pub fn facts_of(vector: &ArchivedVector) -> Option<Facts<'_>> {
    let mut attributes = [0; ATTRIBUTES_MAX];
    for (slot, value) in attributes.iter_mut().zip(vector.attributes.iter()) {
        *slot = value.to_native();
    }
    Some(Facts {
        key: KeyIx::from(vector.key),
        model: &vector.model,
        attributes,
        capabilities: vector.capabilities.to_native(),
        input_tokens: vector.input_tokens.to_native(),
        output_tokens: vector.output_tokens.to_native(),
        dialect: Dialect::from_code(vector.dialect)?,
        features: vector.features.to_native(),
        time_s: vector.time_s.to_native(),
        request_id: vector.request_id,
    })
}

struct Form(Hasher);

impl Form {
    fn number(&mut self, number: u32) {
        self.0.update(&number.to_le_bytes());
    }

    fn count(&mut self, count: usize) {
        self.number(u32::try_from(count).unwrap_or(NONE));
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.update(text.as_bytes());
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Attempt(attempt) => {
                self.number(1);
                self.count(attempt.candidate);
            }
            Step::Wait { ms, then } => {
                self.number(2);
                self.number(ms);
                self.count(then.candidate);
            }
            Step::Refuse(refusal) => {
                self.number(3);
                self.text(refusal.word());
            }
            Step::Done => self.number(4),
        }
    }

    fn passage(&mut self, view: &View<'_>, passage: &Passage) {
        self.text(view.text(view.chain(passage.chain).name));
        match passage.rule {
            Some(rule) => self.text(view.text(view.rule(rule).name)),
            None => self.number(NONE),
        }
        self.number(passage.bucket.unwrap_or(NONE));
    }

    fn candidate(&mut self, view: &View<'_>, candidate: &Candidate) {
        self.text(view.text(view.backend(candidate.backend).name));
        self.number(u32::from(candidate.passage));
        let (low, high) = halves(candidate.dropped);
        self.number(low);
        self.number(high);
        match candidate.state {
            State::Waiting => self.state("waiting", NONE, NONE),
            State::PassedOver(reason) => {
                let (first, second) = operands(reason);
                self.state(reason.word(), first, second);
            }
            State::Tried { outcome, tries } => {
                let code = outcome.map_or(NONE, |outcome| u32::from(outcome.code()));
                self.state("tried", code, u32::from(tries));
            }
        }
    }

    fn state(&mut self, word: &str, first: u32, second: u32) {
        self.text(word);
        self.number(first);
        self.number(second);
    }
}

fn operands(reason: PassedOver) -> (u32, u32) {
    match reason {
        PassedOver::LacksCapability { missing } => (missing, NONE),
        PassedOver::RefusesFeatures { features } => halves(features),
        PassedOver::OutputLimit { limit_tokens } => (limit_tokens, NONE),
        PassedOver::BreakerOpen { due_ms } => (due_ms, NONE),
        PassedOver::ModelNotAllowed
        | PassedOver::NotSpoken
        | PassedOver::SmallerContext
        | PassedOver::NoCredential
        | PassedOver::RetryBudget => (NONE, NONE),
    }
}

/// The low half, then the high one.
fn halves(features: u64) -> (u32, u32) {
    let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(NONE);
    (half(features), half(features >> 32))
}
