//! Reading a whole message.
//!
//! Blocks that only a tool of the provider's makes are passed over: no request that is translated can ask for one.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::usage::Used;
use crate::conversation::answer::{Answer, Choice, Finish, Said};
use crate::conversation::message::{Thought, ToolCall};
use crate::json::Text;
use crate::json::fields::{Malformed, Place};

/// Reads an answer.
pub fn read(body: &str) -> Result<Answer<'_>, Malformed> {
    let whole: Whole<'_> = serde_json::from_str(body).map_err(|_| Place::WHOLE.expected("a message"))?;
    let mut parts: Vec<Said<'_>> = whole.content.into_iter().filter_map(part).collect();
    parts.extend(whole.stop_details.and_then(explanation).map(|Text(words)| Said::Refusal(words)));
    let choice = Choice {
        parts,
        finish: finish(whole.stop_reason.as_ref().map_or("", |reason| &reason.0)),
        stop: whole.stop_sequence.map(|stop| stop.0),
        logprobs: None,
    };
    Ok(Answer {
        id: whole.id.map(|id| id.0),
        model: whole.model.map(|model| model.0),
        choices: vec![choice],
        usage: whole.usage.map(Into::into),
    })
}

/// A message, whole or as far as its beginning says.
#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    content: Vec<Block<'a>>,
    #[serde(borrow, default)]
    stop_reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    stop_sequence: Option<Text<'a>>,
    #[serde(borrow, default)]
    stop_details: Option<StopDetails<'a>>,
    #[serde(default)]
    usage: Option<Used>,
}

/// Why the provider did not go on.
#[derive(Deserialize)]
pub(super) struct StopDetails<'a> {
    #[serde(borrow, default)]
    explanation: Option<Text<'a>>,
}

/// For people.
pub(super) fn explanation(details: StopDetails<'_>) -> Option<Text<'_>> {
    details.explanation.filter(|text| !text.0.is_empty())
}

/// One of the `content`.
#[derive(Deserialize)]
pub(super) struct Block<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow, default)]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) thinking: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) signature: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) data: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) input: Option<&'a RawValue>,
}

/// What a block says, as much of it as there is.
pub(super) fn part(block: Block<'_>) -> Option<Said<'_>> {
    let Block { kind, text, thinking, signature, data, id, name, input } = block;
    Some(match &*kind.0 {
        "text" => Said::Text(text.unwrap_or_default().0),
        "thinking" => Said::Thought(Thought {
            text: thinking.unwrap_or_default().0,
            signature: signature.map(|signature| signature.0).filter(|signature| !signature.is_empty()),
            redacted: None,
        }),
        "redacted_thinking" => {
            Said::Thought(Thought { redacted: data.map(|data| data.0), ..Thought::default() })
        }
        "tool_use" => Said::ToolCall(ToolCall {
            id: id.unwrap_or_default().0,
            name: name.unwrap_or_default().0,
            arguments: input.map_or("", RawValue::get).into(),
            signature: None,
        }),
        _ => return None,
    })
}

/// What Anthropic's word means.
pub(super) fn finish(reason: &str) -> Finish {
    match reason {
        "stop_sequence" => Finish::StopText,
        "max_tokens" => Finish::Length,
        "tool_use" => Finish::ToolCalls,
        "refusal" => Finish::ContentFilter,
        "model_context_window_exceeded" => Finish::ContextLength,
        "pause_turn" => Finish::Pause,
        _ => Finish::Stop,
    }
}
