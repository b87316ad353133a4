//! Reading a whole chat completion.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::content::{Content, Piece};
use super::usage::Used;
use crate::conversation::answer::{Answer, Choice, Finish, Opaque, Said};
use crate::conversation::message::{Thought, ToolCall};
use crate::json::Text;
use crate::json::fields::{Malformed, Place};

/// Reads an answer.
pub fn read(body: &str) -> Result<Answer<'_>, Malformed> {
    let whole: Whole<'_> =
        serde_json::from_str(body).map_err(|_| Place::WHOLE.expected("a chat completion"))?;
    Ok(Answer {
        id: whole.id.map(|id| id.0),
        model: whole.model.map(|model| model.0),
        choices: whole.choices.into_iter().map(choice).collect::<Result<_, _>>()?,
        usage: whole.usage.map(Into::into),
    })
}

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(borrow)]
    choices: Vec<One<'a>>,
    #[serde(default)]
    usage: Option<Used>,
}

#[derive(Deserialize)]
struct One<'a> {
    #[serde(borrow)]
    message: Message<'a>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    logprobs: Option<&'a RawValue>,
}

/// A message, whole or a piece.
#[derive(Default, Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<Content<'a>>,
    #[serde(borrow, default)]
    pub(super) refusal: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) reasoning_content: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) reasoning: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<Call<'a>>>,
}

/// One of the `tool_calls`, whole or a piece.
#[derive(Deserialize)]
pub(in crate::provider) struct Call<'a> {
    #[serde(default)]
    pub(super) index: Option<u32>,
    #[serde(borrow, default)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) function: Option<Function<'a>>,
}

/// Its function.
#[derive(Default, Deserialize)]
pub(in crate::provider) struct Function<'a> {
    #[serde(borrow, default)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) arguments: Option<Text<'a>>,
}

fn choice(one: One<'_>) -> Result<Choice<'_>, Malformed> {
    let Message { content, refusal, reasoning_content, reasoning, tool_calls } = one.message;
    let is_full = |text: &Option<Text<'_>>| text.as_ref().is_some_and(|text| !text.0.is_empty());
    let mut parts = Vec::new();
    if let Some(Text(text)) = reasoning_content.or(reasoning).filter(|text| !text.0.is_empty()) {
        parts.push(Said::Thought(Thought { text, ..Thought::default() }));
    }
    let is_only = !is_full(&refusal) && tool_calls.as_ref().is_none_or(Vec::is_empty);
    // An answer of no words is one of empty words, unless it is something else.
    match content {
        Some(Content::Text(text)) if is_only || !text.is_empty() => parts.push(Said::Text(text)),
        Some(Content::Pieces(pieces)) => parts.extend(pieces.into_iter().filter_map(Piece::said)),
        _ => {}
    }
    parts.extend(refusal.filter(|text| !text.0.is_empty()).map(|text| Said::Refusal(text.0)));
    parts.extend(tool_calls.into_iter().flatten().map(|call| Said::ToolCall(tool_call(call))));
    let called = parts.iter().any(|part| matches!(part, Said::ToolCall(_)));
    let finish = finish(one.finish_reason.as_ref().map_or("", |reason| &reason.0), called);
    Ok(Choice {
        parts,
        finish: finish.ok_or_else(|| Place::WHOLE.member("choices").expected("those of a whole answer"))?,
        stop: None,
        logprobs: one.logprobs.filter(|raw| raw.get() != "null").map(Opaque),
    })
}

/// A call, as much of it as there is.
pub(in crate::provider) fn tool_call(call: Call<'_>) -> ToolCall<'_> {
    let Function { name, arguments } = call.function.unwrap_or_default();
    ToolCall {
        id: call.id.unwrap_or_default().0,
        name: name.unwrap_or_default().0,
        arguments: arguments.unwrap_or_default().0,
        signature: None,
    }
}

/// What OpenAI's word means, or that of its relatives. Some servers say `stop` although functions are called. None where the
/// model broke off.
pub(super) fn finish(reason: &str, called: bool) -> Option<Finish> {
    Some(match reason {
        "error" => return None,
        "model_length" => Finish::ContextLength,
        "length" => Finish::Length,
        "content_filter" => Finish::ContentFilter,
        "tool_calls" | "function_call" => Finish::ToolCalls,
        _ if called => Finish::ToolCalls,
        _ => Finish::Stop,
    })
}
