//! Reading a message in pieces.
//!
//! One block goes on at a time. A piece of another one, or of none, is not of this protocol: whoever put it together
//! wrongly would show a client half of one thing in another.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::{self, Block, StopDetails};
use super::usage::Used;
use crate::conversation::answer::{Delta, Said};
use crate::conversation::message::{Thought, ToolCall};
use crate::json::Text;
use crate::provider::Broken;
use crate::provider::refusal;
use crate::sse;

/// Reads the events of one answer.
#[derive(Debug, Default)]
pub struct Reader {
    is_begun: bool,
    is_ended: bool,
    open: Option<(u64, Open)>,
    /// How many calls have begun.
    calls: u32,
    used: Used,
}

/// The block that goes on.
#[derive(Debug, Clone, Copy)]
enum Open {
    Text,
    Thought,
    /// The number of the call.
    Call(u32),
    /// One that is passed over.
    Other,
}

impl Reader {
    /// Takes one event, and gives what it means step by step.
    pub fn event(&mut self, event: &[u8], take: &mut impl FnMut(Delta<'_>)) -> Result<(), Broken> {
        let Some(data) = sse::data(event).filter(|_| !self.is_ended) else { return Ok(()) };
        let event: Event<'_> = serde_json::from_slice(&data).map_err(|_| Broken::Malformed)?;
        if let Some(error) = event.error.filter(|error| error.get() != "null") {
            return Err(Broken::Said(Box::new(refusal::said(error))));
        }
        match &*event.kind.0 {
            "message_start" => self.begin(event.message.unwrap_or_default(), take),
            _ if !self.is_begun => ignore_before(&event),
            "content_block_start" => self.start(event.index, event.content_block, take),
            "content_block_delta" => self.piece(event.index, event.delta.unwrap_or_default(), take),
            "content_block_stop" => {
                self.open = None;
                Ok(())
            }
            "message_delta" => {
                self.change(event.delta.unwrap_or_default(), event.usage, take);
                Ok(())
            }
            "message_stop" => {
                self.is_ended = true;
                take(Delta::End);
                Ok(())
            }
            // Pings, and what is new: the provider says that there will be other events.
            _ => Ok(()),
        }
    }

    fn begin(&mut self, message: Message<'_>, take: &mut impl FnMut(Delta<'_>)) -> Result<(), Broken> {
        if std::mem::replace(&mut self.is_begun, true) {
            return Err(Broken::Malformed);
        }
        let Message { id, model, usage } = message;
        take(Delta::Begin { id: id.map(|id| id.0), model: model.map(|model| model.0) });
        self.usage(usage, take);
        Ok(())
    }

    fn start(
        &mut self,
        index: Option<u64>,
        block: Option<Block<'_>>,
        take: &mut impl FnMut(Delta<'_>),
    ) -> Result<(), Broken> {
        let (Some(index), Some(block)) = (index, block) else { return Err(Broken::Malformed) };
        let open = match answer::part(block) {
            Some(Said::Text(text)) => {
                words(text, take);
                Open::Text
            }
            Some(Said::Thought(thought)) => {
                if thought != Thought::default() {
                    take(Delta::Thought { choice: 0, thought });
                }
                Open::Thought
            }
            Some(Said::ToolCall(call)) => {
                let number = self.calls;
                self.calls = self.calls.saturating_add(1);
                // An empty object stands for what will come.
                let inner = call.arguments.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                let is_to_come = inner.is_some_and(|inner| inner.trim_ascii().is_empty());
                let arguments = if is_to_come { Cow::Borrowed("") } else { call.arguments };
                take(Delta::ToolCall { choice: 0, index: number, call: ToolCall { arguments, ..call } });
                Open::Call(number)
            }
            Some(Said::Refusal(_)) | None => Open::Other,
        };
        self.open = Some((index, open));
        Ok(())
    }

    fn piece(
        &mut self,
        index: Option<u64>,
        piece: Piece<'_>,
        take: &mut impl FnMut(Delta<'_>),
    ) -> Result<(), Broken> {
        let open = self.open.filter(|(open, _)| Some(*open) == index);
        let Some((_, open)) = open else { return Err(Broken::Malformed) };
        let Piece { text, thinking, signature, partial_json, .. } = piece;
        match open {
            Open::Text => words(text.unwrap_or_default().0, take),
            Open::Thought => {
                let signature = signature.map(|signature| signature.0).filter(|text| !text.is_empty());
                let thought = Thought { text: thinking.unwrap_or_default().0, signature, redacted: None };
                if thought != Thought::default() {
                    take(Delta::Thought { choice: 0, thought });
                }
            }
            Open::Call(number) => {
                let json = partial_json.unwrap_or_default().0;
                if !json.is_empty() {
                    take(Delta::Arguments { choice: 0, index: number, json });
                }
            }
            Open::Other => {}
        }
        Ok(())
    }

    fn change(&mut self, piece: Piece<'_>, usage: Option<Used>, take: &mut impl FnMut(Delta<'_>)) {
        let Piece { stop_reason, stop_sequence, stop_details, .. } = piece;
        if let Some(Text(text)) = stop_details.and_then(answer::explanation) {
            take(Delta::Refusal { choice: 0, text });
        }
        if let Some(Text(reason)) = stop_reason {
            let stop = stop_sequence.map(|stop| stop.0);
            take(Delta::Finish { choice: 0, finish: answer::finish(&reason), stop });
        }
        self.usage(usage, take);
    }

    fn usage(&mut self, usage: Option<Used>, take: &mut impl FnMut(Delta<'_>)) {
        if let Some(later) = usage {
            self.used = self.used.then(later);
            take(Delta::Usage(self.used.into()));
        }
    }
}

/// Only what says nothing of an answer can come before it.
fn ignore_before(event: &Event<'_>) -> Result<(), Broken> {
    if event.kind.0.starts_with("content_block") || event.kind.0.starts_with("message") {
        return Err(Broken::Malformed);
    }
    Ok(())
}

fn words(text: Cow<'_, str>, take: &mut impl FnMut(Delta<'_>)) {
    if !text.is_empty() {
        take(Delta::Text { choice: 0, text });
    }
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(default)]
    index: Option<u64>,
    #[serde(borrow, default)]
    message: Option<Message<'a>>,
    #[serde(borrow, default)]
    content_block: Option<Block<'a>>,
    #[serde(borrow, default)]
    delta: Option<Piece<'a>>,
    #[serde(default)]
    usage: Option<Used>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    model: Option<Text<'a>>,
    #[serde(default)]
    usage: Option<Used>,
}

#[derive(Default, Deserialize)]
struct Piece<'a> {
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    #[serde(borrow, default)]
    thinking: Option<Text<'a>>,
    #[serde(borrow, default)]
    signature: Option<Text<'a>>,
    #[serde(borrow, default)]
    partial_json: Option<Text<'a>>,
    #[serde(borrow, default)]
    stop_reason: Option<Text<'a>>,
    #[serde(borrow, default)]
    stop_sequence: Option<Text<'a>>,
    #[serde(borrow, default)]
    stop_details: Option<StopDetails<'a>>,
}

#[cfg(test)]
mod tests;
