//! The events themselves, each with its number.

use bytes::BytesMut;

use crate::dialect::responses::item::{Item, Kind, Status, Words};
use crate::json::write::Object;

/// Numbers what it writes.
#[derive(Debug, Default)]
pub(super) struct Events {
    /// The number of the next one.
    pub(super) next: u64,
}

/// Where an item stands in the answer, and its name.
type At<'i> = (usize, &'i str);

impl Events {
    /// One event with these members after its type and its number.
    pub(super) fn write(&mut self, kind: &str, out: &mut BytesMut, members: impl FnOnce(&mut Object<'_>)) {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\ndata: ");
        let mut event = Object::begin(out);
        event.text("type", kind).count("sequence_number", self.next);
        self.next += 1;
        members(&mut event);
        drop(event);
        out.extend_from_slice(b"\n\n");
    }

    /// One that is about an item.
    fn about(
        &mut self,
        kind: &str,
        (at, id): At<'_>,
        out: &mut BytesMut,
        members: impl FnOnce(&mut Object<'_>),
    ) {
        self.write(kind, out, |event| {
            event.text("item_id", id).count("output_index", count(at));
            members(event);
        });
    }

    /// An item begins.
    pub(super) fn added(&mut self, at: usize, item: &Item<'_>, out: &mut BytesMut) {
        self.write("response.output_item.added", out, |event| {
            item.write(event.count("output_index", count(at)).object("item"), Status::InProgress);
        });
    }

    /// An item is there as a whole.
    pub(super) fn done(&mut self, at: usize, item: &Item<'_>, status: Status, out: &mut BytesMut) {
        self.write("response.output_item.done", out, |event| {
            item.write(event.count("output_index", count(at)).object("item"), status);
        });
    }

    /// An item ends, and what is open in it before.
    pub(super) fn ended(&mut self, at: usize, item: &Item<'_>, status: Status, out: &mut BytesMut) {
        let place = (at, &*item.id);
        match &item.kind {
            Kind::Message(parts) => self.last_part_done(place, parts, out),
            Kind::Thought(thought) => self.thought_done(place, &thought.text, out),
            Kind::Call(call) => self.arguments_done(place, &call.arguments, out),
            // It was there as a whole from its beginning.
            Kind::Proof(_) => return,
        }
        self.done(at, item, status, out);
    }

    /// The last of these parts begins.
    pub(super) fn part_added(&mut self, at: At<'_>, parts: &[Words<'_>], out: &mut BytesMut) {
        let Some(part) = parts.last() else { return };
        self.about("response.content_part.added", at, out, |event| {
            part.write(event.count("content_index", last(parts)).object("part"));
        });
    }

    /// More of the last part.
    pub(super) fn words(
        &mut self,
        at: At<'_>,
        parts: &[Words<'_>],
        (more, out): (&Words<'_>, &mut BytesMut),
    ) {
        let index = last(parts);
        match more {
            Words::Text(text, logprobs) => self.about("response.output_text.delta", at, out, |event| {
                event.count("content_index", index).text("delta", text);
                event.list("logprobs").elements(logprobs);
            }),
            Words::Refusal(text) => self.about("response.refusal.delta", at, out, |event| {
                event.count("content_index", index).text("delta", text);
            }),
        }
    }

    /// The last of these parts ends.
    pub(super) fn last_part_done(&mut self, at: At<'_>, parts: &[Words<'_>], out: &mut BytesMut) {
        let Some(part) = parts.last() else { return };
        let index = last(parts);
        match part {
            Words::Text(text, logprobs) => self.about("response.output_text.done", at, out, |event| {
                event.count("content_index", index).text("text", text);
                event.list("logprobs").elements(logprobs);
            }),
            Words::Refusal(text) => self.about("response.refusal.done", at, out, |event| {
                event.count("content_index", index).text("refusal", text);
            }),
        }
        self.about("response.content_part.done", at, out, |event| {
            part.write(event.count("content_index", index).object("part"));
        });
    }

    /// More of a thought, and its beginning before its first words.
    pub(super) fn thought(&mut self, at: At<'_>, is_first: bool, (more, out): (&str, &mut BytesMut)) {
        if is_first {
            self.about("response.reasoning_summary_part.added", at, out, |event| summary(event, ""));
        }
        self.about("response.reasoning_summary_text.delta", at, out, |event| {
            event.count("summary_index", 0).text("delta", more);
        });
    }

    /// The words of a thought end, if there were any.
    fn thought_done(&mut self, at: At<'_>, text: &str, out: &mut BytesMut) {
        if text.is_empty() {
            return;
        }
        self.about("response.reasoning_summary_text.done", at, out, |event| {
            event.count("summary_index", 0).text("text", text);
        });
        self.about("response.reasoning_summary_part.done", at, out, |event| summary(event, text));
    }

    /// More of a call's arguments.
    pub(super) fn arguments(&mut self, at: At<'_>, more: &str, out: &mut BytesMut) {
        self.about("response.function_call_arguments.delta", at, out, |event| {
            event.text("delta", more);
        });
    }

    /// The arguments of a call end. Where none came, they are an empty object.
    fn arguments_done(&mut self, at: At<'_>, all: &str, out: &mut BytesMut) {
        let all = if all.is_empty() { "{}" } else { all };
        self.about("response.function_call_arguments.done", at, out, |event| {
            event.text("arguments", all);
        });
    }
}

fn summary(event: &mut Object<'_>, text: &str) {
    let mut part = event.count("summary_index", 0).object("part");
    part.text("type", "summary_text").text("text", text);
}

/// The number of the last part.
fn last(parts: &[Words<'_>]) -> u64 {
    count(parts.len().saturating_sub(1))
}

fn count(at: usize) -> u64 {
    at.try_into().unwrap_or(u64::MAX)
}
