//! Events of chat completions, and of completions of mere text.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Event;
use crate::provider::refusal::said;

/// Reads the data of one event.
pub(super) fn event(data: &[u8]) -> Event {
    if data.trim_ascii() == b"[DONE]" {
        return Event::Done;
    }
    let text = simdutf8::basic::from_utf8(data).ok();
    let Some(chunk) = text.and_then(|text| serde_json::from_str::<Chunk<'_>>(text).ok()) else {
        return Event::Preamble;
    };
    if let Some(error) = chunk.error {
        return Event::Error(Box::new(said(error)));
    }
    let has_content = chunk.choices.iter().flatten().any(Choice::has_content);
    if has_content { Event::Content } else { Event::Preamble }
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
    #[serde(borrow, default)]
    text: Option<&'a RawValue>,
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
        if self.text.is_some_and(is_full) {
            return true;
        }
        let Some(delta) = &self.delta else { return false };
        let Delta { content, reasoning_content, reasoning, tool_calls, function_call, refusal, audio } =
            delta;
        [content, reasoning_content, reasoning, tool_calls, function_call, refusal, audio]
            .into_iter()
            .flatten()
            .any(|value| is_full(value))
    }
}

fn is_full(value: &RawValue) -> bool {
    !matches!(value.get(), "\"\"" | "[]" | "{}")
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::provider::events::Format::Chat;

    #[test]
    fn events_have_their_kind() {
        check(Chat, "[DONE]", "done");
        check(Chat, " [DONE] ", "done");
        check(Chat, r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#, "preamble");
        check(Chat, r#"{"choices":[{"delta":{"content":null,"tool_calls":[]}}]}"#, "preamble");
        check(Chat, r#"{"choices":[],"usage":{"total_tokens":3}}"#, "preamble");
        check(Chat, r#"{"choices":[{"delta":{"content":"x"}}]}"#, "content");
        check(Chat, r#"{"choices":[{"text":"x"}]}"#, "content");
        check(Chat, r#"{"choices":[{"text":"","finish_reason":null}]}"#, "preamble");
        check(Chat, r#"{"choices":[{"delta":{}},{"delta":{"reasoning":"x"}}]}"#, "content");
        check(Chat, r#"{"choices":[{"delta":{"reasoning_content":"x"}}]}"#, "content");
        check(Chat, r#"{"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}"#, "content");
        check(Chat, r#"{"choices":[{"delta":{"refusal":"no"}}]}"#, "content");
        check(Chat, r#"{"error":{"message":"x"}}"#, "error");
        check(Chat, r#"{"error":null,"choices":[{"delta":{"content":"x"}}]}"#, "content");
        check(Chat, r#"{"error":"overloaded"}"#, "error");
        check(Chat, "<html>", "preamble");
    }
}
