//! A request of OpenAI's responses, as the messages that chat completions have.
//!
//! Only what shapes an answer is carried over, and everything is taken as it is: not a validator of requests.

use serde::Deserialize;
use serde_json::Value;

use super::{Body, Message, at};

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    model: String,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    input: Value,
    #[serde(default)]
    tools: Option<Vec<Value>>,
    #[serde(default)]
    tool_choice: Value,
}

/// Reads a body.
pub(super) fn read(body: &[u8]) -> serde_json::Result<Body> {
    let Request { model, stream, input, tools, tool_choice } = serde_json::from_slice(body)?;
    let messages = match input {
        Value::Array(items) => items.iter().map(message).collect(),
        Value::String(_) => vec![Message { role: "user".to_owned(), content: input }],
        _ => Vec::new(),
    };
    Ok(Body { model, stream, stream_options: None, messages, tools, tool_choice })
}

fn message(item: &Value) -> Message {
    let role = match (at(item, "/type").as_str(), at(item, "/role").as_str()) {
        (Some("function_call_output"), _) => "tool",
        (_, Some(role)) => role,
        _ => "assistant",
    };
    Message { role: role.to_owned(), content: at(item, "/content").clone() }
}
