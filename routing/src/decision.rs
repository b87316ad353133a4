//! One request's decision as a state machine: start it, report how each attempt ended, get the next step.
//!
//! A plain value of fixed size; it holds no reference to the snapshot, the request or the world, which are arguments
//! each time. The same arguments give the same steps. At most [`ATTEMPTS_MAX`] attempts, whatever is reported. Once an
//! answer is committed to the client there is nothing left to decide, so nothing more is reported.
//!
//! Read next: [`next`] for the choice of each attempt.

mod next;

use pointsman_schema::limits::ATTEMPTS_MAX;
use pointsman_schema::outcome::Outcome;
use pointsman_schema::snapshot::view::{BackendIx, ChainIx, View};

use crate::admission::{admit, context_window_tokens};
use crate::expansion::Expansion;
use crate::explain::{Candidate, Passage, Pause, State};
use crate::facts::Facts;
use crate::models::check_asked;
use crate::outcome::{Again, Then, consequence};
use crate::refusal::Refusal;
use crate::world::World;

/// A decision and its reasons.
#[derive(Debug, Clone, Copy)]
pub struct Decision {
    found: Expansion,
    attempts: u8,
    phase: Phase,
    /// The largest context window that proved too small; `u32::MAX` when one of unknown size did, since no other is
    /// known to be larger. **Unit**: tokens.
    too_small_tokens: Option<u32>,
    /// Whether one attempt was made against a spent retry budget because nothing else was left.
    budget_overdrawn: bool,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send the request to a backend and report how it ended.
    Attempt(Attempt),
    /// Wait, then [resume](Decision::resume), which gives the attempt where nothing has changed. Counted as an attempt
    /// already.
    Wait {
        /// How long. **Unit**: ms.
        ms: u32,
        /// What to do then.
        then: Attempt,
    },
    /// Refuse the request.
    Refuse(Refusal),
    /// The answer of the last attempt is the client's, whatever it is.
    Done,
}

/// One upstream attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Which of the decision's candidates.
    pub candidate: usize,
    /// Its backend.
    pub backend: BackendIx,
    /// Which attempt of the decision this is, from 1.
    pub attempt: u8,
    /// What has to be left out of the request for this backend. **Shape**: masks of
    /// [`pointsman_schema::feature::Feature`].
    pub dropped: u64,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Its class.
    pub outcome: Outcome,
    /// How long the provider asked to stay away (`Retry-After`), if it did. **Unit**: ms.
    pub retry_after_ms: Option<u32>,
}

impl From<Outcome> for Report {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, retry_after_ms: None }
    }
}

impl Decision {
    /// Decides what to do first with a request.
    pub fn start(view: &View<'_>, facts: &Facts<'_>, world: &impl World) -> (Self, Step) {
        let mut decision = Self::open();
        let step = decision.begin(view, facts, world);
        (decision, step)
    }

    /// A decision that has not begun, for [`Self::begin`].
    pub fn open() -> Self {
        Self {
            found: Expansion::empty(),
            attempts: 0,
            phase: Phase::Over,
            too_small_tokens: None,
            budget_overdrawn: false,
        }
    }

    /// Decides what to do first with a request, where the decision is to stay: it is large, and [`Self::start`] moves it.
    pub fn begin(&mut self, view: &View<'_>, facts: &Facts<'_>, world: &impl World) -> Step {
        match self.find(view, facts) {
            Ok(()) => self.first(world),
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// Decides what to do after the attempt under way has ended.
    pub fn after(&mut self, view: &View<'_>, report: Report, world: &impl World) -> Step {
        let at = match self.phase {
            Phase::Trying { at, before: _ } => at,
            Phase::Over => return Step::Done,
            Phase::Refused(refusal) => return Step::Refuse(refusal),
        };
        self.phase = Phase::Over;
        let Some(failed) = self.note(at, report) else { return Step::Done };
        let retried = match consequence(report.outcome).then {
            Then::Return => return Step::Done,
            Then::Next => self.retry(view, (at, failed), report, world),
            Then::Larger => {
                self.outgrow(view, failed.backend);
                None
            }
        };
        retried.unwrap_or_else(|| self.go_on(view, report.outcome, world))
    }

    /// Asks the world again when a pause is over, before the attempt that was paused for is made. Where its backend may no
    /// longer be tried (its breaker has opened meanwhile), the attempt is taken back, and the decision goes on as if it had
    /// not been offered.
    pub fn resume(&mut self, view: &View<'_>, world: &impl World) -> Step {
        let (at, before) = match self.phase {
            Phase::Trying { at, before } => (at, before),
            Phase::Over => return Step::Done,
            Phase::Refused(refusal) => return Step::Refuse(refusal),
        };
        match self.paused(at, before, world) {
            Paused::MayBeMade(attempt) => Step::Attempt(attempt),
            Paused::TakenBack(last) => self.go_on(view, last, world),
        }
    }

    /// What is left when the backend that just failed is not tried again.
    fn go_on(&mut self, view: &View<'_>, last: Outcome, world: &impl World) -> Step {
        self.fall_back(view, world)
            .or_else(|| self.overdraw(view, world))
            .or_else(|| self.wait_out(view, world))
            .unwrap_or_else(|| self.refuse(Refusal::Exhausted { last }))
    }

    /// The chains that the decision passed through, the key's own first, each before those that it leads to.
    pub fn path(&self) -> &[Passage] {
        self.found.passages.rows()
    }

    /// The candidates in the order of preference, with what became of each so far.
    pub fn candidates(&self) -> &[Candidate] {
        self.found.candidates.rows()
    }

    /// How many attempts were made, the one under way included.
    pub fn attempts(&self) -> u8 {
        self.attempts
    }

    /// Why the request was refused, if it was.
    pub fn refusal(&self) -> Option<Refusal> {
        match self.phase {
            Phase::Refused(refusal) => Some(refusal),
            Phase::Trying { .. } | Phase::Over => None,
        }
    }

    /// Whether the policy leads to more candidates or chains than a decision holds, so that the last were left out.
    /// Never so for a policy that compiled.
    pub fn truncated(&self) -> bool {
        self.found.truncated
    }

    fn find(&mut self, view: &View<'_>, facts: &Facts<'_>) -> Result<(), Refusal> {
        let key = view.key(facts.key);
        check_asked(view, key, facts.model)?;
        self.found.add(view, facts, ChainIx::from(key.chain));
        if self.path().first().is_none_or(|passage| passage.rule.is_none()) {
            return Err(Refusal::NoRule);
        }
        admit(view, facts, &mut self.found);
        Ok(())
    }

    /// Writes a report into its candidate and gives it back as it is then.
    fn note(&mut self, at: usize, report: Report) -> Option<Candidate> {
        let candidate = self.found.candidates.rows_mut().get_mut(at)?;
        if let State::Tried { outcome, .. } = &mut candidate.state {
            *outcome = Some(report.outcome);
        }
        if candidate.pause != Pause::WaitedOut {
            // A pause mends only what another try could mend: no waiting for a dead credential.
            let mendable = consequence(report.outcome).again == Again::AsTheRuleSays;
            let bearable_ms = report.retry_after_ms.filter(|ms| mendable && *ms <= RETRY_AFTER_MS_MAX);
            candidate.pause = bearable_ms.map_or(Pause::None, Pause::Asked);
        }
        Some(*candidate)
    }

    fn outgrow(&mut self, view: &View<'_>, backend: BackendIx) {
        let window_tokens = match context_window_tokens(view, backend) {
            0 => u32::MAX,
            known => known,
        };
        self.too_small_tokens = self.too_small_tokens.max(Some(window_tokens));
    }

    fn refuse(&mut self, refusal: Refusal) -> Step {
        self.phase = Phase::Refused(refusal);
        Step::Refuse(refusal)
    }
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// A candidate's attempt is under way, or paused for.
    Trying {
        /// Which candidate.
        at: usize,
        /// How its try before that ended; `None` when this is its first.
        before: Option<Outcome>,
    },
    /// The last answer was the client's.
    Over,
    Refused(Refusal),
}

/// What becomes of an attempt after the pause before it.
enum Paused {
    MayBeMade(Attempt),
    /// With how the try before it had ended.
    TakenBack(Outcome),
}

/// The longest `Retry-After` that is waited for. **Unit**: ms.
pub const RETRY_AFTER_MS_MAX: u32 = 10_000;
/// The longest pause before the first extra try on a backend; it doubles with each further one. **Unit**: ms.
pub const BACK_OFF_FIRST_MS: u32 = 250;
/// The longest pause before any extra try that no provider asked for. **Unit**: ms.
pub const BACK_OFF_MS_MAX: u32 = 2_000;

const _: () = assert!(ATTEMPTS_MAX <= 255);
const _: () = assert!(BACK_OFF_MS_MAX <= RETRY_AFTER_MS_MAX);
