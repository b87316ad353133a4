//! Answers in OpenAI's chat completions format.
//!
//! Written to what the official clients parse: field for field where they look, and nothing that they do not know. Not a
//! model of the whole API; only chat completions, errors and the list of models; [`super::responses`] is the other half.
//!
//! **Source**: OpenAI's published description of its API, `CreateChatCompletionResponse` and `CreateChatCompletionStreamResponse`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    dialect::Failure,
    reply::{Content, Reply},
};

/// The models that `GET /v1/models` lists. Requests may name any other, too: a demonstration should not fail on a name.
const MODELS: [&str; 6] = [
    "claude-sonnet-4-5",
    "codestral-latest",
    "gpt-4o",
    "gpt-4o-mini",
    "llama-3.3-70b",
    "mistral-large-latest",
];

/// The whole answer.
pub(crate) fn whole(reply: &Reply) -> Value {
    let (message, finish_reason) = match &reply.content {
        Content::Text(_) => (
            json!({"role": "assistant", "content": reply.content.joined(), "refusal": null, "annotations": []}),
            "stop",
        ),
        Content::ToolCall { name, .. } => {
            let function = json!({"name": name, "arguments": reply.content.joined()});
            let call = json!({"id": call_id(reply), "type": "function", "function": function});
            (
                json!({"role": "assistant", "content": null, "refusal": null, "tool_calls": [call]}),
                "tool_calls",
            )
        }
    };
    json!({
        "id": id(reply),
        "object": "chat.completion",
        "created": reply.created_s,
        "model": reply.model,
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason}],
        "usage": usage(reply),
        "service_tier": "default",
        "system_fingerprint": "fp_demo",
    })
}

/// The answer as stream events, `[DONE]` included.
pub(crate) fn events(reply: &Reply, include_usage: bool) -> Vec<Bytes> {
    let chunk = |delta: Value, finish_reason: Value| {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
        event(&stream_chunk(reply, &json!([choice]), include_usage.then_some(Value::Null)))
    };
    let mut events = Vec::new();
    let finish_reason = match &reply.content {
        Content::Text(pieces) => {
            events.push(chunk(json!({"role": "assistant", "content": "", "refusal": null}), Value::Null));
            events.extend(pieces.iter().map(|piece| chunk(json!({"content": piece}), Value::Null)));
            "stop"
        }
        Content::ToolCall { name, arguments } => {
            let function = json!({"name": name, "arguments": ""});
            let call = json!({"index": 0, "id": call_id(reply), "type": "function", "function": function});
            let first = json!({"role": "assistant", "content": null, "refusal": null, "tool_calls": [call]});
            events.push(chunk(first, Value::Null));
            events.extend(arguments.iter().map(|piece| {
                chunk(json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}), Value::Null)
            }));
            "tool_calls"
        }
    };
    events.push(chunk(json!({}), json!(finish_reason)));
    if include_usage {
        events.push(event(&stream_chunk(reply, &json!([]), Some(usage(reply)))));
    }
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

/// The body of an error answer.
pub(crate) fn error(failure: &Failure) -> Value {
    let (kind, code) = match failure.status {
        401 => ("invalid_request_error", Some("invalid_api_key")),
        403 => ("invalid_request_error", Some("unsupported_country_region_territory")),
        404 => ("invalid_request_error", Some("model_not_found")),
        429 => ("requests", Some("rate_limit_exceeded")),
        500.. => ("server_error", None),
        _ => ("invalid_request_error", None),
    };
    json!({"error": {"message": failure.message, "type": kind, "param": null, "code": failure.code.or(code)}})
}

/// An error inside a stream that has begun.
pub(crate) fn error_event() -> Bytes {
    event(&error(&Failure::new(500, "The server had an error while processing your request (demo fault)")))
}

/// The list of models.
pub(crate) fn models() -> Value {
    let model =
        |id: &&str| json!({"id": id, "object": "model", "created": 1_700_000_000, "owned_by": "demo"});
    json!({"object": "list", "data": MODELS.iter().map(model).collect::<Vec<_>>()})
}

fn stream_chunk(reply: &Reply, choices: &Value, usage: Option<Value>) -> Value {
    let mut chunk = json!({
        "id": id(reply),
        "object": "chat.completion.chunk",
        "created": reply.created_s,
        "model": reply.model,
        "service_tier": "default",
        "system_fingerprint": "fp_demo",
        "choices": choices,
    });
    if let (Some(usage), Some(fields)) = (usage, chunk.as_object_mut()) {
        fields.insert("usage".to_owned(), usage);
    }
    chunk
}

fn usage(reply: &Reply) -> Value {
    json!({
        "prompt_tokens": reply.input_tokens,
        "completion_tokens": reply.output_tokens,
        "total_tokens": reply.input_tokens.saturating_add(reply.output_tokens),
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

fn id(reply: &Reply) -> String {
    format!("chatcmpl-demo{:010}", reply.number)
}

fn call_id(reply: &Reply) -> String {
    format!("call_demo{:010}", reply.number)
}

/// One stream event that has no name.
pub(super) fn event(data: &Value) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(content: Content) -> Reply {
        Reply { number: 1, model: "m".to_owned(), created_s: 5, content, input_tokens: 3, output_tokens: 2 }
    }

    /// Checks the events of a stream by the part of each that matters: its choices (or usage).
    fn check(reply: &Reply, include_usage: bool, expected: &[&str]) {
        let seen: Vec<String> = events(reply, include_usage)
            .iter()
            .map(|event| {
                let text = std::str::from_utf8(event).unwrap();
                let data = text.strip_prefix("data: ").unwrap().strip_suffix("\n\n").unwrap();
                let Ok(chunk) = serde_json::from_str::<Value>(data) else { return data.to_owned() };
                assert_eq!(chunk.get("usage").is_some(), include_usage, "{chunk}");
                match chunk["choices"].get(0) {
                    Some(choice) => format!("{} {}", choice["delta"], choice["finish_reason"]),
                    None => chunk["usage"]["total_tokens"].to_string(),
                }
            })
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn text_streams_piece_by_piece() {
        let text = reply(Content::Text(vec!["a ".to_owned(), "b".to_owned()]));
        let opening = r#"{"content":"","refusal":null,"role":"assistant"} null"#;
        let pieces = [opening, r#"{"content":"a "} null"#, r#"{"content":"b"} null"#, r#"{} "stop""#];
        check(&text, false, &[&pieces[..], &["[DONE]"]].concat());
        check(&text, true, &[&pieces[..], &["5", "[DONE]"]].concat());
        assert_eq!(whole(&text)["choices"][0]["message"]["content"], "a b");
    }

    #[test]
    fn tool_calls_stream_their_arguments() {
        let content =
            Content::ToolCall { name: "t".to_owned(), arguments: vec!["{".to_owned(), "}".to_owned()] };
        let call = reply(content);
        check(
            &call,
            false,
            &[
                concat!(
                    r#"{"content":null,"refusal":null,"role":"assistant","tool_calls":[{"function":{"arguments":"","#,
                    r#""name":"t"},"id":"call_demo0000000001","index":0,"type":"function"}]} null"#
                ),
                r#"{"tool_calls":[{"function":{"arguments":"{"},"index":0}]} null"#,
                r#"{"tool_calls":[{"function":{"arguments":"}"},"index":0}]} null"#,
                r#"{} "tool_calls""#,
                "[DONE]",
            ],
        );
        assert_eq!(whole(&call)["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"], "{}");
    }

    #[test]
    fn errors_carry_openai_codes() {
        assert_eq!(error(&Failure::new(429, "m"))["error"]["code"], "rate_limit_exceeded");
        assert_eq!(error(&Failure::new(503, "m"))["error"]["type"], "server_error");
        let long = Failure { code: Some("context_length_exceeded"), ..Failure::new(400, "m") };
        assert_eq!(error(&long)["error"]["code"], "context_length_exceeded");
    }
}
