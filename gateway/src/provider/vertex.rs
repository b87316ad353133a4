//! Gemini's and Anthropic's models on Google's Vertex AI: other addresses, and one member of a body.
//!
//! Whose protocol a model speaks, its name says ([`pointsman_schema::feature::spoken`]); requests, answers and streams are
//! those of [`super::gemini`] and [`super::anthropic`]. A message to Anthropic has its version in the body, and the
//! model in the path alone. **Source**: "Gemini API in Vertex AI" (v1, `projects.locations.publishers.models`), "Request
//! predictions with Claude models", and the client `AnthropicVertex` of Anthropic's Python SDK 2.13.

use bytes::Bytes;

use super::place::segment;
use crate::json::ModelAt;
use crate::operation::Operation;
use crate::upstream::payload::Edit;

/// Path and query of an operation. `base` ends in the project and the location.
pub(super) fn path(base: &str, model: &str, operation: Operation) -> String {
    // As Google's and Anthropic's own clients write it: a version stands after an `@`.
    let name = segment(model).replace("%40", "@");
    match operation {
        Operation::CountTokens => format!("{base}/publishers/anthropic/models/count-tokens:rawPredict"),
        Operation::Messages => format!("{base}/publishers/anthropic/models/{name}:rawPredict"),
        Operation::MessagesStream => format!("{base}/publishers/anthropic/models/{name}{}", operation.tail()),
        // Without `alt=sse` it would be one list, which ends only with the answer.
        Operation::GenerateStream => {
            format!("{base}/publishers/google/models/{name}{}?alt=sse", operation.tail())
        }
        _ => format!("{base}/publishers/google/models/{name}{}", operation.tail()),
    }
}

/// The version of Anthropic's API, as the member of a body that stands in the place of its model.
pub const ANTHROPIC_VERSION: (&str, &str) = ("anthropic_version", "vertex-2023-10-16");

/// What is changed in a body for Anthropic's own API so that it is one for Vertex; nothing where it is none.
pub(crate) fn edit(operation: Operation, (body, at): (&[u8], &ModelAt), name: &Bytes) -> Option<Edit> {
    let member = at.member(body)?;
    let (version, value) = ANTHROPIC_VERSION;
    let mut piece = format!("\"{version}\":\"{value}\"").into_bytes();
    if operation == Operation::CountTokens {
        piece.extend_from_slice(b",\"model\":");
        piece.extend_from_slice(name);
    }
    Some((member, Bytes::from(piece)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::upstream::payload::Payload;

    fn check(model: &str, operation: Operation, expected: &str) {
        let path = path("/v1/projects/p/locations/l", model, operation);
        assert_eq!(path.strip_prefix("/v1/projects/p/locations/l/publishers/"), Some(expected));
    }

    #[test]
    fn models_stand_below_their_publishers() {
        use Operation::{CountTokens, GeminiCountTokens, Generate, GenerateStream, Messages, MessagesStream};
        check("gemini-2.5-pro", Generate, "google/models/gemini-2.5-pro:generateContent");
        check("gemini-2.5-pro", GenerateStream, "google/models/gemini-2.5-pro:streamGenerateContent?alt=sse");
        check("gemini-2.5-pro", GeminiCountTokens, "google/models/gemini-2.5-pro:countTokens");
        let claude = "claude-sonnet-4-5@20250929";
        check(claude, Messages, "anthropic/models/claude-sonnet-4-5@20250929:rawPredict");
        check(claude, MessagesStream, "anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict");
        check(claude, CountTokens, "anthropic/models/count-tokens:rawPredict");
        check("claude/../x", Messages, "anthropic/models/claude%2F..%2Fx:rawPredict");
    }

    fn check_edit(operation: Operation, body: &str, expected: &str) {
        let asked = json::read(body.as_bytes(), operation, None).unwrap();
        let name = Bytes::from_static(b"\"claude@1\"");
        let edit = edit(operation, (body.as_bytes(), &asked.model_at), &name);
        let sent = Payload::edited(&Bytes::copy_from_slice(body.as_bytes()), [edit]);
        let sent = format!("{sent:?}");
        assert!(sent.contains(&format!("{expected:?}")), "{sent}");
    }

    #[test]
    fn a_version_stands_in_the_place_of_the_model() {
        use Operation::{CountTokens, Messages};
        let version = r#""anthropic_version":"vertex-2023-10-16""#;
        check_edit(Messages, r#"{"model":"m","max_tokens":1}"#, &format!(r#"{{{version},"max_tokens":1}}"#));
        check_edit(Messages, r#"{ "a":1, "mod\u0065l" : "m" }"#, &format!(r#"{{ "a":1, {version} }}"#));
        check_edit(CountTokens, r#"{"model":"m"}"#, &format!(r#"{{{version},"model":"claude@1"}}"#));
    }
}
