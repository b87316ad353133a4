//! Answers in Anthropic's Messages format.
//!
//! Written to what the official clients parse. Not a model of the whole API; only `/v1/messages`. The figures in
//! `message_delta` are cumulative, as Anthropic sends them: the last one counts, they are never added up.
//!
//! **Source**: Anthropic's Messages API reference, "Streaming Messages" and "Errors".

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    dialect::Failure,
    reply::{Content, Reply},
};

/// The whole answer.
pub(crate) fn whole(reply: &Reply) -> Value {
    let (block, stop_reason) = match &reply.content {
        Content::Text(_) => (json!({"type": "text", "text": reply.content.joined()}), "end_turn"),
        Content::ToolCall { name, .. } => {
            let input: Value = serde_json::from_str(&reply.content.joined()).unwrap_or_else(|_| json!({}));
            (json!({"type": "tool_use", "id": call_id(reply), "name": name, "input": input}), "tool_use")
        }
    };
    envelope(reply, &json!([block]), &json!(stop_reason), reply.output_tokens)
}

/// The answer as stream events.
pub(crate) fn events(reply: &Reply) -> Vec<Bytes> {
    let (opening, stop_reason) = match &reply.content {
        Content::Text(_) => (json!({"type": "text", "text": ""}), "end_turn"),
        Content::ToolCall { name, .. } => {
            (json!({"type": "tool_use", "id": call_id(reply), "name": name, "input": {}}), "tool_use")
        }
    };
    let delta = |piece: &String| match &reply.content {
        Content::Text(_) => json!({"type": "text_delta", "text": piece}),
        Content::ToolCall { .. } => json!({"type": "input_json_delta", "partial_json": piece}),
    };
    let mut events = vec![
        event(&json!({"type": "message_start", "message": envelope(reply, &json!([]), &Value::Null, 1)})),
        event(&json!({"type": "content_block_start", "index": 0, "content_block": opening})),
        event(&json!({"type": "ping"})),
    ];
    events.extend(
        reply
            .content
            .pieces()
            .iter()
            .map(|piece| event(&json!({"type": "content_block_delta", "index": 0, "delta": delta(piece)}))),
    );
    events.push(event(&json!({"type": "content_block_stop", "index": 0})));
    events.push(event(&json!({
        "type": "message_delta",
        "delta": {"stop_reason": stop_reason, "stop_sequence": null},
        "usage": {"output_tokens": reply.output_tokens},
    })));
    events.push(event(&json!({"type": "message_stop"})));
    events
}

/// The body of an error answer.
pub(crate) fn error(failure: &Failure, number: u64) -> Value {
    let kind = match failure.status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    json!({
        "type": "error",
        "error": {"type": kind, "message": failure.message},
        "request_id": format!("req_demo{number:010}"),
    })
}

/// An error inside a stream that has begun.
pub(crate) fn error_event(number: u64) -> Bytes {
    event(&error(&Failure::new(529, "Overloaded (demo fault)"), number))
}

/// A message, whole or (without content) as `message_start` opens it.
fn envelope(reply: &Reply, content: &Value, stop_reason: &Value, output_tokens: u64) -> Value {
    json!({
        "id": format!("msg_demo{:010}", reply.number),
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": {
            "input_tokens": reply.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": output_tokens,
            "service_tier": "standard",
        },
    })
}

fn call_id(reply: &Reply) -> String {
    format!("toolu_demo{:010}", reply.number)
}

/// An event is named after the `type` of its data.
fn event(data: &Value) -> Bytes {
    let name = data.get("type").and_then(Value::as_str).unwrap_or("error");
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the names of a stream's events, and that a client which joins the deltas gets `text`.
    fn check(content: Content, names: &[&str], text: &str) {
        let output_tokens = u64::try_from(content.pieces().len()).unwrap();
        let reply =
            Reply { number: 1, model: "c".to_owned(), created_s: 5, content, input_tokens: 3, output_tokens };
        let mut seen = Vec::new();
        let mut joined = String::new();
        for event in events(&reply) {
            let event = std::str::from_utf8(&event).unwrap();
            let (head, data) = event.trim_end().split_once('\n').unwrap();
            let name = head.strip_prefix("event: ").unwrap();
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(data["type"], name);
            let delta = &data["delta"];
            joined += delta["text"].as_str().or_else(|| delta["partial_json"].as_str()).unwrap_or_default();
            if name == "message_delta" {
                assert_eq!(
                    data["usage"]["output_tokens"], output_tokens,
                    "the last figure counts everything"
                );
                assert_eq!(delta["stop_reason"], whole(&reply)["stop_reason"]);
            }
            seen.push(name.to_owned());
        }
        assert_eq!((seen.join(" "), joined.as_str()), (names.join(" "), text));
    }

    const AROUND: [&str; 6] = [
        "message_start",
        "content_block_start",
        "ping",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ];

    #[test]
    fn streams_open_carry_and_close_one_block() {
        let names = [&AROUND[..3], &["content_block_delta"; 2], &AROUND[3..]].concat();
        check(Content::Text(vec!["a ".to_owned(), "b".to_owned()]), &names, "a b");
        let arguments = vec![r#"{"city""#.to_owned(), r#":"Paris"}"#.to_owned()];
        check(Content::ToolCall { name: "t".to_owned(), arguments }, &names, r#"{"city":"Paris"}"#);
    }

    #[test]
    fn errors_carry_anthropic_types() {
        assert_eq!(error(&Failure::new(529, "m"), 4)["error"]["type"], "overloaded_error");
        assert_eq!(error(&Failure::new(401, "m"), 4)["error"]["type"], "authentication_error");
        assert_eq!(error(&Failure::new(400, "m"), 4)["request_id"], "req_demo0000000004");
    }
}
