//! Reading an answer in pieces.
//!
//! The blocks of an answer have numbers, those that call a function among others; the calls are counted here on their own.
//! What was used comes after the reason of the end, so only both together are the end.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{finish, stop};
use super::frame::{Damaged, Frame};
use super::refusal;
use super::usage::Used;
use crate::conversation::answer::Delta;
use crate::conversation::message::{Thought, ToolCall};
use crate::json::Text;
use crate::limits::CALLS_COUNTED_MAX;
use crate::provider::Broken;

/// Reads the frames of one answer.
#[derive(Debug, Default)]
pub struct Reader {
    stage: Stage,
    /// The blocks that call something, and which call each is: none where the provider runs it itself.
    calls: Vec<(u64, Option<u32>)>,
    begun: u32,
}

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    /// Nothing has come.
    #[default]
    Waiting,
    /// It goes on.
    Begun,
    /// Why it ended is known, and what was used is not.
    Stopped,
    /// What was used is known, and why it ended is not.
    Counted,
    /// Both are.
    Over,
}

impl From<Damaged> for Broken {
    fn from(_: Damaged) -> Self {
        Self::Malformed
    }
}

impl Reader {
    /// Takes one whole frame, and gives what it means step by step.
    pub fn event(&mut self, event: &[u8], take: &mut impl FnMut(Delta<'_>)) -> Result<(), Broken> {
        let frame = Frame::read(event)?;
        match frame.message_type {
            "event" => {}
            "exception" => return Err(Broken::Said(Box::new(refusal::said(frame.name, frame.payload)))),
            "error" => return Err(Broken::Said(Box::new(refusal::told(frame.name, frame.error_message)))),
            _ => return Err(Broken::Malformed),
        }
        if self.stage == Stage::Waiting {
            self.stage = Stage::Begun;
            take(Delta::Begin { id: None, model: None });
        }
        match frame.name {
            "contentBlockStart" => self.start(read(frame.payload)?, take),
            "contentBlockDelta" => self.delta(read(frame.payload)?, take),
            "messageStop" => self.stop(&read(frame.payload)?, take),
            "metadata" => {
                let Metadata { usage } = read(frame.payload)?;
                if let Some(used) = usage {
                    take(Delta::Usage(used.into()));
                }
                self.reach(Stage::Counted, take);
                Ok(())
            }
            // The beginning, the end of a block, and what there may be one day.
            _ => Ok(()),
        }
    }

    /// The provider has closed the stream between two frames. One that has said why the answer ended is whole even where
    /// what was used is missing; `false` where it was cut.
    pub fn close(&mut self, take: &mut impl FnMut(Delta<'_>)) -> bool {
        if self.stage == Stage::Stopped {
            self.stage = Stage::Over;
            take(Delta::End);
        }
        self.stage == Stage::Over
    }

    /// One of the two things that make the end is known now.
    fn reach(&mut self, now: Stage, take: &mut impl FnMut(Delta<'_>)) {
        match (self.stage, now) {
            (Stage::Stopped, Stage::Counted) | (Stage::Counted, Stage::Stopped) => {
                self.stage = Stage::Over;
                take(Delta::End);
            }
            (Stage::Over, _) => {}
            _ => self.stage = now,
        }
    }

    fn start(&mut self, event: Start<'_>, take: &mut impl FnMut(Delta<'_>)) -> Result<(), Broken> {
        let Some(Call { tool_use_id, name, r#type }) = event.start.tool_use else { return Ok(()) };
        if self.calls.len() == CALLS_COUNTED_MAX {
            return Err(Broken::Malformed);
        }
        if r#type.is_some() {
            self.calls.push((event.content_block_index, None));
            return Ok(());
        }
        let index = self.begun;
        self.begun += 1;
        self.calls.push((event.content_block_index, Some(index)));
        let arguments = Cow::Borrowed("");
        let call = ToolCall { id: tool_use_id.0, name: name.0, arguments, signature: None };
        take(Delta::ToolCall { choice: 0, index, call });
        Ok(())
    }

    fn delta(&mut self, event: Piece<'_>, take: &mut impl FnMut(Delta<'_>)) -> Result<(), Broken> {
        let Words { text, tool_use, reasoning_content } = event.delta;
        if let Some(Text(text)) = text.filter(|text| !text.0.is_empty()) {
            take(Delta::Text { choice: 0, text });
        }
        if let Some(Reasoning { text, signature, redacted_content }) = reasoning_content {
            let is_full = |text: &Text<'_>| !text.0.is_empty();
            let thought = Thought {
                text: text.unwrap_or_default().0,
                signature: signature.filter(is_full).map(|Text(signature)| signature),
                redacted: redacted_content.filter(is_full).map(|Text(redacted)| redacted),
            };
            if thought != Thought::default() {
                take(Delta::Thought { choice: 0, thought });
            }
        }
        if let Some(Input { input: Text(json) }) = tool_use {
            let mut latest = self.calls.iter().rev();
            let known = latest.find(|(block, _)| *block == event.content_block_index);
            let (_, index) = known.ok_or(Broken::Malformed)?;
            if let Some(index) = index.filter(|_| !json.is_empty()) {
                take(Delta::Arguments { choice: 0, index, json });
            }
        }
        Ok(())
    }

    fn stop(&mut self, event: &Stop<'_>, take: &mut impl FnMut(Delta<'_>)) -> Result<(), Broken> {
        let reason = &*event.stop_reason.0;
        let Some(finish) = finish(reason, self.begun > 0) else {
            return Err(Broken::Said(Box::new(refusal::told(reason, "the model made no answer"))));
        };
        let stop = event.additional_model_response_fields.and_then(stop);
        take(Delta::Finish { choice: 0, finish, stop });
        self.reach(Stage::Stopped, take);
        Ok(())
    }
}

fn read<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, Broken> {
    serde_json::from_slice(payload).map_err(|_| Broken::Malformed)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Start<'a> {
    content_block_index: u64,
    #[serde(borrow)]
    start: Begun<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begun<'a> {
    #[serde(borrow, default)]
    tool_use: Option<Call<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call<'a> {
    #[serde(borrow)]
    tool_use_id: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    /// Only where the provider itself runs it.
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Piece<'a> {
    content_block_index: u64,
    #[serde(borrow)]
    delta: Words<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Words<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    tool_use: Option<Input<'a>>,
    #[serde(borrow, default)]
    reasoning_content: Option<Reasoning<'a>>,
}

#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    input: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reasoning<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    signature: Option<Text<'a>>,
    #[serde(borrow, default)]
    redacted_content: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stop<'a> {
    #[serde(borrow)]
    stop_reason: Text<'a>,
    #[serde(borrow, default)]
    additional_model_response_fields: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    usage: Option<Used<'a>>,
}

#[cfg(test)]
mod tests;
