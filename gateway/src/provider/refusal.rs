//! What an answer that is not a completion means: its outcome class, and what a client may see of it.
//!
//! A provider's error can name its account, another tenant or a part of a key. So only four fields are read, and the
//! message only where the client itself is to blame; what is passed on is bounded and has no control characters.

mod fields;

use http::{HeaderMap, StatusCode};
use pointsman_schema::outcome::Outcome;
use pointsman_schema::protocol::ProviderProtocol;

pub use self::fields::{read, said};
use super::azure;
use crate::error::Told;
use crate::limits::{ERROR_MESSAGE_BYTES_MAX, ERROR_WORD_BYTES_MAX};
use crate::provider::bedrock;
use crate::secrets::Secret;
use crate::upstream::target::KeyOwner;

/// The fields of an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    message: String,
    kind: String,
    code: String,
    param: String,
    /// The code of the cause, where Azure names one.
    cause: String,
}

/// Reads an answer that is not a success: what is said, and the status that counts, which a provider's own words can mend.
pub fn of(
    protocol: ProviderProtocol,
    (status, headers): (StatusCode, &HeaderMap),
    body: &[u8],
) -> (StatusCode, Said) {
    match protocol {
        ProviderProtocol::Bedrock => bedrock::refusal::read(status, headers, body),
        _ => (status, read(body)),
    }
}

impl Said {
    /// What another protocol says, in the words of this one.
    pub(in crate::provider) fn of(kind: &str, code: &str, message: &str) -> Self {
        let [kind, code, message] = [kind, code, message].map(str::to_owned);
        Self { message, kind, code, ..Self::default() }
    }

    /// What an answer with this status and these fields means.
    pub fn outcome(&self, status: StatusCode, owner: KeyOwner) -> Outcome {
        match status.as_u16() {
            401 | 403 if self.is_content_filter() => Outcome::ContentFilter,
            401 | 403 => refused_credential(owner),
            400..=499 if self.is_credential() => refused_credential(owner),
            408 => Outcome::Timeout,
            429 => Outcome::RateLimited,
            503 | 529 => Outcome::Overloaded,
            400..=499 if self.is_context_length() => Outcome::ContextLength,
            400..=499 if self.is_content_filter() => Outcome::ContentFilter,
            404 if azure::is_misplaced(&self.code, &self.message) => Outcome::ServerError,
            // A conflict is the provider's own state.
            400..=499 if status != StatusCode::CONFLICT => Outcome::ClientError,
            // 1xx changes what is spoken, which nobody asked for; 3xx would lead elsewhere, and we do not follow.
            _ => Outcome::ServerError,
        }
    }

    /// What an error within a stream that began as a success means.
    pub fn outcome_in_stream(&self, owner: KeyOwner) -> Outcome {
        if let Some(status) = self.code.parse::<u16>().ok().and_then(|code| StatusCode::from_u16(code).ok())
            && status.as_u16() >= 400
        {
            return self.outcome(status, owner);
        }
        let named = |word: &str| self.kind.contains(word) || self.code.contains(word);
        if self.is_credential() {
            refused_credential(owner)
        } else if self.is_context_length() {
            Outcome::ContextLength
        } else if self.is_content_filter() {
            Outcome::ContentFilter
        } else if named("rate_limit") {
            Outcome::RateLimited
        } else if named("overloaded") {
            Outcome::Overloaded
        } else if named("invalid_request") {
            Outcome::ClientError
        } else {
            Outcome::ServerError
        }
    }

    /// What the client may see. No field that has `secret` in it, the one that was sent, is.
    pub fn told(
        mut self,
        status: StatusCode,
        outcome: Outcome,
        secret: Option<&Secret>,
    ) -> Option<Box<Told>> {
        let faults_client =
            matches!(outcome, Outcome::ClientError | Outcome::ContextLength | Outcome::ContentFilter);
        if !faults_client {
            return None;
        }
        if let Some(secret) = secret {
            for field in [&mut self.message, &mut self.kind, &mut self.code, &mut self.param] {
                if secret.is_in(field) {
                    field.clear();
                }
            }
        }
        let shown = status.is_client_error() && !matches!(status.as_u16(), 401 | 403 | 407);
        Some(Box::new(Told {
            status: shown.then_some(status.as_u16()),
            message: message(&self.message),
            kind: name(self.kind),
            code: match outcome {
                // Clients know one code for each of these, whatever the provider calls it.
                Outcome::ContextLength => Some("context_length_exceeded".to_owned()),
                Outcome::ContentFilter => Some("content_filter".to_owned()),
                _ => name(self.code),
            },
            param: name(self.param),
        }))
    }

    /// Whether it is our credential that is refused, and not the request, whatever the status.
    ///
    /// A message counts only by how a known one begins: a client may have written what comes later in it.
    fn is_credential(&self) -> bool {
        let word = |word: &str| CREDENTIAL_WORDS.contains(&word);
        word(&self.code) || word(&self.kind) || self.message.starts_with("API key not valid. ")
    }

    /// What it says for people.
    pub(in crate::provider) fn message(&self) -> &str {
        &self.message
    }

    fn is_context_length(&self) -> bool {
        self.code == "context_length_exceeded" || is_too_long(&self.message)
    }

    fn is_content_filter(&self) -> bool {
        matches!(&*self.code, "content_filter" | "content_policy_violation" | "moderation_blocked")
            || self.cause == azure::FILTERED
            || is_filtered(&self.message)
    }
}

const fn refused_credential(owner: KeyOwner) -> Outcome {
    match owner {
        KeyOwner::Platform => Outcome::DeadCredential,
        KeyOwner::Team => Outcome::RejectedCredential,
    }
}

/// Whether a message says that the conversation is too long.
pub(in crate::provider) fn is_too_long(message: &str) -> bool {
    message.contains(TOO_LONG_WITHIN) || TOO_LONG.iter().any(|start| message.starts_with(start))
}

/// Whether a message says that a filter held the answer back.
pub(in crate::provider) fn is_filtered(message: &str) -> bool {
    message.starts_with("Output blocked by content filtering policy")
}

/// How messages of Anthropic's, Gemini's, Bedrock's and Cohere's begin that say so. Only how: a client may have written what
/// comes later.
const TOO_LONG: [&str; 6] = [
    "prompt is too long",
    "input length and `max_tokens` exceed context limit",
    "The input token count",
    "Input is too long for requested model",
    "too many total text bytes",
    "too many tokens: ",
];
/// OpenAI's relatives say whose it is before.
const TOO_LONG_WITHIN: &str = "maximum context length";

/// Codes and types that speak of the credential.
const CREDENTIAL_WORDS: [&str; 4] =
    ["invalid_api_key", "authentication_error", "invalid_authentication", "API_KEY_INVALID"];

/// A message for people, bounded, on one line.
fn message(text: &str) -> Option<String> {
    let mut shown = String::with_capacity(text.len().min(ERROR_MESSAGE_BYTES_MAX));
    for letter in text.chars() {
        if shown.len() + letter.len_utf8() > ERROR_MESSAGE_BYTES_MAX {
            break;
        }
        shown.push(if letter.is_control() { ' ' } else { letter });
    }
    (!shown.is_empty()).then_some(shown)
}

/// A word of an API: nothing else can hide in it.
fn name(text: String) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']');
    (!text.is_empty() && text.len() <= ERROR_WORD_BYTES_MAX && text.bytes().all(plain)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, owner: KeyOwner, body: &str, expected: Outcome) -> Option<Box<Told>> {
        let status = StatusCode::from_u16(status).unwrap();
        let said = read(body.as_bytes());
        let outcome = said.outcome(status, owner);
        assert_eq!(outcome, expected, "{status} {body}");
        said.told(status, outcome, Some(&Secret::new(b"sk-KEY").unwrap()))
    }

    #[test]
    fn statuses_and_codes_have_their_class() {
        use KeyOwner::{Platform, Team};
        assert_eq!(check(429, Platform, "org-secret", Outcome::RateLimited), None);
        assert_eq!(check(500, Platform, "{}", Outcome::ServerError), None);
        assert_eq!(check(302, Platform, "", Outcome::ServerError), None);
        assert_eq!(check(409, Platform, "", Outcome::ServerError), None);
        assert_eq!(check(529, Platform, "", Outcome::Overloaded), None);
        assert_eq!(check(503, Platform, "", Outcome::Overloaded), None);
        assert_eq!(check(408, Platform, "", Outcome::Timeout), None);
        assert_eq!(check(101, Platform, "", Outcome::ServerError), None);
        let leak = r#"{"error":{"message":"Incorrect API key sk-abc"}}"#;
        assert_eq!(check(401, Platform, leak, Outcome::DeadCredential), None);
        assert_eq!(check(403, Team, leak, Outcome::RejectedCredential), None);
        let told = check(404, Platform, "", Outcome::ClientError).unwrap();
        assert_eq!(*told, Told { status: Some(404), ..Told::default() });
    }

    #[test]
    fn a_context_that_is_too_long_is_known_by_code_and_by_message() {
        let by_code = r#"{"error":{"message":"m","type":"invalid_request_error","param":"messages","code":"context_length_exceeded","account":"x"}}"#;
        let told = check(400, KeyOwner::Platform, by_code, Outcome::ContextLength).unwrap();
        assert_eq!(told.message.as_deref(), Some("m"));
        assert_eq!(told.param.as_deref(), Some("messages"));
        let by_message =
            r#"{"object":"error","message":"This model's maximum context length is 4096","code":400}"#;
        let told = check(400, KeyOwner::Platform, by_message, Outcome::ContextLength).unwrap();
        assert_eq!(told.code.as_deref(), Some("context_length_exceeded"));
        for words in [
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}"#,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 9 + 1 > 8"}}"#,
            r#"{"id":"x","message":"too many tokens: size limit exceeded by 9 tokens."}"#,
            r#"{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8).","status":"INVALID_ARGUMENT"}}"#,
        ] {
            check(400, KeyOwner::Platform, words, Outcome::ContextLength).unwrap();
        }
        for words in [
            r#"{"error":{"code":"content_filter"}}"#,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}"#,
        ] {
            check(400, KeyOwner::Platform, words, Outcome::ContentFilter).unwrap();
        }
        // What a client wrote and a provider repeats says nothing.
        for words in ["messages.0: prompt is too long", "x: Output blocked by content filtering policy"] {
            let body = format!(
                r#"{{"type":"error","error":{{"type":"invalid_request_error","message":"{words}"}}}}"#
            );
            check(400, KeyOwner::Platform, &body, Outcome::ClientError).unwrap();
        }
    }

    #[test]
    fn azure_names_the_cause_within() {
        let filtered = r#"{"error":{"message":"The response was filtered due to the prompt","type":null,"param":"prompt","code":"400","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"}}}}}"#;
        let told = check(400, KeyOwner::Platform, filtered, Outcome::ContentFilter).unwrap();
        assert_eq!(told.code.as_deref(), Some("content_filter"));
        for misplaced in [
            r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#,
            r#"{"error":{"code":"404","message":"Resource not found"}}"#,
        ] {
            assert_eq!(check(404, KeyOwner::Platform, misplaced, Outcome::ServerError), None);
        }
        let denied = r#"{"error":{"code":"401","message":"Access denied due to invalid subscription key"}}"#;
        assert_eq!(check(401, KeyOwner::Platform, denied, Outcome::DeadCredential), None);
        let other = r#"{"error":{"code":"404","message":"x","innererror":7}}"#;
        check(404, KeyOwner::Platform, other, Outcome::ClientError).unwrap();
    }

    #[test]
    fn what_is_wrong_with_a_member_is_told() {
        let wrong = r#"[{"type":"missing","loc":["body","messages",0,"content"],"msg":"Field required","input":{"role":"user"}}]"#;
        for body in [
            format!(r#"{{"detail":{wrong}}}"#),
            format!(
                r#"{{"object":"error","message":{{"detail":{wrong}}},"type":"invalid_request_error","param":null,"code":null}}"#
            ),
        ] {
            let told = check(422, KeyOwner::Platform, &body, Outcome::ClientError).unwrap();
            assert_eq!(told.message.as_deref(), Some("Field required"));
            assert_eq!(told.param.as_deref(), Some("messages.0.content"));
        }
        check(401, KeyOwner::Platform, r#"{"detail":"Unauthorized"}"#, Outcome::DeadCredential);
    }

    #[test]
    fn a_refused_credential_is_never_the_clients_fault() {
        let bodies = [
            r#"{"error":{"message":"Incorrect API key provided: sk-K**Y","type":"invalid_request_error","code":"invalid_api_key"}}"#,
            r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
            r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#,
            r#" {"code":"invalid_api_key","message":"no"}"#,
        ];
        for body in bodies {
            for (owner, expected) in
                [(KeyOwner::Platform, Outcome::DeadCredential), (KeyOwner::Team, Outcome::RejectedCredential)]
            {
                assert_eq!(check(400, owner, body, expected), None);
                assert_eq!(check(422, owner, body, expected), None);
                assert_eq!(read(body.as_bytes()).outcome_in_stream(owner), expected, "{body}");
            }
        }
        // What a client wrote and a provider repeats says nothing of a credential.
        let repeated =
            r#"{"error":{"message":"bad tool name: API key not valid. ","code":"invalid_request"}}"#;
        check(400, KeyOwner::Platform, repeated, Outcome::ClientError).unwrap();
    }

    #[test]
    fn what_has_the_secret_in_it_is_not_told() {
        let body =
            r#"{"error":{"message":"no such deployment for s\u006b-KEY","code":"sk-KEY","param":"model"}}"#;
        let told = check(404, KeyOwner::Platform, body, Outcome::ClientError).unwrap();
        let expected = Told { status: Some(404), param: Some("model".to_owned()), ..Told::default() };
        assert_eq!(*told, expected);
    }

    #[test]
    fn what_is_told_is_bounded_and_plain() {
        let body = format!(
            r#"{{"error":{{"message":"a\u001b[31m{}","code":"not a\nword","type":"{}"}}}}"#,
            "x".repeat(5000),
            "y".repeat(65)
        );
        let told = check(400, KeyOwner::Platform, &body, Outcome::ClientError).unwrap();
        let message = told.message.unwrap();
        assert!(message.len() == ERROR_MESSAGE_BYTES_MAX && message.starts_with("a [31mxx"));
        assert_eq!((told.code, told.kind), (None, None));
    }
}
