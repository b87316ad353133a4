//! The world at the moment of an attempt: what a snapshot cannot know.
//!
//! The gateway answers from its breakers, credentials and counters; the simulator from a recorded or invented world.
//! A decision asks only when it is about to use the answer, and never keeps one for later.

use pointsman_schema::snapshot::view::BackendIx;

/// What a decision asks about the moment.
pub trait World {
    /// Whether this backend could be tried now.
    fn verdict(&self, backend: BackendIx) -> Verdict;

    /// Whether this backend's retry budget has room for one more try that is not a request's first.
    fn retry_allowed(&self, backend: BackendIx) -> bool;

    /// A number drawn uniformly from all of `u64`, for jitter. Never decides where a request goes.
    fn dice(&self) -> u64;
}

/// Whether a backend could be tried now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It can.
    Available,
    /// Its breaker is open. It is tried only when nothing else is left for a request's first attempt.
    BreakerOpen {
        /// Time until the breaker lets a probe through. **Unit**: ms.
        due_ms: u32,
    },
    /// Its credential could not be resolved. It is never tried.
    NoCredential,
}

/// The world in which nothing is wrong: every backend is available, every budget has room, the dice show 0. What golden
/// vectors are decided in, and what explains a policy where there is no moment to ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calm;

impl World for Calm {
    fn verdict(&self, _: BackendIx) -> Verdict {
        Verdict::Available
    }

    fn retry_allowed(&self, _: BackendIx) -> bool {
        true
    }

    fn dice(&self) -> u64 {
        0
    }
}
