//! Reading a whole answer. Where its sources say what is passed over: no request that is translated names any.

use std::borrow::Cow;

use serde::Deserialize;

use super::usage::Used;
use crate::conversation::answer::{Answer, Choice, Finish, Said};
use crate::conversation::message::Thought;
use crate::json::Text;
use crate::json::fields::{Malformed, Place};
use crate::provider::openai::chat::answer::{Call, tool_call};

/// Reads an answer.
pub fn read(body: &str) -> Result<Answer<'_>, Malformed> {
    let whole: Whole<'_> =
        serde_json::from_str(body).map_err(|_| Place::WHOLE.expected("an answer of Cohere's chat"))?;
    let Message { content, tool_plan, tool_calls } = whole.message;
    let mut parts: Vec<Said<'_>> = content.unwrap_or_default().into_iter().filter_map(Block::said).collect();
    parts.extend(tool_plan.filter(|plan| !plan.0.is_empty()).map(|Text(plan)| Said::Text(plan)));
    let calls = tool_calls.unwrap_or_default();
    let is_called = !calls.is_empty();
    parts.extend(calls.into_iter().map(|call| Said::ToolCall(tool_call(call))));
    if parts.iter().all(|part| matches!(part, Said::Thought(_))) {
        // An answer of no words is one of empty words.
        parts.push(Said::Text(Cow::Borrowed("")));
    }
    let finish = finish(&whole.finish_reason.0, is_called)
        .ok_or_else(|| Place::WHOLE.member("finish_reason").expected("that of a whole answer"))?;
    let choice = Choice { parts, finish, stop: None, logprobs: None };
    let id = whole.id.map(|Text(id)| id);
    Ok(Answer { id, model: None, choices: vec![choice], usage: whole.usage.map(Into::into) })
}

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow)]
    finish_reason: Text<'a>,
    #[serde(borrow)]
    message: Message<'a>,
    #[serde(default)]
    usage: Option<Used>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    content: Option<Vec<Block<'a>>>,
    #[serde(borrow, default)]
    tool_plan: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_calls: Option<Vec<Call<'a>>>,
}

/// A block of content, whole or a piece.
#[derive(Default, Deserialize)]
pub(super) struct Block<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    thinking: Option<Text<'a>>,
}

impl<'a> Block<'a> {
    /// What it says; nothing where that is nothing.
    pub(super) fn said(self) -> Option<Said<'a>> {
        let is_full = |text: &Text<'_>| !text.0.is_empty();
        let thought = self.thinking.filter(is_full);
        let thought = thought.map(|Text(text)| Said::Thought(Thought { text, ..Thought::default() }));
        thought.or_else(|| self.text.filter(is_full).map(|Text(text)| Said::Text(text)))
    }
}

/// What Cohere's word means; `is_called` is whether a function is. None where there is no answer.
pub(super) fn finish(reason: &str, is_called: bool) -> Option<Finish> {
    Some(match reason {
        "ERROR" | "TIMEOUT" => return None,
        "MAX_TOKENS" => Finish::Length,
        "STOP_SEQUENCE" => Finish::StopText,
        "ERROR_TOXIC" => Finish::ContentFilter,
        "ERROR_LIMIT" => Finish::ContextLength,
        "TOOL_CALL" => Finish::ToolCalls,
        _ if is_called => Finish::ToolCalls,
        _ => Finish::Stop,
    })
}
