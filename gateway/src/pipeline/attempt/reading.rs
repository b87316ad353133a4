//! Reading an answer until it is certain that it can be relayed. What is read until then is [held](super::Held).

use std::future::poll_fn;
use std::task::Poll;

use bytes::Bytes;
use pointsman_schema::outcome::Outcome;
use tokio::time::{Instant, timeout_at};

use super::{Events, Fault, Held, Read, Reading, Rest, Sent};
use crate::conversation::answer::Usage;
use crate::error::Kind;
use crate::limits::{
    ANSWER_HELD_BYTES_MAX, ANSWER_TRANSLATED_BYTES_MAX, EVENT_BYTES_MAX, HELD_BYTES_FREE, PREAMBLE_BYTES_MAX,
    PREAMBLE_EVENTS_MAX,
};
use crate::pipeline::passage::{Forwarded, Passage, Then, Translated};
use crate::provider::events::Format;
use crate::provider::framing::Splitter;
use crate::provider::head::is_media;
use crate::provider::refusal;
use crate::provider::usage::{self, Meter, Tail, Used};
use crate::translate::{self, Wire};

impl Reading<'_> {
    /// Holds an unstreamed answer until it is whole, or too large to be held. White space before it is let go: some
    /// providers send it to show that they live.
    pub(super) async fn whole(mut self, total: Instant) -> Result<Read, Fault> {
        let wire = match self.sent {
            Sent::Forwarded { .. } => None,
            Sent::Translated { wire, .. } => Some(wire),
        };
        let held_max = if wire.is_some() { ANSWER_TRANSLATED_BYTES_MAX } else { ANSWER_HELD_BYTES_MAX };
        let mut held = Held::within(self.room);
        let is_media = self.is_media();
        let (mut bytes, mut is_checked) = (0, is_media);
        while let Some(chunk) = self.next_chunk(total).await? {
            bytes += chunk.len();
            if is_media || !held.is_empty() || !chunk.trim_ascii_start().is_empty() {
                held.push(chunk);
            }
            if !is_checked && held.text_bytes() >= ERROR_START_BYTES {
                self.checked(&held).await?;
                is_checked = true;
            }
            let is_large = bytes > held_max || !held.has_room();
            if is_large && is_checked && wire.is_none() {
                return Ok(self.going_on(held));
            }
            if is_large {
                break;
            }
        }
        if !is_checked {
            self.checked(&held).await?;
        }
        if is_media {
            return Ok(Read { held, rest: None, used: Used::default() });
        }
        // A body that ends with its connection may have ended too soon, and nothing but its own form says so.
        match held.last_byte() {
            Some(b'}') => match wire {
                None => {
                    let used = self.used(usage::of_whole(self.format(), &held.end()), held.bytes());
                    Ok(Read { held, rest: None, used })
                }
                Some(wire) => self.translated(wire, &held),
            },
            _ => Err(Fault::of(Outcome::CutStream)),
        }
    }

    /// Whether the answer is anything but JSON, as it may be.
    fn is_media(&self) -> bool {
        let may_be = matches!(&self.sent, Sent::Forwarded { operation, .. } if operation.gives_media());
        may_be && !is_media(&self.head.headers, "application/json")
    }

    /// An answer that is too large to be held.
    fn going_on(self, held: Held) -> Read {
        let (last_byte, mut tail) = (held.last_byte(), Tail::new(self.format()));
        tail.push(&held.end());
        let is_media = self.is_media();
        let rest =
            Rest { answer: self.answer, events: None, secret: None, is_media, last_byte, tail: Some(tail) };
        Read { held, rest: Some(rest), used: Used::default() }
    }

    /// The format of the answer's words.
    fn format(&self) -> Format {
        Format::of(self.call.operation)
    }

    /// What a whole answer used: of a conversation at least what its length says, whatever its provider does.
    fn used(&self, usage: Option<Usage>, bytes: usize) -> Used {
        let is_said = self.call.operation.dialect().is_conversation();
        let pieces = if is_said { bytes / ANSWER_TOKEN_BYTES } else { 0 };
        Used { usage, pieces: u64::try_from(pieces).unwrap_or(u64::MAX) }
    }

    /// The whole answer in the client's words.
    fn translated(&self, wire: Wire, held: &Held) -> Result<Read, Fault> {
        let text = held.text();
        let text = simdutf8::basic::from_utf8(&text).map_err(|_| Fault::of(Outcome::ServerError))?;
        let answer =
            translate::answer(wire, self.call.operation.dialect(), text, &self.call.frame(self.target));
        let (answer, usage) = answer.map_err(|_| Fault::of(Outcome::ServerError))?;
        let mut translated = Held::within(self.room);
        translated.push(answer);
        Ok(Read { held: translated, rest: None, used: self.used(usage, held.bytes()) })
    }

    async fn next_chunk(&mut self, total: Instant) -> Result<Option<Bytes>, Fault> {
        // What is here already, as nearly always, needs no timer.
        let chunk = match poll_fn(|context| Poll::Ready(self.answer.poll_chunk(context))).await {
            Poll::Ready(chunk) => chunk,
            Poll::Pending => {
                let deadline = total.min(Instant::now() + self.target.times.between_chunks);
                let Ok(chunk) = timeout_at(deadline, self.answer.chunk()).await else {
                    return Err(Fault::of(Outcome::Timeout));
                };
                chunk
            }
        };
        chunk.transpose().map_err(|_| Fault::of(Outcome::CutStream))
    }

    /// Whether an answer begins like a completion: an object that is not an error.
    async fn checked(&mut self, held: &Held) -> Result<(), Fault> {
        let text = held.text();
        if !text.starts_with(b"{") || is_media(&self.head.headers, "text/") {
            return Err(Fault::of(Outcome::ServerError));
        }
        let begin = text.get(1..text.len().min(ERROR_START_BYTES)).unwrap_or_default().trim_ascii_start();
        if !begin.starts_with(b"\"error\"") || is_null_error(begin) {
            return Ok(());
        }
        let mut text = text.into_owned();
        text.extend_from_slice(&self.start_of_body().await);
        Err(self.failed_within(refusal::read(&text)))
    }

    /// Holds a stream until its first content, or its proper end.
    pub(super) async fn first_content(mut self) -> Result<Read, Fault> {
        let framing = self.sent.framing();
        if !is_media(&self.head.headers, framing.media()) {
            return Err(Fault::of(Outcome::ServerError));
        }
        let mut splitter = Splitter::new(framing, EVENT_BYTES_MAX, self.room.space());
        let mut passage = self.passage()?;
        let mut held = Held::within(self.room);
        let mut events = 0;
        while let Some(chunk) = self.answer.chunk().await {
            let chunk = chunk.map_err(|_| Fault::of(Outcome::CutStream))?;
            let run = splitter.feed(chunk).map_err(|_| Fault::of(Outcome::ServerError))?;
            if run.is_empty() {
                continue;
            }
            let whole = run.clone();
            let passed = passage.begin(run);
            match passed.then {
                Then::Error(said) if !passed.has_content => return Err(self.failed_within(*said)),
                Then::Malformed | Then::TooLong if !passed.has_content => {
                    return Err(Fault::of(Outcome::ServerError));
                }
                _ => {}
            }
            if !passed.bytes.is_empty() {
                held.push(passed.bytes);
            }
            if passed.has_content {
                let secret = self.secret.as_deref().cloned();
                let events = Some(Events { splitter, passage, then: passed.then });
                let (answer, is_media) = (self.answer, false);
                let rest = Rest { answer, events, secret, is_media, last_byte: None, tail: None };
                // What it used is asked for at its end.
                return Ok(Read { held, rest: Some(rest), used: Used::default() });
            }
            events += framing.events(&whole).count();
            if held.bytes() > PREAMBLE_BYTES_MAX || events > PREAMBLE_EVENTS_MAX || !held.has_room() {
                return Err(Fault::of(Outcome::ServerError));
            }
        }
        // One without content may be whole all the same.
        let rest = if splitter.may_end() { passage.close(&Then::More) } else { None };
        let rest = rest.ok_or_else(|| Fault::of(Outcome::CutStream))?;
        held.push(rest);
        Ok(Read { held, rest: None, used: passage.used() })
    }

    /// How the events of this answer reach the client.
    fn passage(&self) -> Result<Passage, Fault> {
        match self.sent {
            Sent::Forwarded { operation, hides_usage } => {
                let format = Format::of(operation);
                Ok(Passage::Forwarded(Forwarded { format, meter: Meter::new(format), hides_usage }))
            }
            Sent::Translated { wire, wants_usage } => {
                let frame = self.call.frame(self.target);
                // The request itself has taken its room only until now.
                let mut echo = self.room.space();
                let repeated = frame.echo.as_ref().map_or(0, String::len);
                if !echo.grow(repeated.saturating_sub(HELD_BYTES_FREE)) {
                    return Err(Fault::new(Outcome::ServerError, Kind::Overloaded.into()).unsent());
                }
                let dialect = self.call.operation.dialect();
                let stream = translate::Stream::new(wire, dialect, frame, wants_usage);
                let stream = stream.ok_or_else(|| Fault::of(Outcome::ServerError))?;
                Ok(Passage::Translated(Box::new(Translated { stream, _echo: echo })))
            }
        }
    }
}

/// `"error": null`, which some servers put first into a good answer.
fn is_null_error(member: &[u8]) -> bool {
    let value = member.strip_prefix(b"\"error\"").map(<[u8]>::trim_ascii_start);
    let value = value.and_then(|rest| rest.strip_prefix(b":")).map(<[u8]>::trim_ascii_start);
    value.is_some_and(|value| value.starts_with(b"null"))
}

/// What of an answer a token is taken for whose provider does not count. **Unit**: bytes.
const ANSWER_TOKEN_BYTES: usize = 4;
/// How far into an answer an error must begin to be looked for. **Unit**: bytes.
const ERROR_START_BYTES: usize = 64;
