//! Events of Gemini's contents. There is no end marker: the last has a reason why it is the last.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Event;
use crate::provider::refusal::said;

/// Reads the data of one event.
pub(super) fn event(data: &[u8]) -> Event {
    let Ok(chunk) = serde_json::from_slice::<Chunk<'_>>(data) else { return Event::Preamble };
    if let Some(error) = chunk.error {
        return Event::Error(Box::new(said(error)));
    }
    let candidates = chunk.candidates.unwrap_or_default();
    let is_blocked = chunk.prompt_feedback.is_some_and(|feedback| feedback.block_reason.is_some());
    if is_blocked || candidates.iter().any(|one| one.finish_reason.is_some()) {
        return Event::Last;
    }
    if candidates.iter().any(|one| one.content.is_some()) { Event::Content } else { Event::Preamble }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'a> {
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    candidates: Option<Vec<Candidate<'a>>>,
    #[serde(borrow, default)]
    prompt_feedback: Option<Feedback<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a> {
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    finish_reason: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback<'a> {
    #[serde(borrow, default)]
    block_reason: Option<&'a RawValue>,
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::provider::events::Format::Gemini;

    #[test]
    fn events_have_their_kind() {
        check(Gemini, r#"{"usageMetadata":{}}"#, "preamble");
        check(Gemini, r#"{"candidates":[{"content":{"parts":[{"text":"x"}]}}]}"#, "content");
        check(Gemini, r#"{"candidates":[{"finishReason":"STOP"}]}"#, "last");
        check(Gemini, r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#, "last");
        check(Gemini, r#"{"error":{"code":503,"status":"UNAVAILABLE"}}"#, "error");
    }
}
