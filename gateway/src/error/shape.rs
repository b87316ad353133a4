//! The form of an error in the words of each client protocol.
//!
//! SDKs choose the exception that they raise by the status, and show the type; so each protocol's own type follows from
//! the status alone.
//!
//! **Source**: the API references of OpenAI, Anthropic and Google (`google.rpc.Code`).

use bytes::Bytes;
use http::StatusCode;
use pointsman_schema::dialect::Dialect;
use pointsman_schema::protocol::Protocol;
use serde::Serialize;

use crate::dialect::responses::stream::error_event;
use crate::request_id::RequestId;

/// What a client gets to see of an error.
pub(super) struct Seen<'a> {
    pub(super) status: StatusCode,
    /// OpenAI's type.
    pub(super) kind: &'a str,
    pub(super) code: Option<&'a str>,
    pub(super) param: Option<&'a str>,
    pub(super) message: &'a str,
}

impl Seen<'_> {
    /// The body of an answer to this request, or of an event.
    pub(super) fn body(&self, protocol: Protocol, id: Option<RequestId>) -> Bytes {
        let Self { status, kind, code, param, message } = *self;
        let written = match protocol {
            Protocol::OpenAi => {
                serde_json::to_vec(&OpenAi { error: OpenAiError { message, kind, param, code } })
            }
            Protocol::Anthropic => {
                let error = AnthropicError { kind: anthropic(status), message };
                let id = id.map(RequestId::text);
                let request_id = id.as_ref().and_then(|id| std::str::from_utf8(id).ok());
                serde_json::to_vec(&Anthropic { kind: "error", error, request_id })
            }
            Protocol::Gemini => {
                let error = GeminiError { code: status.as_u16(), message, status: google(status) };
                serde_json::to_vec(&Gemini { error })
            }
        };
        written.map_or_else(|_| Bytes::from_static(b"{\"error\":{}}"), Bytes::from)
    }

    /// The event that ends a stream which has begun already.
    pub(super) fn event(&self, dialect: Dialect, after: u64) -> Bytes {
        let (name, body): (&[u8], Bytes) = match (dialect, dialect.protocol()) {
            (Dialect::Responses, _) => return error_event(self.message, self.code, self.param, after),
            (_, Protocol::Anthropic) => (b"event: error\n", self.body(Protocol::Anthropic, None)),
            (_, protocol) => (b"", self.body(protocol, None)),
        };
        Bytes::from([name, b"data: ", &body, b"\n\n"].concat())
    }
}

#[derive(Serialize)]
struct OpenAi<'a> {
    error: OpenAiError<'a>,
}

#[derive(Serialize)]
struct OpenAiError<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}

#[derive(Serialize)]
struct Anthropic<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    error: AnthropicError<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

#[derive(Serialize)]
struct AnthropicError<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    message: &'a str,
}

#[derive(Serialize)]
struct Gemini<'a> {
    error: GeminiError<'a>,
}

#[derive(Serialize)]
struct GeminiError<'a> {
    code: u16,
    message: &'a str,
    status: &'static str,
}

fn anthropic(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        504 => "timeout_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

fn google(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        400..=499 => "INVALID_ARGUMENT",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INTERNAL",
    }
}
