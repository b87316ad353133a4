//! What an answer that is not one of the model's says, in the words by which errors are classified: those of
//! [`crate::provider::refusal`].
//!
//! An error has a name here: in a header of its answer, in its body, or in the frame of a stream. Names mean more than
//! statuses, which count some failures of the provider's to the client. Bedrock's messages can name an account by its
//! address (ARN); such a message is kept back.

use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::json::Text;
use crate::provider::refusal::{self, Said, is_filtered, is_too_long};

/// Reads an answer's head and body: what is said, and the status that another provider would give with it.
pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> (StatusCode, Said) {
    let fields = fields(body);
    let header = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok());
    let name = plain(header.unwrap_or(&fields.kind.0));
    let status = known(name).and_then(|known| StatusCode::from_u16(known.status).ok()).unwrap_or(status);
    (status, told(name, &fields.message.0))
}

/// Reads the payload of an exception in a stream.
pub(super) fn said(name: &str, payload: &[u8]) -> Said {
    told(name, &fields(payload).message.0)
}

/// What an error of this name and message says.
pub(super) fn told(name: &str, message: &str) -> Said {
    let name = plain(name);
    let message = message.strip_prefix("The model returned the following errors: ").unwrap_or(message);
    // Some models' errors are repeated as they came.
    let within = message.starts_with('{').then(|| refusal::read(message.as_bytes()));
    let message = within.as_ref().map(Said::message).filter(|text| !text.is_empty()).unwrap_or(message);
    let code = match known(name) {
        Some(Known { kind: "invalid_request_error", .. }) if is_too_long(message) => {
            "context_length_exceeded"
        }
        Some(Known { kind: "invalid_request_error", .. }) if is_filtered(message) => "content_filter",
        _ => name,
    };
    let kind = known(name).map_or("api_error", |known| known.kind);
    let shown = if message.contains("arn:aws") { "" } else { message };
    Said::of(kind, code, shown)
}

/// A name without what stands around it: `aws.service#Name` in a body, `Name:http://…` in a header.
fn plain(name: &str) -> &str {
    let name = name.rsplit('#').next().unwrap_or_default();
    name.split(':').next().unwrap_or_default().trim()
}

fn fields(body: &[u8]) -> Fields<'_> {
    simdutf8::basic::from_utf8(body).ok().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

#[derive(Default, Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default, alias = "Message")]
    message: Text<'a>,
    #[serde(borrow, default, rename = "__type")]
    kind: Text<'a>,
}

fn known(name: &str) -> Option<&'static Known> {
    // Headers write them large, streams small.
    KNOWN.iter().find(|known| known.name.eq_ignore_ascii_case(name))
}

/// What a name means.
struct Known {
    name: &'static str,
    /// The word that OpenAI and Anthropic have for it.
    kind: &'static str,
    status: u16,
}

const fn known_as(name: &'static str, kind: &'static str, status: u16) -> Known {
    Known { name, kind, status }
}

/// The errors of Bedrock, and those that any service of Amazon's gives for a credential.
const KNOWN: [Known; 18] = [
    known_as("ThrottlingException", "rate_limit_error", 429),
    known_as("ServiceQuotaExceededException", "rate_limit_error", 429),
    known_as("ServiceUnavailableException", "overloaded_error", 503),
    known_as("ModelNotReadyException", "overloaded_error", 503),
    known_as("ModelTimeoutException", "timeout_error", 408),
    known_as("ModelErrorException", "api_error", 502),
    known_as("ModelStreamErrorException", "api_error", 502),
    known_as("InternalServerException", "api_error", 500),
    known_as("ConflictException", "api_error", 409),
    known_as("ValidationException", "invalid_request_error", 400),
    known_as("ResourceNotFoundException", "invalid_request_error", 404),
    known_as("AccessDeniedException", "authentication_error", 403),
    known_as("UnrecognizedClientException", "authentication_error", 401),
    known_as("InvalidSignatureException", "authentication_error", 403),
    known_as("IncompleteSignatureException", "authentication_error", 403),
    known_as("MissingAuthenticationTokenException", "authentication_error", 403),
    known_as("ExpiredTokenException", "authentication_error", 401),
    known_as("NotAuthorizedException", "authentication_error", 403),
];

#[cfg(test)]
mod tests {
    use pointsman_schema::outcome::Outcome;

    use super::*;
    use crate::error::Told;
    use crate::upstream::target::KeyOwner;

    fn check(status: u16, name: &str, body: &str, expected: Outcome) -> Option<Box<Told>> {
        let mut headers = HeaderMap::new();
        if !name.is_empty() {
            headers.insert("x-amzn-errortype", name.parse().unwrap());
        }
        let (status, said) = read(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes());
        let outcome = said.outcome(status, KeyOwner::Platform);
        assert_eq!(outcome, expected, "{name} {body}");
        said.told(status, outcome, None)
    }

    #[test]
    fn names_have_their_class() {
        check(429, "ThrottlingException", "{}", Outcome::RateLimited);
        check(429, "ThrottlingException:http://internal.amazon.com/coral/", "{}", Outcome::RateLimited);
        check(400, "ServiceQuotaExceededException", "{}", Outcome::RateLimited);
        check(503, "ServiceUnavailableException", "{}", Outcome::Overloaded);
        check(429, "ModelNotReadyException", "{}", Outcome::Overloaded);
        check(408, "ModelTimeoutException", "{}", Outcome::Timeout);
        check(424, "ModelErrorException", "{}", Outcome::ServerError);
        check(500, "InternalServerException", "{}", Outcome::ServerError);
        check(400, "ConflictException", "{}", Outcome::ServerError);
        check(403, "AccessDeniedException", r#"{"message":"no"}"#, Outcome::DeadCredential);
        check(
            400,
            "",
            r#"{"__type":"com.amazon.coral.service#ExpiredTokenException"}"#,
            Outcome::DeadCredential,
        );
        // Without a name, by the status alone.
        check(429, "", "<html>", Outcome::RateLimited);
        check(403, "", r#"{"Message":"no"}"#, Outcome::DeadCredential);
        check(502, "SomethingNewException", "", Outcome::ServerError);
    }

    #[test]
    fn what_the_client_can_change_is_told_to_it() {
        let body = r#"{"message":"The provided model identifier is invalid."}"#;
        let told = check(400, "ValidationException", body, Outcome::ClientError).unwrap();
        assert_eq!(told.message.as_deref(), Some("The provided model identifier is invalid."));
        assert_eq!(told.kind.as_deref(), Some("invalid_request_error"));
        assert_eq!(told.code.as_deref(), Some("ValidationException"));
        let arn = r#"{"message":"no arn:aws:bedrock:eu-west-1:123456789012:inference-profile/x"}"#;
        let told = check(404, "ResourceNotFoundException", arn, Outcome::ClientError).unwrap();
        assert_eq!((told.status, told.message), (Some(404), None));
    }

    #[test]
    fn a_conversation_that_is_too_long_is_known_by_its_message() {
        for message in [
            "Input is too long for requested model.",
            "The model returned the following errors: prompt is too long: 210000 tokens > 200000 maximum",
            "The model returned the following errors: input length and `max_tokens` exceed context limit: 1",
        ] {
            let body = format!(r#"{{"message":"{message}"}}"#);
            check(400, "ValidationException", &body, Outcome::ContextLength).unwrap();
        }
        let repeated = r#"{"message":"The model returned the following errors: {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: 9 tokens > 8 maximum\"}}"}"#;
        let told = check(400, "ValidationException", repeated, Outcome::ContextLength).unwrap();
        assert_eq!(told.message.as_deref(), Some("prompt is too long: 9 tokens > 8 maximum"));
        let filtered = r#"{"message":"Output blocked by content filtering policy"}"#;
        check(400, "ValidationException", filtered, Outcome::ContentFilter);
    }

    #[test]
    fn exceptions_in_a_stream_have_their_class() {
        for (name, expected) in [
            ("throttlingException", Outcome::RateLimited),
            ("serviceUnavailableException", Outcome::Overloaded),
            ("validationException", Outcome::ClientError),
            ("modelStreamErrorException", Outcome::ServerError),
            ("internalServerException", Outcome::ServerError),
            ("malformed_model_output", Outcome::ServerError),
        ] {
            let said = said(name, br#"{"message":"m","originalStatusCode":500}"#);
            assert_eq!(said.outcome_in_stream(KeyOwner::Platform), expected, "{name}");
        }
    }
}
