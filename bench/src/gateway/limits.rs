//! The sizes, counts and times of the comparison, in one table, each with its unit.
//!
//! Together they bound the whole run to less than 90 seconds for four contenders.

use std::time::Duration;

/// **Unit**: bytes of a small request's body.
pub(crate) const SMALL_BYTES: usize = 1 << 10;
/// **Unit**: bytes of a large request's body.
pub(crate) const LARGE_BYTES: usize = 64 << 10;
/// **Unit**: bytes of an answer's body, when it is not a stream.
pub(crate) const ANSWER_BYTES: usize = 1 << 10;
/// **Unit**: events of a stream before `[DONE]`.
pub(crate) const EVENTS: u32 = 50;
/// The pause between two events, so that each travels on its own.
pub(crate) const BETWEEN_EVENTS: Duration = Duration::from_millis(2);
/// **Unit**: connections of a load without pauses.
pub(crate) const CONNECTIONS: usize = 32;
/// How long a load lasts.
pub(crate) const LOAD: Duration = Duration::from_secs(3);
/// How long a load lasts that is only to warm up.
pub(crate) const WARM_UP: Duration = Duration::from_millis(300);
/// The pause before idle memory is read.
pub(crate) const SETTLE: Duration = Duration::from_millis(500);
/// **Unit**: requests a second of the paced load.
pub(crate) const RATE: u32 = 1_000;
/// **Unit**: connections that share the paced load.
pub(crate) const PACED_CONNECTIONS: u32 = 16;
/// How long a contender may take until it answers.
pub(crate) const START_MAX: Duration = Duration::from_secs(10);
/// The pause between two attempts to reach a contender that starts.
pub(crate) const START_RETRY: Duration = Duration::from_millis(50);
/// How long one exchange may take.
pub(crate) const EXCHANGE_MAX: Duration = Duration::from_secs(10);
/// **Unit**: bytes of the head of a request or an answer.
pub(crate) const HEAD_BYTES_MAX: usize = 16 << 10;

const _: () =
    assert!(EVENTS > 0 && CONNECTIONS > 0 && PACED_CONNECTIONS > 0, "there is something to measure");
