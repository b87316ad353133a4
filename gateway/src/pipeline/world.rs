//! The world that a decision asks about, answered from this moment's breakers, secrets and counters.

use pointsman_routing::world::{Verdict, World};
use pointsman_schema::snapshot::view::BackendIx;

use super::Worker;
use crate::breaker;
use crate::serving::Serving;

/// This moment.
pub(super) struct Moment<'a> {
    pub(super) worker: &'a Worker,
    pub(super) serving: &'a Serving,
}

impl World for Moment<'_> {
    fn verdict(&self, backend: BackendIx) -> Verdict {
        let Some(target) = self.serving.backend(backend) else { return Verdict::NoCredential };
        if self.serving.credential(target).is_some_and(|credential| !credential.is_there()) {
            return Verdict::NoCredential;
        }
        let now_ms = self.worker.shared.backends.now_ms();
        match target.state.breaker.verdict(now_ms) {
            breaker::Verdict::Closed | breaker::Verdict::ProbeDue => Verdict::Available,
            breaker::Verdict::OpenUntil(until_ms) => Verdict::BreakerOpen {
                due_ms: u32::try_from(until_ms.saturating_sub(now_ms)).unwrap_or(u32::MAX),
            },
        }
    }

    fn retry_allowed(&self, backend: BackendIx) -> bool {
        self.serving.backend(backend).is_some_and(|target| target.state.retry_allowed())
    }

    fn dice(&self) -> u64 {
        self.worker.dice.roll()
    }
}
