//! A request in Gemini's format, as the messages and tools that the other two have in common.
//!
//! Only what shapes an answer is carried over, and everything is taken as it is: not a validator of requests.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Message, at};

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    contents: Vec<Value>,
    #[serde(default)]
    tools: Vec<Value>,
    #[serde(default, rename = "toolConfig")]
    tool_config: Value,
}

/// Reads a body whose path names the model and says whether it streams.
pub(super) fn read(body: &[u8], model: &str, stream: bool) -> serde_json::Result<Body> {
    let read: Request = serde_json::from_slice(body)?;
    let declared =
        read.tools.iter().filter_map(|tool| at(tool, "/functionDeclarations").as_array()).flatten();
    Ok(Body {
        model: model.to_owned(),
        stream,
        stream_options: None,
        messages: read.contents.iter().map(message).collect(),
        tools: Some(declared.map(tool).collect()),
        tool_choice: choice(at(&read.tool_config, "/functionCallingConfig")),
    })
}

fn message(content: &Value) -> Message {
    let role = match at(content, "/role").as_str() {
        Some("model") => "assistant",
        _ => "user",
    };
    let parts = at(content, "/parts").as_array().into_iter().flatten().map(|part| {
        match part.get("functionResponse") {
            Some(_) => json!({"type": "tool_result"}),
            None => part.clone(),
        }
    });
    Message { role: role.to_owned(), content: parts.collect() }
}

fn tool(declared: &Value) -> Value {
    let schema = declared.get("parametersJsonSchema").or_else(|| declared.get("parameters"));
    json!({"name": at(declared, "/name"), "input_schema": schema})
}

fn choice(config: &Value) -> Value {
    match (at(config, "/mode").as_str(), at(config, "/allowedFunctionNames/0")) {
        (Some("ANY"), Value::String(name)) => json!({"type": "tool", "name": name}),
        (Some("ANY"), _) => json!({"type": "any"}),
        (Some("NONE"), _) => json!({"type": "none"}),
        _ => Value::Null,
    }
}
