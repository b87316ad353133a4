//! The wire formats of the demo upstream and what differs between them, as one closed choice.
//!
//! Each function here only picks the writer; the writing is in [`super::openai`], [`super::responses`],
//! [`super::anthropic`] and [`super::gemini`].

use bytes::Bytes;
use serde_json::Value;

use super::{anthropic, gemini, openai, reply::Reply, responses};

/// A provider's wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `/v1/chat/completions`.
    OpenAi,
    /// `/v1/responses`, OpenAI's, too.
    Responses,
    /// `/v1/messages`.
    Anthropic,
    /// `/v1beta/models/<model>:generateContent` and `:streamGenerateContent`.
    Gemini,
}

/// What a path says that stands in the body of other formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InPath<'a> {
    /// The model.
    pub(crate) model: &'a str,
    /// Whether the answer comes as a stream of events.
    pub(crate) stream: bool,
}

/// An error that the upstream answers with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The HTTP status.
    pub(crate) status: u16,
    /// A provider's own code, where it differs from what the status implies.
    pub(crate) code: Option<&'static str>,
    /// What went wrong, for people.
    pub(crate) message: String,
}

impl Failure {
    /// A failure that its status describes well enough.
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, code: None, message: message.into() }
    }
}

impl Dialect {
    /// The whole answer as JSON.
    pub(crate) fn whole(self, reply: &Reply) -> Value {
        match self {
            Self::OpenAi => openai::whole(reply),
            Self::Responses => responses::whole(reply),
            Self::Anthropic => anthropic::whole(reply),
            Self::Gemini => gemini::whole(reply),
        }
    }

    /// The answer as the events of a stream, in order.
    pub(crate) fn events(self, reply: &Reply, include_usage: bool) -> Vec<Bytes> {
        match self {
            Self::OpenAi => openai::events(reply, include_usage),
            Self::Responses => responses::events(reply),
            Self::Anthropic => anthropic::events(reply),
            Self::Gemini => gemini::events(reply),
        }
    }

    /// The body of an error answer.
    pub(crate) fn error(self, failure: &Failure, number: u64) -> Value {
        match self {
            Self::OpenAi | Self::Responses => openai::error(failure),
            Self::Anthropic => anthropic::error(failure, number),
            Self::Gemini => gemini::error(failure),
        }
    }

    /// An error inside a stream that has begun.
    pub(crate) fn error_event(self, number: u64) -> Bytes {
        match self {
            Self::OpenAi => openai::error_event(),
            Self::Responses => responses::error_event(),
            Self::Anthropic => anthropic::error_event(number),
            Self::Gemini => gemini::error_event(),
        }
    }

    /// The header that carries the request's id.
    pub(crate) fn request_id_header(self) -> &'static str {
        match self {
            Self::OpenAi | Self::Responses | Self::Gemini => "x-request-id",
            Self::Anthropic => "request-id",
        }
    }
}
