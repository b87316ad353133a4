//! Answers in the format of OpenAI's responses.
//!
//! Written to what the official clients parse. Not a model of the whole API: nothing is stored, whatever a request says.
//!
//! **Source**: OpenAI's published description of its API, `Response` and `ResponseStreamEvent`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    dialect::Failure,
    openai,
    reply::{Content, Reply},
};

/// The whole answer.
pub(crate) fn whole(reply: &Reply) -> Value {
    response(reply, "completed", &json!([item(reply, &reply.content.joined(), "completed")]))
}

/// The answer as stream events, each with its number.
pub(crate) fn events(reply: &Reply) -> Vec<Bytes> {
    let text = reply.content.joined();
    let begun = response(reply, "in_progress", &json!([]));
    let mut events = vec![
        json!({"type": "response.created", "response": begun}),
        json!({"type": "response.in_progress", "response": begun}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": item(reply, "", "in_progress")}),
    ];
    events.extend(match &reply.content {
        Content::Text(pieces) => words(reply, pieces, &text),
        Content::ToolCall { name, arguments } => call(reply, name, arguments, &text),
    });
    let done = item(reply, &text, "completed");
    events.push(json!({"type": "response.output_item.done", "output_index": 0, "item": done}));
    events.push(json!({"type": "response.completed", "response": whole(reply)}));
    events.iter_mut().zip(0_u64..).map(|(data, number)| event(data, number)).collect()
}

/// An error inside a stream that has begun.
pub(crate) fn error_event() -> Bytes {
    let failure = Failure::new(500, "The server had an error while processing your request (demo fault)");
    let said = openai::error(&failure);
    let said = said.get("error").unwrap_or(&Value::Null);
    let mut data = json!({
        "type": "error",
        "code": said.get("type"),
        "message": failure.message,
        "param": null,
    });
    event(&mut data, 0)
}

fn words(reply: &Reply, pieces: &[String], text: &str) -> Vec<Value> {
    let of = |kind: &str, name: &str, value: Value| {
        let mut event = json!({"type": kind, "item_id": id(reply), "output_index": 0, "content_index": 0});
        if let Some(fields) = event.as_object_mut() {
            fields.insert(name.to_owned(), value);
            if kind.starts_with("response.output_text") {
                fields.insert("logprobs".to_owned(), json!([]));
            }
        }
        event
    };
    let mut events = vec![of("response.content_part.added", "part", part(""))];
    events.extend(pieces.iter().map(|piece| of("response.output_text.delta", "delta", json!(piece))));
    events.push(of("response.output_text.done", "text", json!(text)));
    events.push(of("response.content_part.done", "part", part(text)));
    events
}

fn call(reply: &Reply, name: &str, pieces: &[String], text: &str) -> Vec<Value> {
    let place = json!({"item_id": id(reply), "output_index": 0});
    let of = |kind: &str, more: Value| {
        let mut event = place.clone();
        if let (Some(fields), Value::Object(more)) = (event.as_object_mut(), more) {
            fields.insert("type".to_owned(), json!(kind));
            fields.extend(more);
        }
        event
    };
    let mut events: Vec<Value> = pieces
        .iter()
        .map(|piece| of("response.function_call_arguments.delta", json!({"delta": piece})))
        .collect();
    let done = json!({"arguments": text, "name": name});
    events.push(of("response.function_call_arguments.done", done));
    events
}

/// The one item of an answer, with as much of its text as there is.
fn item(reply: &Reply, text: &str, status: &str) -> Value {
    match &reply.content {
        Content::Text(_) => {
            let content = if status == "completed" { json!([part(text)]) } else { json!([]) };
            json!({"type": "message", "id": id(reply), "role": "assistant", "status": status, "content": content})
        }
        Content::ToolCall { name, .. } => json!({
            "type": "function_call",
            "id": id(reply),
            "call_id": format!("call_demo{:010}", reply.number),
            "name": name,
            "arguments": text,
            "status": status,
        }),
    }
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn response(reply: &Reply, status: &str, output: &Value) -> Value {
    let usage = json!({
        "input_tokens": reply.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": reply.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": reply.input_tokens.saturating_add(reply.output_tokens),
    });
    json!({
        "id": format!("resp_demo{:010}", reply.number),
        "object": "response",
        "created_at": reply.created_s,
        "status": status,
        "error": null,
        "incomplete_details": null,
        "instructions": null,
        "metadata": {},
        "model": reply.model,
        "output": output,
        "parallel_tool_calls": true,
        "temperature": null,
        "tool_choice": "auto",
        "tools": [],
        "top_p": null,
        "store": false,
        "usage": if status == "completed" { usage } else { Value::Null },
    })
}

fn id(reply: &Reply) -> String {
    let kind = match &reply.content {
        Content::Text(_) => "msg",
        Content::ToolCall { .. } => "fc",
    };
    format!("{kind}_demo{:010}", reply.number)
}

/// An event is named after the `type` of its data.
fn event(data: &mut Value, number: u64) -> Bytes {
    if let Some(fields) = data.as_object_mut() {
        fields.insert("sequence_number".to_owned(), json!(number));
    }
    let name = data.get("type").and_then(Value::as_str).unwrap_or("error");
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the names of a stream's events, that they are numbered, and that the deltas are the whole.
    fn check(content: Content, names: &[&str], text: &str) {
        let reply = Reply {
            number: 1,
            model: "m".to_owned(),
            created_s: 5,
            content,
            input_tokens: 3,
            output_tokens: 2,
        };
        let (mut seen, mut joined) = (Vec::new(), String::new());
        for (event, number) in events(&reply).iter().zip(0_u64..) {
            let event = std::str::from_utf8(event).unwrap();
            let (head, data) = event.trim_end().split_once('\n').unwrap();
            let name = head.strip_prefix("event: response.").unwrap();
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(data["sequence_number"], number);
            joined += data["delta"].as_str().unwrap_or_default();
            if name == "completed" {
                assert_eq!(data["response"], whole(&reply));
            }
            seen.push(name.to_owned());
        }
        assert_eq!((seen.join(" "), joined.as_str()), (names.join(" "), text));
    }

    const OPENING: [&str; 3] = ["created", "in_progress", "output_item.added"];
    const ENDING: [&str; 2] = ["output_item.done", "completed"];

    #[test]
    fn streams_open_carry_and_close_one_item() {
        let text = [
            "content_part.added",
            "output_text.delta",
            "output_text.delta",
            "output_text.done",
            "content_part.done",
        ];
        let words = Content::Text(vec!["a ".to_owned(), "b".to_owned()]);
        check(words, &[&OPENING[..], &text, &ENDING].concat(), "a b");
        let delta = "function_call_arguments.delta";
        let call = [delta, delta, "function_call_arguments.done"];
        let arguments = vec![r#"{"city""#.to_owned(), r#":"Paris"}"#.to_owned()];
        let content = Content::ToolCall { name: "t".to_owned(), arguments };
        check(content, &[&OPENING[..], &call, &ENDING].concat(), r#"{"city":"Paris"}"#);
    }
}
