//! What the events of a streamed completion mean.
//!
//! Before the first content every event is read; after it, runs of events are only searched for the words that an end
//! marker or an error would have, and read where one is found.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::refusal::{Said, said};
use crate::sse;

/// What an event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A comment, a role, a usage: nothing that commits anyone.
    Preamble,
    /// Text, reasoning, a tool call or a refusal.
    Content,
    /// `[DONE]`.
    Done,
    /// An error in place of more.
    Error(Box<Said>),
}

/// What a run of events holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Only what can be passed on.
    Plain,
    /// The end marker.
    Done,
    /// An error, beginning at this byte of the run.
    Error {
        /// **Unit**: bytes.
        at: usize,
        /// What it says.
        said: Box<Said>,
    },
}

/// Reads one event.
pub fn event(event: &[u8]) -> Event {
    let Some(data) = sse::data(event) else { return Event::Preamble };
    if data.trim_ascii() == DONE.as_bytes() {
        return Event::Done;
    }
    let text = simdutf8::basic::from_utf8(&data).ok();
    let Some(chunk) = text.and_then(|text| serde_json::from_str::<Chunk<'_>>(text).ok()) else {
        return Event::Preamble;
    };
    if let Some(error) = chunk.error {
        return Event::Error(Box::new(said(error)));
    }
    let has_content = chunk.choices.iter().flatten().any(Choice::has_content);
    if has_content { Event::Content } else { Event::Preamble }
}

/// Searches a run of whole events.
pub fn run(run: &[u8]) -> Run {
    let suspicious = DONE_FINDER.find(run).is_some() || ERROR_FINDER.find(run).is_some();
    if !suspicious {
        return Run::Plain;
    }
    let mut at = 0;
    for one in sse::events(run) {
        match event(one) {
            Event::Done => return Run::Done,
            Event::Error(said) => return Run::Error { at, said },
            Event::Preamble | Event::Content => at += one.len(),
        }
    }
    Run::Plain
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    choices: Option<Vec<Choice<'a>>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, default)]
    delta: Option<Delta<'a>>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reasoning_content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow, default)]
    tool_calls: Option<&'a RawValue>,
    #[serde(borrow, default)]
    function_call: Option<&'a RawValue>,
    #[serde(borrow, default)]
    refusal: Option<&'a RawValue>,
    #[serde(borrow, default)]
    audio: Option<&'a RawValue>,
}

impl Choice<'_> {
    fn has_content(&self) -> bool {
        let Some(delta) = &self.delta else { return false };
        let Delta { content, reasoning_content, reasoning, tool_calls, function_call, refusal, audio } =
            delta;
        [content, reasoning_content, reasoning, tool_calls, function_call, refusal, audio]
            .into_iter()
            .flatten()
            .any(|value| !matches!(value.get(), "\"\"" | "[]" | "{}"))
    }
}

const DONE: &str = "[DONE]";
static DONE_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(DONE));
static ERROR_FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &str, expected: &str) {
        let seen = match event(format!("data: {data}\n\n").as_bytes()) {
            Event::Preamble => "preamble",
            Event::Content => "content",
            Event::Done => "done",
            Event::Error(_) => "error",
        };
        assert_eq!(seen, expected, "{data}");
    }

    #[test]
    fn events_have_their_kind() {
        check("[DONE]", "done");
        check(" [DONE] ", "done");
        check(r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#, "preamble");
        check(r#"{"choices":[{"delta":{"content":null,"tool_calls":[]}}]}"#, "preamble");
        check(r#"{"choices":[],"usage":{"total_tokens":3}}"#, "preamble");
        check(r#"{"choices":[{"delta":{"content":"x"}}]}"#, "content");
        check(r#"{"choices":[{"delta":{}},{"delta":{"reasoning":"x"}}]}"#, "content");
        check(r#"{"choices":[{"delta":{"reasoning_content":"x"}}]}"#, "content");
        check(r#"{"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}"#, "content");
        check(r#"{"choices":[{"delta":{"refusal":"no"}}]}"#, "content");
        check(r#"{"error":{"message":"x"}}"#, "error");
        check(r#"{"error":null,"choices":[{"delta":{"content":"x"}}]}"#, "content");
        check(r#"{"error":"overloaded"}"#, "error");
        check("<html>", "preamble");
    }

    #[test]
    fn words_in_content_are_not_ends() {
        let talk = r#"data: {"choices":[{"delta":{"content":"say [DONE] or \"error\""}}]}"#;
        assert_eq!(run(format!("{talk}\n\n").as_bytes()), Run::Plain);
        assert_eq!(run(format!("{talk}\n\ndata: [DONE]\n\n").as_bytes()), Run::Done);
        let text = format!("{talk}\n\ndata: {{\"error\":{{\"code\":502}}}}\n\n");
        let Run::Error { at, said } = run(text.as_bytes()) else { panic!("no error") };
        assert_eq!(&text[at..at + 15], "data: {\"error\":");
        assert_eq!(
            said.outcome_in_stream(crate::upstream::target::KeyOwner::Platform).word(),
            "server-error"
        );
    }
}
