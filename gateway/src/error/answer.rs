//! A failure as a client sees it: status, headers and a body in the client's protocol, or an event of a stream.
//!
//! The one place where failures become HTTP; the form of each protocol is [`super::shape`]'s. Clients of OpenAI's SDKs obey
//! `x-should-retry` before the status, so it is always there and always true to [`Failure::is_retryable`].

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, Response, StatusCode};
use pointsman_routing::{Refusal, Shortage};
use pointsman_schema::capability::Capability;
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature;
use pointsman_schema::outcome::Outcome;
use pointsman_schema::protocol::Protocol;

use super::shape::Seen;
use super::{Failure, Kind, Told};
use crate::limiting::Scarce;
use crate::limits::RETRY_AFTER_SHOWN_MAX;
use crate::request_id::RequestId;

impl Failure {
    /// The whole answer to a request, to a client that speaks this protocol.
    pub fn response(&self, protocol: Protocol, id: RequestId) -> Response<Bytes> {
        let told = self.seen();
        let seen = told.shape();
        let mut response = Response::new(seen.body(protocol, Some(id)));
        *response.status_mut() = seen.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let retry = if self.is_retryable() { "true" } else { "false" };
        headers.insert(SHOULD_RETRY, HeaderValue::from_static(retry));
        if let Some(after) = self.retry_after {
            let after = after.min(RETRY_AFTER_SHOWN_MAX);
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() != 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        match self.kind {
            Kind::MethodNotAllowed { allow } => drop(headers.insert(ALLOW, HeaderValue::from_static(allow))),
            Kind::Unauthorized => drop(headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            _ => {}
        }
        response
    }

    /// The event that ends a stream of this dialect which has begun already, after so many events.
    pub fn event(&self, dialect: Dialect, after: u64) -> Bytes {
        self.seen().shape().event(dialect, after)
    }

    fn seen(&self) -> Words<'_> {
        let mut seen = own(self.kind);
        let Some(told) = &self.told else { return seen };
        let Told { status, message, kind, code, param } = &**told;
        seen.status = status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(seen.status);
        seen.message = message.as_deref().map_or(seen.message, Cow::Borrowed);
        seen.kind = kind.as_deref().unwrap_or(seen.kind);
        seen.code = code.as_deref().or(seen.code);
        seen.param = param.as_deref().or(seen.param);
        seen
    }
}

struct Words<'a> {
    status: StatusCode,
    kind: &'a str,
    code: Option<&'a str>,
    param: Option<&'a str>,
    message: Cow<'a, str>,
}

impl Words<'_> {
    fn shape(&self) -> Seen<'_> {
        let Words { status, kind, code, param, message } = self;
        Seen { status: *status, kind, code: *code, param: *param, message }
    }
}

const INVALID: &str = "invalid_request_error";
const SERVER: &str = "server_error";
/// Most who read it have the wrong base URL.
const NO_ENDPOINT: &str = "There is no such endpoint. The base URL of OpenAI's clients ends in `/v1`; those of Anthropic's and \
                           Google's clients do not.";

/// What we say of our own.
fn own(kind: Kind) -> Words<'static> {
    match kind {
        Kind::Unauthorized => seen(
            401,
            INVALID,
            "invalid_api_key",
            "The API key is missing or not accepted. Keys of this gateway begin with `pmk_live_`.",
        ),
        Kind::TwoKeys => seen(400, INVALID, "two_api_keys", "The request carries two different API keys."),
        Kind::NotFound => seen(404, INVALID, "unknown_url", NO_ENDPOINT),
        Kind::MethodNotAllowed { allow } => Words {
            message: Cow::Owned(format!("The endpoint takes {allow} and no other method.")),
            ..seen(405, INVALID, "method_not_allowed", "")
        },
        Kind::TooManyHeaders => {
            seen(431, INVALID, "too_many_headers", "The request has too many header fields.")
        }
        Kind::BodyTooLarge => seen(413, INVALID, "request_too_large", "The request body is too large."),
        Kind::BodyTimeout => {
            seen(408, INVALID, "request_timeout", "The request body did not arrive in time.")
        }
        Kind::BodyCut => seen(400, INVALID, "request_cut", "The request body broke off."),
        Kind::BadRequest(bad) => Words {
            param: bad.param(),
            message: Cow::Owned(sentence(&bad.to_string())),
            ..seen(400, INVALID, "invalid_body", "")
        },
        Kind::Overloaded => seen(503, SERVER, "gateway_overloaded", "The gateway has too much to do."),
        Kind::Limited(scarce) => {
            seen(429, kind_of(scarce), "rate_limit_exceeded", "A limit of this key is reached.")
        }
        Kind::NoSnapshot => seen(503, SERVER, "gateway_not_ready", "The gateway has no policy yet."),
        Kind::AnswerTooLong => seen(
            502,
            SERVER,
            "answer_too_long",
            "The answer is longer than the gateway can hold for a client of this protocol.",
        ),
        Kind::Stopping => seen(503, SERVER, "gateway_stopping", "The gateway stops."),
        Kind::TotalTimeout => {
            seen(504, SERVER, "upstream_timeout", "The time for this request is over, all attempts included.")
        }
        Kind::Refused(refusal) => refused(refusal),
        Kind::Upstream(outcome) => upstream(outcome),
    }
}

/// OpenAI's type of the error: what there was too much of.
const fn kind_of(scarce: Scarce) -> &'static str {
    match scarce {
        Scarce::Requests | Scarce::Concurrent => "requests",
        Scarce::Tokens => "tokens",
    }
}

fn refused(refusal: Refusal) -> Words<'static> {
    match refusal {
        Refusal::ModelNotFound
        | Refusal::ModelNotAllowed
        | Refusal::NoCandidate(Shortage::ModelNotAllowed) => Words {
            param: Some("model"),
            ..seen(404, INVALID, "model_not_found", "The model does not exist or this key may not use it.")
        },
        Refusal::NoRule => seen(403, INVALID, "no_rule", "No rule of this key's chain matches the request."),
        Refusal::NoCandidate(Shortage::NotSpoken) => seen(
            404,
            INVALID,
            "unsupported_endpoint",
            "No model that this request can reach has this endpoint.",
        ),
        Refusal::NoCandidate(Shortage::RefusesFeatures { features }) => {
            Words { message: Cow::Owned(refusing(features)), ..seen(400, INVALID, "unsupported_feature", "") }
        }
        Refusal::NoCandidate(Shortage::LacksCapability { missing }) => Words {
            message: Cow::Owned(lacking(missing)),
            ..seen(400, INVALID, "unsupported_capability", "")
        },
        Refusal::NoCandidate(Shortage::OutputLimit { limit_tokens }) => Words {
            param: Some("max_completion_tokens"),
            message: Cow::Owned(format!(
                "No model that this request can reach gives more than {limit_tokens} tokens."
            )),
            ..seen(400, INVALID, "output_limit", "")
        },
        Refusal::NoCandidate(Shortage::Empty) => {
            seen(503, SERVER, "no_backend", "The policy has no backend for this request.")
        }
        Refusal::NoCandidate(Shortage::NoCredential) => {
            seen(503, SERVER, "no_backend", "No backend for this request has its credential on this gateway.")
        }
        Refusal::Exhausted { last } => upstream(last),
    }
}

fn upstream(outcome: Outcome) -> Words<'static> {
    match outcome {
        Outcome::Connect => seen(502, SERVER, "upstream_unreachable", "No provider could be reached."),
        Outcome::Timeout => seen(504, SERVER, "upstream_timeout", "No provider answered in time."),
        Outcome::RateLimited => {
            seen(429, "rate_limit_error", "rate_limit_exceeded", "The provider's rate limit is reached.")
        }
        Outcome::Overloaded => seen(503, SERVER, "upstream_overloaded", "The provider is overloaded."),
        Outcome::ServerError | Outcome::Served => seen(502, SERVER, "upstream_error", "The provider failed."),
        Outcome::DeadCredential => {
            seen(502, SERVER, "upstream_credential", "The provider does not accept the gateway's credential.")
        }
        Outcome::RejectedCredential => seen(
            401,
            INVALID,
            "upstream_credential_rejected",
            "The provider does not accept your team's own credential.",
        ),
        Outcome::ContextLength => Words {
            param: Some("messages"),
            ..seen(
                400,
                INVALID,
                "context_length_exceeded",
                "The input is longer than the model's context window.",
            )
        },
        Outcome::ContentFilter => {
            seen(400, INVALID, "content_filter", "The provider refused the content of this request.")
        }
        Outcome::ClientError => seen(400, INVALID, "invalid_request", "The provider refused the request."),
        Outcome::CutStream => seen(502, SERVER, "upstream_cut", "The provider's answer broke off."),
        Outcome::Cancelled => seen(499, INVALID, "cancelled", "The client went away."),
    }
}

fn seen(status: u16, kind: &'static str, code: &'static str, message: &'static str) -> Words<'static> {
    Words {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        kind,
        code: Some(code),
        param: None,
        message: Cow::Borrowed(message),
    }
}

fn lacking(missing: u32) -> String {
    let mut text = "No model that this request can reach has the capability".to_owned();
    for (at, capability) in Capability::ALL.iter().filter(|one| one.bit() & missing != 0).enumerate() {
        // Writing to a text cannot fail.
        write!(text, "{} `{capability}`", if at == 0 { "" } else { "," }).unwrap_or_default();
    }
    text.push('.');
    text
}

fn refusing(features: u64) -> String {
    let words = feature::of_set(features).map(|feature| format!("`{feature}`")).collect::<Vec<_>>();
    format!("No provider that this request can reach has a form for {}.", words.join(", "))
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}

const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::BadRequest;

    const ID: RequestId = RequestId([0; 16]);

    fn check(failure: &Failure, status: u16, retry: &str, body: &str) {
        let response = failure.response(Protocol::OpenAi, ID);
        assert_eq!(response.status().as_u16(), status, "{failure:?}");
        assert_eq!(response.headers()[SHOULD_RETRY], retry, "{failure:?}");
        assert_eq!(std::str::from_utf8(response.body()).unwrap(), body);
    }

    #[test]
    fn failures_have_openai_shape() {
        check(
            &Kind::Unauthorized.into(),
            401,
            "false",
            r#"{"error":{"message":"The API key is missing or not accepted. Keys of this gateway begin with `pmk_live_`.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}"#,
        );
        check(
            &BadRequest::NoModel.into(),
            400,
            "false",
            r#"{"error":{"message":"`model` is missing.","type":"invalid_request_error","param":"model","code":"invalid_body"}}"#,
        );
        let missing = Capability::Tools.bit() | Capability::Vision.bit();
        check(
            &Kind::Refused(Refusal::NoCandidate(Shortage::LacksCapability { missing })).into(),
            400,
            "false",
            r#"{"error":{"message":"No model that this request can reach has the capability `tools`, `vision`.","type":"invalid_request_error","param":null,"code":"unsupported_capability"}}"#,
        );
    }

    #[test]
    fn each_protocol_has_its_own_shape() {
        let failure = Failure::from(Kind::Overloaded);
        for (dialect, body) in [
            (
                Dialect::Messages,
                r#"{"type":"error","error":{"type":"overloaded_error","message":"The gateway has too much to do."}}"#,
            ),
            (
                Dialect::GenerateContent,
                r#"{"error":{"code":503,"message":"The gateway has too much to do.","status":"UNAVAILABLE"}}"#,
            ),
        ] {
            let response = failure.response(dialect.protocol(), ID);
            // Anthropic's clients read the request's id there, too.
            let id = r#","request_id":"00000000-0000-0000-0000-000000000000"}"#;
            let expected = match (dialect, body.strip_suffix('}')) {
                (Dialect::Messages, Some(body)) => format!("{body}{id}"),
                _ => body.to_owned(),
            };
            assert_eq!(std::str::from_utf8(response.body()).unwrap(), expected);
            assert!(failure.event(dialect, 1).ends_with(format!("data: {body}\n\n").as_bytes()));
        }
        let event = failure.event(Dialect::Responses, 3);
        let start =
            "event: error\ndata: {\"type\":\"error\",\"sequence_number\":3,\"code\":\"gateway_overloaded\",";
        assert!(event.starts_with(start.as_bytes()));
    }

    #[test]
    fn what_a_provider_said_takes_the_place_of_our_words() {
        let told = Told { status: Some(422), message: Some("no\n\"such\"".to_owned()), ..Told::default() };
        let failure = Failure { told: Some(Box::new(told)), ..Kind::Upstream(Outcome::ClientError).into() };
        check(
            &failure,
            422,
            "false",
            r#"{"error":{"message":"no\n\"such\"","type":"invalid_request_error","param":null,"code":"invalid_request"}}"#,
        );
        let event = failure.event(Dialect::Chat, 1);
        assert!(event.starts_with(b"data: {\"error\":") && event.ends_with(b"}\n\n"));
        assert_eq!(memchr::memchr_iter(b'\n', &event).count(), 2, "one line, whatever was told");
    }

    #[test]
    fn retry_after_is_whole_seconds_and_bounded() {
        for (after_ms, expected) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (9_999_000, "600")] {
            let retry_after = Some(std::time::Duration::from_millis(after_ms));
            let failure = Failure { retry_after, ..Kind::Upstream(Outcome::RateLimited).into() };
            assert_eq!(failure.response(Protocol::OpenAi, ID).headers()[RETRY_AFTER], expected);
        }
    }
}
