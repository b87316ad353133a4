//! What a caller asked for, read from any of the wire formats into one value.
//!
//! Only the few fields that shape the answer are read; everything else in the body is accepted and ignored, as providers
//! do with fields that they do not know. Not a validator of requests. The invariant: every string kept here is bounded.
//!
//! Read next: [`super::reply`], which invents the answer.

mod contents;
mod input;

use serde::Deserialize;
use serde_json::Value;

use super::{
    dialect::{Dialect, InPath},
    limits,
};

/// One request for an answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Ask {
    /// The model asked for.
    pub(crate) model: String,
    /// Whether the answer comes as a stream of events.
    pub(crate) stream: bool,
    /// Whether a stream of the OpenAI kind ends with a chunk that counts tokens.
    pub(crate) include_usage: bool,
    /// The beginning of the caller's last words.
    pub(crate) last_words: String,
    /// The tool that the answer should call.
    pub(crate) tool: Option<Tool>,
    /// **Unit**: tokens, by the rule of thumb of four bytes each.
    pub(crate) input_tokens: u64,
}

/// A tool that the caller offered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tool {
    /// Its name.
    pub(crate) name: String,
    /// The JSON Schema of its arguments.
    pub(crate) schema: Value,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    model: String,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    #[serde(default)]
    messages: Vec<Message>,
    #[serde(default)]
    tools: Option<Vec<Value>>,
    #[serde(default)]
    tool_choice: Value,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    #[serde(default)]
    content: Value,
}

impl Ask {
    /// Reads a request body; the error is what a 400 says.
    pub(crate) fn parse(dialect: Dialect, in_path: Option<InPath<'_>>, body: &[u8]) -> Result<Self, String> {
        let read = match in_path {
            Some(InPath { model, stream }) => contents::read(body, model, stream),
            None if dialect == Dialect::Responses => input::read(body),
            None => serde_json::from_slice(body),
        };
        let read: Body =
            read.map_err(|error| format!("We could not parse the JSON body of your request: {error}"))?;
        if read.model.is_empty() {
            return Err("you must provide a model parameter".to_owned());
        }
        if read.messages.is_empty() {
            return Err("messages: at least one message is required".to_owned());
        }
        let tool = wanted_tool(dialect, &read);
        Ok(Self {
            model: clip(&read.model, limits::MODEL_NAME_BYTES_MAX),
            stream: read.stream,
            include_usage: read.stream_options.is_some_and(|options| options.include_usage),
            last_words: last_words(&read.messages),
            tool,
            input_tokens: u64::try_from(body.len() / 4).unwrap_or(u64::MAX).saturating_add(1),
        })
    }
}

/// The tool to call: forced by `tool_choice`, named in the caller's last words, or any when they speak of the weather.
fn wanted_tool(dialect: Dialect, body: &Body) -> Option<Tool> {
    let last = body.messages.last()?;
    let answers_a_tool =
        last.role == "tool" || parts(&last.content).any(|part| at(part, "/type") == "tool_result");
    if last.role != "user"
        || answers_a_tool
        || body.tool_choice == "none"
        || at(&body.tool_choice, "/type") == "none"
    {
        return None;
    }
    let offered: Vec<Tool> =
        body.tools.iter().flatten().filter_map(|tool| read_tool(dialect, tool)).take(128).collect();
    let choice = &body.tool_choice;
    let named = at(choice, "/function/name").as_str().or_else(|| at(choice, "/name").as_str());
    let forced = named.is_some() || choice == "required" || at(choice, "/type") == "any";
    let words = text_of(&last.content).to_lowercase();
    let chosen = match named {
        Some(name) => offered.iter().find(|tool| tool.name == name),
        None => offered
            .iter()
            .find(|tool| words.contains(&tool.name.to_lowercase()))
            .or_else(|| (forced || words.contains("weather")).then(|| offered.first()).flatten()),
    };
    chosen.cloned()
}

fn read_tool(dialect: Dialect, tool: &Value) -> Option<Tool> {
    let (name, schema) = match dialect {
        Dialect::OpenAi => (at(tool, "/function/name"), at(tool, "/function/parameters")),
        Dialect::Responses => (at(tool, "/name"), at(tool, "/parameters")),
        Dialect::Anthropic | Dialect::Gemini => (at(tool, "/name"), at(tool, "/input_schema")),
    };
    let name = clip(name.as_str().filter(|name| !name.is_empty())?, 128);
    Some(Tool { name, schema: schema.clone() })
}

fn last_words(messages: &[Message]) -> String {
    let Some(last) = messages.iter().rev().find(|message| message.role == "user") else {
        return String::new();
    };
    text_of(&last.content).chars().take(limits::ECHO_CHARS_MAX).collect()
}

/// The text of a message: a string, or the text parts of a list.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(_) => {
            parts(content).filter_map(|part| at(part, "/text").as_str()).collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

fn parts(content: &Value) -> impl Iterator<Item = &Value> {
    content.as_array().into_iter().flatten()
}

/// The value at a JSON pointer; null where there is none.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// At most `bytes_max` bytes of a text, cut between characters.
fn clip(text: &str, bytes_max: usize) -> String {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks model, last words and the tool to call.
    fn check(dialect: Dialect, body: &str, expected: Result<(&str, &str, Option<&str>), &str>) {
        let in_path = (dialect == Dialect::Gemini).then_some(InPath { model: "g", stream: false });
        match (Ask::parse(dialect, in_path, body.as_bytes()), expected) {
            (Ok(ask), Ok((model, words, tool))) => {
                let called = ask.tool.as_ref().map(|tool| tool.name.as_str());
                assert_eq!(
                    (ask.model.as_str(), ask.last_words.as_str(), called),
                    (model, words, tool),
                    "{body}"
                );
            }
            (Err(error), Err(part)) => assert!(error.contains(part), "{body}: {error}"),
            (got, wanted) => panic!("{body}: {got:?}, expected {wanted:?}"),
        }
    }

    #[test]
    fn openai_requests_are_read() {
        let tools = r#""tools":[{"type":"function","function":{"name":"look_up","parameters":{}}}]"#;
        let ask = |content: &str, more: &str| {
            format!(r#"{{"model":"m","messages":[{{"role":"user","content":{content}}}]{more}}}"#)
        };
        check(Dialect::OpenAi, &ask(r#""hi""#, ""), Ok(("m", "hi", None)));
        check(
            Dialect::OpenAi,
            &ask(r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, ""),
            Ok(("m", "a b", None)),
        );
        check(Dialect::OpenAi, &ask(r#""hi""#, &format!(",{tools}")), Ok(("m", "hi", None)));
        check(
            Dialect::OpenAi,
            &ask(r#""Weather?""#, &format!(",{tools}")),
            Ok(("m", "Weather?", Some("look_up"))),
        );
        check(
            Dialect::OpenAi,
            &ask(r#""use look_up""#, &format!(",{tools}")),
            Ok(("m", "use look_up", Some("look_up"))),
        );
        let required = format!(r#",{tools},"tool_choice":"required""#);
        check(Dialect::OpenAi, &ask(r#""hi""#, &required), Ok(("m", "hi", Some("look_up"))));
        let refused = format!(r#",{tools},"tool_choice":"none""#);
        check(Dialect::OpenAi, &ask(r#""weather""#, &refused), Ok(("m", "weather", None)));
    }

    #[test]
    fn anthropic_requests_are_read() {
        let tools = r#""tools":[{"name":"get_weather","input_schema":{"type":"object"}}]"#;
        let asks = format!(r#"{{"model":"c","messages":[{{"role":"user","content":"weather"}}],{tools}}}"#);
        check(Dialect::Anthropic, &asks, Ok(("c", "weather", Some("get_weather"))));
        let result =
            r#"[{"type":"tool_result","tool_use_id":"t","content":"18"},{"type":"text","text":"weather"}]"#;
        let answered =
            format!(r#"{{"model":"c","messages":[{{"role":"user","content":{result}}}],{tools}}}"#);
        check(Dialect::Anthropic, &answered, Ok(("c", "weather", None)));
    }

    #[test]
    fn responses_requests_are_read() {
        let tools = r#""tools":[{"type":"function","name":"get_weather","parameters":{}}]"#;
        let ask = |input: &str, more: &str| format!(r#"{{"model":"m","input":{input},{tools}{more}}}"#);
        let check = |body: &str, words: &str, tool| check(Dialect::Responses, body, Ok(("m", words, tool)));
        check(&ask(r#""hi""#, ""), "hi", None);
        let item = r#"{"role":"user","content":[{"type":"input_text","text":"weather"}]}"#;
        check(&ask(&format!("[{item}]"), ""), "weather", Some("get_weather"));
        check(&ask(r#""hi""#, r#","tool_choice":"required""#), "hi", Some("get_weather"));
        let result = r#"{"type":"function_call_output","call_id":"c","output":"18"}"#;
        check(&ask(&format!("[{item},{result}]"), ""), "weather", None);
    }

    #[test]
    fn gemini_requests_are_read() {
        let tools =
            r#""tools":[{"functionDeclarations":[{"name":"get_weather","parametersJsonSchema":{}}]}]"#;
        let ask = |parts: &str, more: &str| {
            format!(r#"{{"contents":[{{"role":"user","parts":[{parts}]}}],{tools}{more}}}"#)
        };
        let check = |body: &str, words: &str, tool| check(Dialect::Gemini, body, Ok(("g", words, tool)));
        check(&ask(r#"{"text":"a"},{"text":"b"}"#, ""), "a b", None);
        check(&ask(r#"{"text":"weather"}"#, ""), "weather", Some("get_weather"));
        let mode = |mode: &str| format!(r#","toolConfig":{{"functionCallingConfig":{{"mode":"{mode}"}}}}"#);
        check(&ask(r#"{"text":"hi"}"#, &mode("ANY")), "hi", Some("get_weather"));
        check(&ask(r#"{"text":"weather"}"#, &mode("NONE")), "weather", None);
        let result = r#"{"functionResponse":{"name":"get_weather","response":{}}},{"text":"weather"}"#;
        check(&ask(result, ""), "weather", None);
    }

    #[test]
    fn what_cannot_be_answered_is_refused() {
        check(Dialect::OpenAi, "{", Err("could not parse"));
        check(Dialect::OpenAi, r#"{"messages":[]}"#, Err("model"));
        check(Dialect::OpenAi, r#"{"model":"m","messages":[]}"#, Err("at least one message"));
    }

    #[test]
    fn long_words_are_clipped() {
        let long = "é".repeat(1_000);
        let body = format!(r#"{{"model":"{long}","messages":[{{"role":"user","content":"{long}"}}]}}"#);
        let ask = Ask::parse(Dialect::OpenAi, None, body.as_bytes()).unwrap();
        assert_eq!(ask.model.len(), limits::MODEL_NAME_BYTES_MAX);
        assert_eq!(ask.last_words.chars().count(), limits::ECHO_CHARS_MAX);
    }
}
