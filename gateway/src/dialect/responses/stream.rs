//! Writing an answer in pieces: every item is announced, grows, and is given whole at its end, as the answer is at its.
//!
//! So all of it is gathered here, up to [`ANSWER_GATHERED_BYTES_MAX`]; what is longer is given up, which
//! [`Writer::is_full`] says. A message or a thought ends where something else begins; calls stay open beside each other
//! until something else begins, since their arguments may come mixed.

mod events;

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};

use self::events::Events;
use super::item::{Ids, Item, Kind, Status, Words, incomplete};
use super::logprobs;
use super::whole::Whole;
use crate::conversation::answer::{Delta, Finish, Opaque, Usage};
use crate::conversation::message::{Thought, ToolCall};
use crate::dialect::Frame;
use crate::json::write::Object;
use crate::limits::ANSWER_GATHERED_BYTES_MAX;

/// Writes the events of one answer.
#[derive(Debug)]
pub struct Writer {
    frame: Frame,
    ids: Ids,
    model: Option<String>,
    events: Events,
    items: Vec<Item<'static>>,
    /// How many of them, from the front, have ended.
    ended: usize,
    /// The number of each call, and the item that it is.
    calls: Vec<(u32, usize)>,
    finish: Option<Finish>,
    usage: Option<Usage>,
    gathered_bytes: usize,
}

impl Writer {
    /// A writer for one answer.
    pub fn new(frame: Frame) -> Self {
        Self {
            ids: Ids::new(None, &frame),
            frame,
            model: None,
            events: Events::default(),
            items: Vec::new(),
            ended: 0,
            calls: Vec::new(),
            finish: None,
            usage: None,
            gathered_bytes: 0,
        }
    }

    /// The number that the next event has.
    pub const fn sequence(&self) -> u64 {
        self.events.next
    }

    /// Whether the answer is longer than can be gathered, so that nothing more is written.
    pub const fn is_full(&self) -> bool {
        self.gathered_bytes > ANSWER_GATHERED_BYTES_MAX
    }

    /// Writes what one step means, which may be nothing. There is one answer to a request in this API.
    pub fn write(&mut self, delta: &Delta<'_>, out: &mut BytesMut) {
        self.gathered_bytes = self.gathered_bytes.saturating_add(weight(delta));
        if self.is_full() {
            return;
        }
        match delta {
            Delta::Begin { id, model } => {
                self.ids = Ids::new(id.as_deref(), &self.frame);
                self.model = model.as_deref().map(str::to_owned);
            }
            Delta::Text { choice: 0, text } => {
                self.words(Words::Text(Cow::Borrowed(text), String::new()), out);
            }
            Delta::Refusal { choice: 0, text } => self.words(Words::Refusal(Cow::Borrowed(text)), out),
            Delta::Thought { choice: 0, thought } => self.thought(thought, out),
            Delta::ToolCall { choice: 0, index, call } => self.call(*index, call, out),
            Delta::Arguments { choice: 0, index, json } => self.arguments(*index, json, out),
            Delta::Logprobs { choice: 0, logprobs } => self.logprobs(*logprobs, out),
            Delta::Finish { choice: 0, finish, stop: _ } => {
                self.finish = Some(*finish);
                self.end_items(out);
            }
            Delta::Usage(used) => self.usage = Some(*used),
            Delta::End => self.end(out),
            Delta::Text { .. }
            | Delta::Refusal { .. }
            | Delta::Thought { .. }
            | Delta::ToolCall { .. }
            | Delta::Arguments { .. }
            | Delta::Logprobs { .. }
            | Delta::Finish { .. } => {}
        }
    }

    /// The first events come with the first of the answer itself: until then another provider may take over.
    fn begin(&mut self, out: &mut BytesMut) {
        if self.events.next == 0 {
            self.whole("response.created", None, out);
            self.whole("response.in_progress", None, out);
        }
    }

    fn whole(&mut self, kind: &str, finish: Option<Finish>, out: &mut BytesMut) {
        let whole = Whole {
            ids: &self.ids,
            frame: &self.frame,
            model: self.model.as_deref().unwrap_or(&self.frame.model),
            items: &self.items,
            usage: self.usage.as_ref(),
            finish,
        };
        self.events.write(kind, out, |event| whole.write(event.object("response")));
    }

    /// Begins another item.
    fn add(&mut self, kind: Kind<'static>, out: &mut BytesMut) {
        self.begin(out);
        let at = self.items.len();
        let item = self.ids.item(at, kind);
        self.events.added(at, &item, out);
        self.items.push(item);
    }

    /// The message or the thought that goes on.
    fn open(&mut self) -> Option<(usize, &mut Item<'static>)> {
        let at = self.items.len().checked_sub(1).filter(|at| *at >= self.ended)?;
        self.items.get_mut(at).map(|item| (at, item))
    }

    fn words(&mut self, more: Words<'_>, out: &mut BytesMut) {
        if !matches!(self.open(), Some((_, Item { kind: Kind::Message(_), .. }))) {
            self.end_items(out);
            self.add(Kind::Message(Vec::new()), out);
        }
        let at = self.items.len().saturating_sub(1);
        let Some(Item { id, kind: Kind::Message(parts) }) = self.items.last_mut() else { return };
        let goes_on = matches!(
            (parts.last(), &more),
            (Some(Words::Text(..)), Words::Text(..)) | (Some(Words::Refusal(_)), Words::Refusal(_))
        );
        if !goes_on {
            self.events.last_part_done((at, id), parts, out);
            parts.push(match &more {
                Words::Text(..) => Words::Text(Cow::Borrowed(""), String::new()),
                Words::Refusal(_) => Words::Refusal(Cow::Borrowed("")),
            });
            self.events.part_added((at, id), parts, out);
        }
        self.events.words((at, id), parts, (&more, out));
        match (parts.last_mut(), more) {
            (Some(Words::Text(text, all)), Words::Text(more, logprobs)) => {
                text.to_mut().push_str(&more);
                if !all.is_empty() && !logprobs.is_empty() {
                    all.push(',');
                }
                all.push_str(&logprobs);
            }
            (Some(Words::Refusal(text)), Words::Refusal(more)) => text.to_mut().push_str(&more),
            _ => {}
        }
    }

    /// With a piece of no words, since they belong to the words before. Tokens of anything but words have no place.
    fn logprobs(&mut self, logprobs: Opaque<'_>, out: &mut BytesMut) {
        let elements = logprobs::elements(logprobs);
        let is_text = matches!(
            self.open(),
            Some((_, Item { kind: Kind::Message(parts), .. })) if matches!(parts.last(), Some(Words::Text(..)))
        );
        if is_text && !elements.is_empty() {
            self.words(Words::Text(Cow::Borrowed(""), elements), out);
        }
    }

    fn thought(&mut self, more: &Thought<'_>, out: &mut BytesMut) {
        let Thought { text, signature, redacted } = more;
        if text.is_empty() && signature.is_none() && redacted.is_none() {
            return;
        }
        let goes_on = matches!(self.open(), Some((_, Item { kind: Kind::Thought(_), .. })));
        if !goes_on || redacted.is_some() {
            self.end_items(out);
            self.add(Kind::Thought(Thought::default()), out);
        }
        let at = self.items.len().saturating_sub(1);
        let Some(Item { id, kind: Kind::Thought(thought) }) = self.items.last_mut() else { return };
        if !text.is_empty() {
            self.events.thought((at, id), thought.text.is_empty(), (text, out));
            thought.text.to_mut().push_str(text);
        }
        let own = |text: &Option<Cow<'_, str>>| text.as_deref().map(|text| Cow::Owned(text.to_owned()));
        thought.signature = own(signature);
        thought.redacted = own(redacted);
        if signature.is_some() || redacted.is_some() {
            self.end_items(out);
        }
    }

    fn call(&mut self, index: u32, call: &ToolCall<'_>, out: &mut BytesMut) {
        if !matches!(self.open(), Some((_, Item { kind: Kind::Call(_), .. }))) {
            self.end_items(out);
        }
        if let Some(proof) = &call.signature {
            self.add(Kind::Proof(Cow::Owned(proof.clone().into_owned())), out);
            let at = self.items.len().saturating_sub(1);
            if let Some(item) = self.items.last() {
                self.events.done(at, item, Status::Completed, out);
            }
        }
        let empty = ToolCall {
            id: Cow::Owned(call.id.clone().into_owned()),
            name: Cow::Owned(call.name.clone().into_owned()),
            arguments: Cow::Borrowed(""),
            signature: None,
        };
        self.calls.push((index, self.items.len()));
        self.add(Kind::Call(empty), out);
        self.arguments(index, &call.arguments, out);
    }

    fn arguments(&mut self, index: u32, json: &str, out: &mut BytesMut) {
        let found = self.calls.iter().rev().find(|(one, _)| *one == index);
        let Some((_, at)) = found.copied().filter(|(_, at)| *at >= self.ended) else { return };
        let Some(Item { id, kind: Kind::Call(call) }) = self.items.get_mut(at) else { return };
        if !json.is_empty() {
            self.events.arguments((at, id), json, out);
            call.arguments.to_mut().push_str(json);
        }
    }

    /// Ends all items that have not ended. The last of all was cut where the answer was.
    fn end_items(&mut self, out: &mut BytesMut) {
        let cut = self.finish.and_then(incomplete).is_some();
        let count = self.items.len();
        for (at, item) in self.items.iter().enumerate().skip(self.ended) {
            let status = if cut && at + 1 == count { Status::Incomplete } else { Status::Completed };
            self.events.ended(at, item, status, out);
        }
        self.ended = count;
    }

    fn end(&mut self, out: &mut BytesMut) {
        self.begin(out);
        if self.items.is_empty() {
            self.words(Words::Text(Cow::Borrowed(""), String::new()), out);
        }
        self.end_items(out);
        let finish = self.finish.unwrap_or_default();
        let kind = if incomplete(finish).is_some() { "response.incomplete" } else { "response.completed" };
        self.whole(kind, Some(finish), out);
    }
}

/// What a step adds to what is gathered, roughly. **Unit**: bytes.
fn weight(delta: &Delta<'_>) -> usize {
    let length = |text: &Option<Cow<'_, str>>| text.as_ref().map_or(0, |text| text.len());
    match delta {
        Delta::Text { text, .. } | Delta::Refusal { text, .. } => text.len(),
        Delta::Thought { thought, .. } => {
            let proof = length(&thought.signature) + length(&thought.redacted);
            thought.text.len() + proof + if proof > 0 { ITEM_BYTES } else { 0 }
        }
        Delta::ToolCall { call, .. } => {
            ITEM_BYTES + call.id.len() + call.name.len() + call.arguments.len() + length(&call.signature)
        }
        Delta::Arguments { json, .. } => json.len(),
        Delta::Logprobs { logprobs, .. } => logprobs.0.get().len(),
        Delta::Begin { .. } | Delta::Finish { .. } | Delta::Usage(_) | Delta::End => 0,
    }
}

/// What an item takes beside its texts. **Unit**: bytes.
const ITEM_BYTES: usize = 256;

/// The event that ends a stream which cannot go on.
///
/// Its form has the members beside its type; that many clients raise an error only for a member `error`, as OpenAI itself
/// sends one, is why they are there twice.
pub fn error_event(message: &str, code: Option<&str>, param: Option<&str>, sequence: u64) -> Bytes {
    let mut out = BytesMut::with_capacity(256);
    let mut events = Events { next: sequence };
    events.write("error", &mut out, |event| {
        told(event, message, (code, param));
        let mut inner = event.object("error");
        inner.text("type", "server_error");
        told(&mut inner, message, (code, param));
    });
    out.freeze()
}

fn told(out: &mut Object<'_>, message: &str, (code, param): (Option<&str>, Option<&str>)) {
    for (name, value) in [("code", code), ("message", Some(message)), ("param", param)] {
        match value {
            Some(value) => out.text(name, value),
            None => out.null(name),
        };
    }
}

#[cfg(test)]
mod tests;
