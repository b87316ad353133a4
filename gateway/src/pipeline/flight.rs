//! One attempt from its start to its end, so that every end is counted: also the client's going away, which is a drop.
//!
//! What a request used is known here and nowhere else: at the end of its attempt, whichever way it ends.

use std::rc::Rc;

use pointsman_routing::outcome::{Billing, Health, consequence};
use pointsman_schema::outcome::Outcome;

use super::Worker;
use super::call::Call;
use crate::breaker::{InFlight, Pass, Report, Verdict};
use crate::limiting::Admission;
use crate::metering::Metered;
use crate::metrics::Event;
use crate::provider::usage::Used;
use crate::upstream::target::{KeyOwner, Target};

/// Whether an attempt that ended so, and of which nothing came, may have used tokens all the same: its provider had the
/// request and did not say that it failed.
fn may_have_used(outcome: Outcome) -> bool {
    consequence(outcome).billing == Billing::Possible && outcome != Outcome::ServerError
}

/// An attempt under way.
pub(super) struct Flight {
    worker: Rc<Worker>,
    seat: InFlight,
    pass: Pass,
    /// Whose key it uses.
    pub(super) owner: KeyOwner,
    counted: bool,
    /// What the request's input is estimated at. **Unit**: tokens.
    input_tokens: u32,
    used: Used,
    /// What is known of a failure besides its class: nothing that a client or a provider wrote.
    pub(super) why: Option<String>,
    admission: Option<Rc<Admission>>,
}

impl Flight {
    /// Begins an attempt on the backend that it has a seat at.
    pub(super) fn begin(call: &Call, target: &Target, seat: InFlight) -> Self {
        let worker = &call.worker;
        let pass = seat.state().breaker.begin(worker.shared.backends.now_ms());
        Self {
            worker: Rc::clone(worker),
            seat,
            pass,
            owner: target.key_owner,
            counted: false,
            input_tokens: call.input_tokens,
            used: Used::default(),
            why: None,
            admission: call.admission.clone(),
        }
    }

    /// What the answer used so far.
    pub(super) fn used(&mut self, used: Used) {
        self.used = used;
    }

    /// Whether its end was counted.
    pub(super) const fn is_over(&self) -> bool {
        self.counted
    }

    /// The answer's first content is there. The breaker learns it now, because a stream may run for long.
    pub(super) fn proved(&mut self) {
        self.teach(Report::Good);
    }

    /// The attempt is over.
    pub(super) fn end(&mut self, outcome: Outcome) {
        if self.counted {
            return;
        }
        self.count(outcome);
        match consequence(outcome).breaker {
            Health::Success if outcome == Outcome::Served => {}
            Health::Success => self.teach(Report::Good),
            Health::Failure => self.fail(outcome),
            Health::Nothing => self.teach(Report::Unknown),
        }
        if consequence(outcome).breaker == Health::Failure || outcome == Outcome::RejectedCredential {
            self.tell(outcome);
        }
    }

    /// The attempt is over, and its backend has no part in how.
    pub(super) fn end_blameless(&mut self, outcome: Outcome) {
        if !self.counted {
            self.count(outcome);
            self.teach(Report::Unknown);
        }
    }

    fn count(&mut self, outcome: Outcome) {
        self.counted = true;
        self.worker.shared.metrics.attempt(outcome);
        self.seat.state().ended(outcome);
        let metered = Metered::of(self.used, outcome, self.input_tokens);
        if let Some(metered) = &metered {
            self.seat.state().used(metered);
        }
        if let Some(admission) = &self.admission {
            match metered {
                Some(metered) => admission.used(metered.tokens()),
                None if may_have_used(outcome) => admission.used_unknown(),
                None => {}
            }
        }
    }

    /// The backend failed. Who looks after it hears when that opens the breaker: seldom enough to be logged.
    fn fail(&mut self, outcome: Outcome) {
        let was_open = self.is_open();
        self.teach(Report::Bad);
        if !was_open && self.is_open() {
            self.worker.shared.metrics.count(Event::BreakerOpened);
            tracing::warn!(backend = %self.seat.state().name, last = outcome.word(), "a breaker opened");
        }
    }

    /// Operators hear of a failure, but not of every one of an outage.
    fn tell(&self, outcome: Outcome) {
        let state = self.seat.state();
        let Some(others) = state.failed(self.worker.shared.backends.now_ms()) else { return };
        let (outcome, why) = (outcome.word(), self.why.as_deref());
        tracing::warn!(backend = %state.name, outcome, why, others, "an attempt failed");
    }

    fn is_open(&self) -> bool {
        self.seat.state().breaker.verdict(self.worker.shared.backends.now_ms()) != Verdict::Closed
    }

    fn teach(&mut self, report: Report) {
        let now_ms = self.worker.shared.backends.now_ms();
        self.seat.state().breaker.report(&mut self.pass, report, now_ms, self.worker.dice.roll());
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.end(Outcome::Cancelled);
    }
}
