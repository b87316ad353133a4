//! Writing a message in pieces: blocks that begin, grow and end one after the other.

use bytes::{BufMut as _, BytesMut};

use super::{answer, usage};
use crate::conversation::answer::{Delta, Finish, Usage};
use crate::conversation::message::{Thought, ToolCall};
use crate::conversation::proof::NOBODYS;
use crate::dialect::Frame;
use crate::json::write::Object;
use crate::limits::CALLS_COUNTED_MAX;

/// Writes the events of one answer.
#[derive(Debug)]
pub struct Writer {
    frame: Frame,
    is_begun: bool,
    /// Begins with what is known of it until the first block does, so that clients see what went in.
    usage: Usage,
    open: Option<Open>,
    /// The number of the next block.
    next: u32,
    /// The block of each call.
    calls: Vec<u32>,
    calls_functions: bool,
    refuses: bool,
    finish: Finish,
    stop: Option<String>,
}

/// The block that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Thought,
    /// One whose signature was written.
    SignedThought,
    Call,
}

impl Writer {
    /// A writer for one answer.
    pub const fn new(frame: Frame) -> Self {
        Self {
            frame,
            is_begun: false,
            usage: Usage {
                input: 0,
                cached: 0,
                cache_written: 0,
                cache_written_hour: 0,
                output: 0,
                reasoning: 0,
            },
            open: None,
            next: 0,
            calls: Vec::new(),
            calls_functions: false,
            refuses: false,
            finish: Finish::Stop,
            stop: None,
        }
    }

    /// Writes what one step means, which may be nothing.
    pub fn write(&mut self, delta: &Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Begin { id, model } => {
                let Frame { id: our_id, model: our_model, .. } = &mut self.frame;
                *our_id = id.as_deref().unwrap_or(our_id).to_owned();
                *our_model = model.as_deref().unwrap_or(our_model).to_owned();
            }
            Delta::Usage(used) => self.usage = *used,
            Delta::Text { choice: 0, text } => self.text(text, out),
            Delta::Refusal { choice: 0, text } => {
                self.refuses = true;
                self.text(text, out);
            }
            Delta::Thought { choice: 0, thought } => self.thought(thought, out),
            Delta::ToolCall { choice: 0, index, call } => self.call(*index, call, out),
            Delta::Arguments { choice: 0, index, json } => self.arguments(*index, json, out),
            Delta::Finish { choice: 0, finish, stop } => {
                self.finish = *finish;
                self.stop = stop.as_deref().map(str::to_owned);
            }
            Delta::End => self.end(out),
            // Of what this protocol has none, and nobody can ask for in it.
            Delta::Text { .. }
            | Delta::Refusal { .. }
            | Delta::Thought { .. }
            | Delta::ToolCall { .. }
            | Delta::Arguments { .. }
            | Delta::Finish { .. }
            | Delta::Logprobs { .. } => {}
        }
    }

    fn text(&mut self, text: &str, out: &mut BytesMut) {
        if text.is_empty() {
            return;
        }
        if self.open != Some(Open::Text) {
            self.start(Open::Text, out, |block| {
                block.text("type", "text").text("text", "");
            });
        }
        self.piece(out, |delta| {
            delta.text("type", "text_delta").text("text", text);
        });
    }

    fn thought(&mut self, thought: &Thought<'_>, out: &mut BytesMut) {
        let Thought { text, signature, redacted } = thought;
        if !text.is_empty() || signature.is_some() {
            if self.open != Some(Open::Thought) {
                self.start(Open::Thought, out, |block| {
                    block.text("type", "thinking").text("thinking", "").text("signature", "");
                });
            }
            if !text.is_empty() {
                self.piece(out, |delta| {
                    delta.text("type", "thinking_delta").text("thinking", text);
                });
            }
            if let Some(signature) = signature {
                self.signature(signature, out);
                self.open = Some(Open::SignedThought);
            }
        }
        if let Some(data) = redacted {
            self.start(Open::SignedThought, out, |block| {
                block.text("type", "redacted_thinking").text("data", data);
            });
        }
    }

    fn signature(&self, signature: &str, out: &mut BytesMut) {
        self.piece(out, |delta| {
            delta.text("type", "signature_delta").text("signature", signature);
        });
    }

    fn call(&mut self, index: u32, call: &ToolCall<'_>, out: &mut BytesMut) {
        let ToolCall { id, name, arguments, signature: _ } = call;
        self.start(Open::Call, out, |block| {
            block.text("type", "tool_use").text("id", id).text("name", name);
            drop(block.object("input"));
        });
        self.calls_functions = true;
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        if at < CALLS_COUNTED_MAX {
            let block = self.next.saturating_sub(1);
            self.calls.resize(self.calls.len().max(at + 1), block);
            if let Some(place) = self.calls.get_mut(at) {
                *place = block;
            }
        }
        self.arguments(index, arguments, out);
    }

    /// A piece that comes late finds its block, although that ended: clients put pieces together by number.
    fn arguments(&self, index: u32, json: &str, out: &mut BytesMut) {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        // One of more calls than are counted can only be the last.
        let last = (self.open == Some(Open::Call)).then(|| self.next.saturating_sub(1));
        let block = self.calls.get(at).copied().or(last.filter(|_| at >= CALLS_COUNTED_MAX));
        let Some(block) = block.filter(|_| !json.is_empty()) else { return };
        event(out, "content_block_delta", |whole| {
            whole.count("index", block.into());
            whole.object("delta").text("type", "input_json_delta").text("partial_json", json);
        });
    }

    /// The next block.
    fn start(&mut self, open: Open, out: &mut BytesMut, members: impl FnOnce(&mut Object<'_>)) {
        self.begin(out);
        self.close(out);
        event(out, "content_block_start", |whole| {
            whole.count("index", self.next.into());
            members(&mut whole.object("content_block"));
        });
        self.next = self.next.saturating_add(1);
        self.open = Some(open);
    }

    /// More of the block that goes on.
    fn piece(&self, out: &mut BytesMut, members: impl FnOnce(&mut Object<'_>)) {
        event(out, "content_block_delta", |whole| {
            whole.count("index", self.next.saturating_sub(1).into());
            members(&mut whole.object("delta"));
        });
    }

    fn close(&mut self, out: &mut BytesMut) {
        if self.open == Some(Open::Thought) {
            self.signature(NOBODYS, out);
        }
        if self.open.take().is_some() {
            event(out, "content_block_stop", |whole| {
                whole.count("index", self.next.saturating_sub(1).into());
            });
        }
    }

    fn begin(&mut self, out: &mut BytesMut) {
        if std::mem::replace(&mut self.is_begun, true) {
            return;
        }
        event(out, "message_start", |whole| {
            let mut message = whole.object("message");
            answer::head(&mut message, (None, None), &self.frame);
            drop(message.list("content"));
            message.null("stop_reason").null("stop_sequence");
            // Clients show what went in before what comes out. What is counted comes at the end, in place of this.
            let estimate = Usage { input: self.frame.input_tokens, ..Usage::default() };
            let known = if self.usage.input == 0 { &estimate } else { &self.usage };
            usage::write(message.object("usage"), known);
        });
    }

    fn end(&mut self, out: &mut BytesMut) {
        self.begin(out);
        self.close(out);
        event(out, "message_delta", |whole| {
            let mut delta = whole.object("delta");
            let reason = answer::stop_reason(self.finish, self.calls_functions, self.refuses);
            delta.text("stop_reason", reason);
            match &self.stop {
                Some(stop) => delta.text("stop_sequence", stop),
                None => delta.null("stop_sequence"),
            };
            drop(delta);
            usage::write_so_far(whole.object("usage"), &self.usage);
        });
        event(out, "message_stop", |_| {});
    }
}

/// One event: its name, and the same name again in its data.
fn event(out: &mut BytesMut, name: &str, members: impl FnOnce(&mut Object<'_>)) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    let mut whole = Object::begin(out);
    whole.text("type", name);
    members(&mut whole);
    drop(whole);
    out.put_slice(b"\n\n");
}

#[cfg(test)]
mod tests;
