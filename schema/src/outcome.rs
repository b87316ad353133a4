//! How one upstream attempt can end: the closed set that retries, fallbacks, breakers, records and metrics share.
//!
//! What follows from each outcome is decided in `pointsman-routing`, in one table.

use crate::words::words;

words! {
    /// How an attempt ended.
    pub enum Outcome {
        /// The provider answered, and the answer was relayed.
        Served = 0 "served",
        /// No connection: refused, unreachable, TLS failed, name not found.
        Connect = 1 "connect",
        /// No connection, no first content or no next chunk in time, or 408.
        Timeout = 2 "timeout",
        /// 429.
        RateLimited = 3 "rate-limited",
        /// 503 or 529, or the in-stream error that means the same.
        Overloaded = 4 "overloaded",
        /// Any other 5xx, 409, or an answer that is not of the provider's protocol.
        ServerError = 5 "server-error",
        /// 401 or 403 for a credential of the platform.
        DeadCredential = 6 "dead-credential",
        /// 401 or 403 for a team's own credential.
        RejectedCredential = 7 "rejected-credential",
        /// The input does not fit the model's context window.
        ContextLength = 8 "context-length",
        /// The provider refused the content.
        ContentFilter = 9 "content-filter",
        /// Any other 4xx: the request is at fault.
        ClientError = 10 "client-error",
        /// The answer ended before its end marker.
        CutStream = 11 "cut-stream",
        /// The client went away.
        Cancelled = 12 "cancelled",
    }
}

/// The outcomes that a rule's `retry.on` may name.
pub const RETRYABLE: &[Outcome] =
    &[Outcome::Connect, Outcome::Timeout, Outcome::RateLimited, Outcome::Overloaded, Outcome::ServerError];
