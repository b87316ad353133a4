//! Every limit of the demo upstream, in one table, with its unit.
//!
//! The upstream serves tests and demonstrations on loopback, but what reaches it came through a gateway from anywhere,
//! so nothing here grows without bound. Not the place for a provider's own limits: those are scripted as faults.

use std::time::Duration;

/// **Unit**: bytes of one request body; above what a gateway lets through (32 MiB), so that the gateway's limit is met first.
pub const BODY_BYTES_MAX: usize = 33 << 20;
/// **Unit**: bytes of the body of one order to the control endpoint.
pub const ORDER_BYTES_MAX: usize = 4 << 10;
/// **Unit**: bytes of the last request's body that are kept for a test to look at.
pub const KEPT_BODY_BYTES_MAX: usize = 64 << 10;
/// **Unit**: connections served at once; the next ones wait in the accept queue.
pub const CONNECTIONS_MAX: usize = 1024;
/// **Unit**: providers that have their own counters and faults.
pub const PROVIDERS_MAX: usize = 64;
/// **Unit**: models counted by name for one provider.
pub const MODELS_PER_PROVIDER_MAX: usize = 256;
/// **Unit**: bytes of a provider's name.
pub const PROVIDER_NAME_BYTES_MAX: usize = 64;
/// **Unit**: bytes of a model's name that are echoed or counted.
pub const MODEL_NAME_BYTES_MAX: usize = 128;
/// **Unit**: characters of the caller's words that the answer repeats.
pub const ECHO_CHARS_MAX: usize = 160;
/// **Unit**: properties that an invented tool call fills in.
pub const ARGUMENTS_MAX: usize = 16;
/// How long a scripted delay can be; also how long a hanging request is held.
pub const DELAY_MAX: Duration = Duration::from_mins(10);
/// How long a connection may take to send the head of its next request.
pub const HEAD_WAIT_MAX: Duration = Duration::from_mins(5);
/// The wait after an accept that failed.
pub const ACCEPT_RETRY_WAIT: Duration = Duration::from_millis(50);
/// **Unit**: bytes in flight on an in-memory connection.
pub const DUPLEX_BYTES: usize = 64 << 10;

const _: () = assert!(KEPT_BODY_BYTES_MAX <= BODY_BYTES_MAX, "what is kept was read first");
