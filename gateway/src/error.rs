//! Why a request was not served: one closed set, each with who is to blame and whether trying again may help.
//!
//! Inside the gateway a failure is only this; what a client sees of it is made in one place, [`answer`].

pub mod answer;
mod shape;

use std::time::Duration;

use pointsman_routing::{Refusal, Shortage};
use pointsman_schema::outcome::Outcome;

use crate::json::BadRequest;
use crate::json::fields::Malformed;
use crate::limiting::Scarce;
use crate::limits::OVERLOAD_RETRY_AFTER;

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The caller's.
    Client,
    /// A provider's, or the network's on the way to it.
    Upstream,
    /// The gateway's, its policy's or its operator's.
    Us,
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No key, or none that is accepted: which of these, nobody is told.
    Unauthorized,
    /// Two different keys.
    TwoKeys,
    /// No such path.
    NotFound,
    /// The path knows another method.
    MethodNotAllowed {
        /// Which.
        allow: &'static str,
    },
    /// More header fields than allowed.
    TooManyHeaders,
    /// The body is larger than allowed.
    BodyTooLarge,
    /// The body did not arrive in time.
    BodyTimeout,
    /// The body broke off.
    BodyCut,
    /// The body is not a chat request.
    BadRequest(BadRequest),
    /// More requests, or more bytes of them, than the gateway takes at once.
    Overloaded,
    /// A limit of the key does not let it pass now.
    Limited(Scarce),
    /// No snapshot is in force yet.
    NoSnapshot,
    /// The policy refuses it, or has nothing that could serve it.
    Refused(Refusal),
    /// A provider failed, or refused it.
    Upstream(Outcome),
    /// The time for the whole request is over.
    TotalTimeout,
    /// The answer is longer than the gateway gathers of one that its client's protocol wants whole.
    AnswerTooLong,
    /// The gateway stops.
    Stopping,
}

/// A failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub kind: Kind,
    /// When trying again may help.
    pub retry_after: Option<Duration>,
    /// What a provider said, as far as a client may see it; or, of our own, a message that names what was asked.
    pub told: Option<Box<Told>>,
}

/// The parts of an error that a client may see. Bounded, and taken from an allow-list of fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The HTTP status.
    pub status: Option<u16>,
    /// For people.
    pub message: Option<String>,
    /// The error's type.
    pub kind: Option<String>,
    /// The error's code.
    pub code: Option<String>,
    /// The member at fault.
    pub param: Option<String>,
}

impl Failure {
    /// Who is to blame.
    pub const fn blame(&self) -> Blame {
        match self.kind {
            Kind::Unauthorized
            | Kind::TwoKeys
            | Kind::NotFound
            | Kind::MethodNotAllowed { .. }
            | Kind::TooManyHeaders
            | Kind::BodyTooLarge
            | Kind::BodyTimeout
            | Kind::BodyCut
            | Kind::BadRequest(_)
            | Kind::Limited(_)
            | Kind::Refused(
                Refusal::ModelNotFound
                | Refusal::ModelNotAllowed
                | Refusal::NoRule
                | Refusal::NoCandidate(
                    Shortage::ModelNotAllowed
                    | Shortage::NotSpoken
                    | Shortage::RefusesFeatures { .. }
                    | Shortage::LacksCapability { .. }
                    | Shortage::OutputLimit { .. },
                ),
            ) => Blame::Client,
            Kind::Overloaded
            | Kind::NoSnapshot
            | Kind::Stopping
            | Kind::AnswerTooLong
            | Kind::Refused(Refusal::NoCandidate(Shortage::Empty | Shortage::NoCredential)) => Blame::Us,
            Kind::Refused(Refusal::Exhausted { last }) | Kind::Upstream(last) => blame_of(last),
            Kind::TotalTimeout => Blame::Upstream,
        }
    }

    /// Whether the same request may succeed later.
    pub const fn is_retryable(&self) -> bool {
        match self.kind {
            Kind::Overloaded
            | Kind::Limited(_)
            | Kind::NoSnapshot
            | Kind::Stopping
            | Kind::TotalTimeout
            | Kind::BodyTimeout => true,
            Kind::Refused(Refusal::Exhausted { last }) | Kind::Upstream(last) => matches!(
                last,
                Outcome::Connect
                    | Outcome::Timeout
                    | Outcome::RateLimited
                    | Outcome::Overloaded
                    | Outcome::ServerError
                    | Outcome::CutStream
            ),
            _ => false,
        }
    }
}

impl From<Kind> for Failure {
    fn from(kind: Kind) -> Self {
        let soon = matches!(kind, Kind::Overloaded | Kind::NoSnapshot | Kind::Stopping);
        Self { kind, retry_after: soon.then_some(OVERLOAD_RETRY_AFTER), told: None }
    }
}

/// The request is not of its protocol, and nobody is there who would take it as it is.
impl From<&Malformed> for Failure {
    fn from(malformed: &Malformed) -> Self {
        let told = Told {
            message: Some(format!("{malformed}.")),
            code: Some("invalid_body".to_owned()),
            param: Some(malformed.at.clone()),
            ..Told::default()
        };
        Self { told: Some(Box::new(told)), ..Self::from(Kind::Upstream(Outcome::ClientError)) }
    }
}

impl From<BadRequest> for Failure {
    fn from(bad: BadRequest) -> Self {
        Self::from(Kind::BadRequest(bad))
    }
}

const fn blame_of(outcome: Outcome) -> Blame {
    match outcome {
        Outcome::ContextLength
        | Outcome::ContentFilter
        | Outcome::ClientError
        | Outcome::RejectedCredential
        | Outcome::Cancelled => Blame::Client,
        Outcome::DeadCredential => Blame::Us,
        Outcome::Served
        | Outcome::Connect
        | Outcome::Timeout
        | Outcome::RateLimited
        | Outcome::Overloaded
        | Outcome::ServerError
        | Outcome::CutStream => Blame::Upstream,
    }
}
