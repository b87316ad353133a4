//! What follows from each way an attempt can end: one table for retries, fallbacks, breakers and money.
//!
//! The table says what is possible; a rule's `retry` narrows what is tried again, and the world has the last word.
//! Nothing here looks at a status code: that is classified where the answer is read.

use pointsman_schema::outcome::Outcome;

/// What follows from an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consequence {
    /// Whether the same backend may be tried again.
    pub again: Again,
    /// Where the request goes when it is not tried again there.
    pub then: Then,
    /// What the breaker learns.
    pub breaker: Health,
    /// Whether the provider may charge for the attempt.
    pub billing: Billing,
}

/// Whether the same backend may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Where the rule's `retry.on` names the outcome.
    AsTheRuleSays,
    /// Another try would end the same way.
    Never,
}

/// Where the request goes when it is not tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nowhere: this answer is the client's.
    Return,
    /// To the next backend.
    Next,
    /// To the next backend with a larger context window.
    Larger,
}

/// What the breaker of the backend and its credential learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Success,
    /// It does not.
    Failure,
    /// Nothing.
    Nothing,
}

/// Whether the provider may charge for the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Billing {
    /// The answer never began, or providers charge nothing for it.
    Free,
    /// Tokens may have been read or made.
    Possible,
}

/// The row of an outcome.
#[expect(clippy::match_same_arms, reason = "a table: one row an outcome, each with its own reason")]
pub const fn consequence(outcome: Outcome) -> Consequence {
    use Again::{AsTheRuleSays, Never};
    use Billing::{Free, Possible};
    use Health::{Failure, Nothing, Success};
    use Then::{Larger, Next, Return};
    match outcome {
        Outcome::Served => row(Never, Return, Success, Possible),
        Outcome::Connect => row(AsTheRuleSays, Next, Failure, Free),
        // The provider may have worked for as long as we waited.
        Outcome::Timeout => row(AsTheRuleSays, Next, Failure, Possible),
        // Counted as a failure: a backend that answers 429 to all is as useless as one that answers 500 to all.
        Outcome::RateLimited | Outcome::Overloaded => row(AsTheRuleSays, Next, Failure, Free),
        // Includes a 200 with a body that nobody can read.
        Outcome::ServerError => row(AsTheRuleSays, Next, Failure, Possible),
        // The breaker is kept for each backend and credential, so a dead credential opens only its own.
        Outcome::DeadCredential => row(Never, Next, Failure, Free),
        // A team must learn that its own key is refused, each time, and not be served with somebody else's.
        Outcome::RejectedCredential => row(Never, Return, Nothing, Free),
        Outcome::ContextLength => row(Never, Larger, Success, Free),
        // Some providers charge for the prompt that they refused.
        Outcome::ContentFilter => row(Never, Return, Success, Possible),
        Outcome::ClientError => row(Never, Return, Success, Free),
        Outcome::CutStream => row(Never, Next, Failure, Possible),
        Outcome::Cancelled => row(Never, Return, Nothing, Possible),
    }
}

const fn row(again: Again, then: Then, breaker: Health, billing: Billing) -> Consequence {
    Consequence { again, then, breaker, billing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pointsman_schema::outcome::RETRYABLE;

    #[test]
    fn the_table_allows_exactly_the_retries_that_the_language_offers() {
        for outcome in Outcome::ALL {
            let offered = if RETRYABLE.contains(outcome) { Again::AsTheRuleSays } else { Again::Never };
            assert_eq!(consequence(*outcome).again, offered, "{outcome}");
        }
    }

    #[test]
    fn the_breaker_counts_exactly_what_sends_a_request_on() {
        for outcome in Outcome::ALL {
            let Consequence { then, breaker, .. } = consequence(*outcome);
            // Going on to the next backend because of this one's failure is what a breaker is there to save.
            assert_eq!(then == Then::Next, breaker == Health::Failure, "{outcome}");
        }
    }
}
