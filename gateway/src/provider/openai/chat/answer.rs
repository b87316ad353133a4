//! Reading a whole chat completion.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::content::{Content, Piece};
use super::usage::Used;
use crate::conversation::answer::{Answer, Choice, Finish, Opaque, Said};
use crate::conversation::message::{Thought, ToolCall};
use crate::json::Text;
use crate::json::fields::{Malformed, Place};
use crate::provider::call_id;

/// Reads an answer. Where there is a seal, thoughts in words bear it, so that they go back: see [`super::thoughts`].
pub fn read<'a>(body: &'a str, seal: Option<&str>) -> Result<Answer<'a>, Malformed> {
    let whole: Whole<'_> =
        serde_json::from_str(body).map_err(|_| Place::WHOLE.expected("a chat completion"))?;
    let mut choices = Vec::with_capacity(whole.choices.len());
    let mut unnamed = 0;
    for one in whole.choices {
        let mut choice = choice(one, seal)?;
        for part in &mut choice.parts {
            if let Said::ToolCall(call) = part
                && call.id.is_empty()
            {
                call.id = Cow::Owned(call_id::made(whole.id.as_ref().map(|id| &*id.0), unnamed));
                unnamed += 1;
            }
        }
        choices.push(choice);
    }
    Ok(Answer {
        id: whole.id.map(|id| id.0),
        model: whole.model.map(|model| model.0),
        choices,
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

impl<'a> Message<'a> {
    /// Takes what it says of thoughts, and whether the name of that says that they go back.
    pub(super) fn thought(&mut self) -> Option<(Cow<'a, str>, bool)> {
        let full = |text: Option<Text<'a>>| text.map(|text| text.0).filter(|text| !text.is_empty());
        let named = full(self.reasoning_content.take()).map(|text| (text, true));
        named.or_else(|| full(self.reasoning.take()).map(|text| (text, false)))
    }

    /// Whether it says anything besides thoughts.
    pub(super) fn says_more(&self) -> bool {
        let is_full = |text: &Option<Text<'_>>| text.as_ref().is_some_and(|text| !text.0.is_empty());
        let has_content = match &self.content {
            Some(Content::Text(text)) => !text.is_empty(),
            Some(Content::Pieces(pieces)) => !pieces.is_empty(),
            None => false,
        };
        has_content
            || is_full(&self.refusal)
            || self.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
    }
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

fn choice<'a>(one: One<'a>, seal: Option<&str>) -> Result<Choice<'a>, Malformed> {
    let mut message = one.message;
    let mut parts = Vec::new();
    if let Some((text, goes_back)) = message.thought() {
        let signature = seal.filter(|_| goes_back).map(|seal| Cow::Owned(seal.to_owned()));
        parts.push(Said::Thought(Thought { text, signature, redacted: None }));
    }
    let Message { content, refusal, tool_calls, reasoning_content: _, reasoning: _ } = message;
    let is_full = |text: &Option<Text<'_>>| text.as_ref().is_some_and(|text| !text.0.is_empty());
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
