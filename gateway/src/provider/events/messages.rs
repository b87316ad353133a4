//! Events of Anthropic's messages.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Event;
use crate::json::Text;
use crate::provider::refusal::said;

/// Reads the data of one event.
pub(super) fn event(data: &[u8]) -> Event {
    let Ok(event) = serde_json::from_slice::<One<'_>>(data) else { return Event::Preamble };
    match &*event.kind.0 {
        "content_block_delta" => Event::Content,
        "message_stop" => Event::Done,
        "error" => Event::Error(Box::new(event.error.map(said).unwrap_or_default())),
        // A block of words begins empty; what calls a function says so at once.
        "content_block_start" if event.content_block.is_some_and(|block| block.kind.0 != "text") => {
            Event::Content
        }
        _ => Event::Preamble,
    }
}

#[derive(Deserialize)]
struct One<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    content_block: Option<Block<'a>>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use crate::provider::events::Format::Messages;

    #[test]
    fn events_have_their_kind() {
        check(Messages, r#"{"type":"message_start","message":{}}"#, "preamble");
        check(Messages, r#"{"type":"ping"}"#, "preamble");
        check(
            Messages,
            r#"{"type":"content_block_start","content_block":{"type":"text","text":""}}"#,
            "preamble",
        );
        check(Messages, r#"{"type":"content_block_start","content_block":{"type":"tool_use"}}"#, "content");
        check(Messages, r#"{"type":"content_block_delta","delta":{}}"#, "content");
        check(Messages, r#"{"type":"message_stop"}"#, "done");
        check(Messages, r#"{"type":"error","error":{"type":"overloaded_error"}}"#, "error");
        check(Messages, "x", "preamble");
    }
}
