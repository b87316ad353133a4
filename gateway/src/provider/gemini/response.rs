//! A `GenerateContentResponse`: a whole answer is one, and each event of a streamed one is one, too.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::conversation::answer::{Finish, Usage};
use crate::conversation::message::{Thought, ToolCall};
use crate::json::Text;
use crate::provider::call_id;

/// The members that mean something to a client. Where an answer was found (`groundingMetadata`, `citationMetadata`) is
/// told only to clients of the same protocol.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response<'a> {
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) candidates: Option<Vec<Candidate<'a>>>,
    #[serde(borrow, default)]
    prompt_feedback: Option<Feedback<'a>>,
    #[serde(default)]
    usage_metadata: Option<Used>,
    #[serde(borrow, default, rename = "modelVersion")]
    pub(super) model: Option<Text<'a>>,
    #[serde(borrow, default, rename = "responseId")]
    pub(super) id: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candidate<'a> {
    /// Absent for the first.
    #[serde(default)]
    pub(super) index: Option<u32>,
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(borrow, default)]
    finish_reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, default)]
    parts: Option<Vec<Part<'a>>>,
}

/// One of the `parts`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(default)]
    thought: Option<bool>,
    #[serde(borrow, default)]
    thought_signature: Option<Text<'a>>,
    #[serde(borrow, default)]
    function_call: Option<Call<'a>>,
    #[serde(borrow, default)]
    inline_data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    file_data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    executable_code: Option<&'a RawValue>,
    #[serde(borrow, default)]
    code_execution_result: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    args: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback<'a> {
    #[serde(borrow, default)]
    block_reason: Option<Text<'a>>,
}

/// The member `usageMetadata`.
#[derive(Clone, Copy, Deserialize)]
pub(in crate::provider) struct Used {
    #[serde(default, rename = "promptTokenCount")]
    prompt: Option<u64>,
    #[serde(default, rename = "toolUsePromptTokenCount")]
    tool_use: Option<u64>,
    #[serde(default, rename = "cachedContentTokenCount")]
    cached: Option<u64>,
    #[serde(default, rename = "candidatesTokenCount")]
    candidates: Option<u64>,
    #[serde(default, rename = "thoughtsTokenCount")]
    thoughts: Option<u64>,
}

/// What a part says.
pub(super) enum Piece<'a> {
    /// Words, and the proof of the thoughts behind them.
    Text(Cow<'a, str>, Option<Cow<'a, str>>),
    Thought(Thought<'a>),
    /// A call; its id is empty where the provider gives none.
    Call(ToolCall<'a>),
}

/// A part holds what no client asked for, since what asks for it is never translated: a picture, code that was run.
pub(super) struct Unasked;

/// The model failed, in the provider's word for how: the same request again may well succeed.
pub(super) struct Failed<'a>(pub(super) Cow<'a, str>);

/// Words of a model's failure: it calls a function in no form, calls what it was not offered, or says what is no answer.
const FAILED: [&str; 5] = [
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
];

impl From<Used> for Usage {
    fn from(used: Used) -> Self {
        let thoughts = used.thoughts.unwrap_or(0);
        Self {
            input: used.prompt.unwrap_or(0).saturating_add(used.tool_use.unwrap_or(0)),
            cached: used.cached.unwrap_or(0),
            output: used.candidates.unwrap_or(0).saturating_add(thoughts),
            reasoning: thoughts,
            ..Self::default()
        }
    }
}

impl Response<'_> {
    /// What was used so far: the counts of each event are of the whole answer until then.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.usage_metadata.map(Into::into)
    }

    /// Whether the prompt was refused: then there is no candidate.
    pub(super) fn is_blocked(&self) -> bool {
        let reason = self.prompt_feedback.as_ref().and_then(|feedback| feedback.block_reason.as_ref());
        reason.is_some_and(|reason| !reason.0.is_empty())
    }

    /// The id of the call with this number, where the provider gives none.
    pub(super) fn call_id(&self, number: u32) -> String {
        call_id::made(self.id.as_ref().map(|id| &*id.0), number)
    }
}

impl<'a> Candidate<'a> {
    /// Its parts, taken out of it.
    pub(super) fn take_parts(&mut self) -> Vec<Part<'a>> {
        self.content.take().and_then(|content| content.parts).unwrap_or_default()
    }

    /// Why it ended, if it did.
    ///
    /// **Source**: `FinishReason`. Whatever is not a regular end or a failure is one that the provider's rules forced; a client
    /// must not take it for a complete answer.
    pub(super) fn finish(&self, has_called: bool) -> Result<Option<Finish>, Failed<'a>> {
        let Some(Text(reason)) = &self.finish_reason else { return Ok(None) };
        Ok(Some(match &**reason {
            "" => return Ok(None),
            "STOP" if has_called => Finish::ToolCalls,
            "STOP" => Finish::Stop,
            "MAX_TOKENS" => Finish::Length,
            "CONTINUATION" => Finish::Pause,
            failed if FAILED.contains(&failed) => return Err(Failed(reason.clone())),
            _ => Finish::ContentFilter,
        }))
    }
}

impl<'a> Part<'a> {
    /// What it says.
    pub(super) fn read(self) -> Result<Piece<'a>, Unasked> {
        let Self { text, thought, thought_signature, function_call, .. } = self;
        let unasked = [self.inline_data, self.file_data, self.executable_code, self.code_execution_result];
        if unasked.iter().flatten().any(|value| value.get() != "null") {
            return Err(Unasked);
        }
        let signature = thought_signature.map(|text| text.0).filter(|signature| !signature.is_empty());
        if let Some(Call { id, name, args }) = function_call {
            let arguments = args.map_or("", RawValue::get);
            return Ok(Piece::Call(ToolCall {
                id: id.unwrap_or_default().0,
                name: name.unwrap_or_default().0,
                arguments: Cow::Borrowed(if arguments == "null" { "" } else { arguments }),
                signature,
            }));
        }
        let text = text.unwrap_or_default().0;
        Ok(match thought {
            Some(true) => Piece::Thought(Thought { text, signature, redacted: None }),
            _ => Piece::Text(text, signature),
        })
    }
}
