//! Answers in Gemini's format of contents.
//!
//! Written to what the official clients parse. Not a model of the whole API; only `generateContent` and
//! `streamGenerateContent`. A call of a function comes whole, as Gemini sends it, however many pieces other formats cut it
//! into.
//!
//! **Source**: the Gemini API's reference, `GenerateContentResponse`, and Google's `google.rpc.Status`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::openai::event;
use super::{
    dialect::Failure,
    reply::{Content, Reply},
};

/// The whole answer.
pub(crate) fn whole(reply: &Reply) -> Value {
    let part = match &reply.content {
        Content::Text(_) => json!({"text": reply.content.joined()}),
        Content::ToolCall { name, .. } => call(reply, name),
    };
    response(reply, &part, true)
}

/// The answer as stream events; nothing marks the end but the reason to finish.
pub(crate) fn events(reply: &Reply) -> Vec<Bytes> {
    let parts: Vec<Value> = match &reply.content {
        Content::Text(pieces) => pieces.iter().map(|piece| json!({"text": piece})).collect(),
        Content::ToolCall { name, .. } => vec![call(reply, name)],
    };
    let last = parts.len();
    parts.iter().zip(1..).map(|(part, number)| event(&response(reply, part, number == last))).collect()
}

/// The body of an error answer.
pub(crate) fn error(failure: &Failure) -> Value {
    let status = match failure.status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        504 => "DEADLINE_EXCEEDED",
        501.. => "UNAVAILABLE",
        _ => "INVALID_ARGUMENT",
    };
    json!({"error": {"code": failure.status, "message": failure.message, "status": status}})
}

/// An error inside a stream that has begun.
pub(crate) fn error_event() -> Bytes {
    event(&error(&Failure::new(503, "The model is overloaded (demo fault)")))
}

fn response(reply: &Reply, part: &Value, is_last: bool) -> Value {
    let mut candidate = json!({"content": {"role": "model", "parts": [part]}, "index": 0});
    if let (true, Some(fields)) = (is_last, candidate.as_object_mut()) {
        fields.insert("finishReason".to_owned(), json!("STOP"));
    }
    json!({
        "candidates": [candidate],
        "usageMetadata": {
            "promptTokenCount": reply.input_tokens,
            "candidatesTokenCount": reply.output_tokens,
            "totalTokenCount": reply.input_tokens.saturating_add(reply.output_tokens),
        },
        "modelVersion": reply.model,
        "responseId": format!("demo{:010}", reply.number),
    })
}

fn call(reply: &Reply, name: &str) -> Value {
    let arguments: Value = serde_json::from_str(&reply.content.joined()).unwrap_or_else(|_| json!({}));
    json!({"functionCall": {"id": format!("call_demo{:010}", reply.number), "name": name, "args": arguments}})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the parts that a stream brings, and that only the last one ends it.
    fn check(content: Content, parts: &[Value]) {
        let reply = Reply {
            number: 1,
            model: "g".to_owned(),
            created_s: 5,
            content,
            input_tokens: 3,
            output_tokens: 2,
        };
        let mut seen = Vec::new();
        let mut finished = Vec::new();
        for event in events(&reply) {
            let data = std::str::from_utf8(&event).unwrap().strip_prefix("data: ").unwrap();
            let data: Value = serde_json::from_str(data).unwrap();
            let candidate = &data["candidates"][0];
            seen.push(candidate["content"]["parts"][0].clone());
            finished.push(candidate["finishReason"] == "STOP");
            assert_eq!(data["usageMetadata"]["totalTokenCount"], 5);
        }
        assert_eq!(seen, parts);
        assert_eq!(finished.iter().position(|is_last| *is_last), Some(parts.len() - 1));
        assert_eq!(whole(&reply)["candidates"][0]["finishReason"], "STOP");
    }

    #[test]
    fn words_come_in_pieces_and_calls_whole() {
        check(
            Content::Text(vec!["a ".to_owned(), "b".to_owned()]),
            &[json!({"text": "a "}), json!({"text": "b"})],
        );
        let arguments = vec![r#"{"city""#.to_owned(), r#":"Paris"}"#.to_owned()];
        let call = json!({"id": "call_demo0000000001", "name": "t", "args": {"city": "Paris"}});
        check(Content::ToolCall { name: "t".to_owned(), arguments }, &[json!({"functionCall": call})]);
    }

    #[test]
    fn errors_carry_googles_statuses() {
        assert_eq!(error(&Failure::new(429, "m"))["error"]["status"], "RESOURCE_EXHAUSTED");
        assert_eq!(error(&Failure::new(503, "m"))["error"]["status"], "UNAVAILABLE");
        assert_eq!(error(&Failure::new(400, "m"))["error"]["code"], 400);
    }
}
