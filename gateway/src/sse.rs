//! Server-sent events, as bytes: where one event ends and the next begins, however the stream is cut.
//!
//! Nothing is re-written: what [`Splitter::feed`] gives out, end to end, is what went in. An incomplete event is kept
//! back, so that whatever is said next to the client begins on an event boundary. Lines end in LF, CR or CRLF, in any
//! mixture. This file does not know what events mean; that is [`crate::provider`]'s.
//!
//! **Source**: WHATWG HTML, section 9.2.6, "Interpreting an event stream".

use std::borrow::Cow;

use bytes::{Bytes, BytesMut};

use crate::limits::HELD_BYTES_FREE;
use crate::room::Space;

/// One event is larger than allowed, or than there is room for next to other large ones. The upstream is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {bytes_max} bytes, or many large ones are unfinished at once")]
pub struct EventTooLarge {
    bytes_max: usize,
}

/// Cuts a stream at event boundaries.
#[derive(Debug)]
pub struct Splitter {
    held: BytesMut,
    line: Line,
    bytes_max: usize,
    /// Taken for what is held past what needs no room.
    space: Option<Space>,
}

/// What came last, as far as it says how the next byte counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// At the start of a line.
    Start,
    /// The same, after a CR: an LF still belongs to the line before.
    AfterCr,
    /// The same, where the line before was blank.
    AfterBlankCr,
    /// Within a line.
    Inside,
}

impl Splitter {
    /// A splitter that keeps back at most `bytes_max` bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self { held: BytesMut::new(), line: Line::Start, bytes_max, space: None }
    }

    /// Takes room for what is kept back past [`HELD_BYTES_FREE`], and keeps back no more than there is room for.
    #[must_use]
    pub fn charging(self, space: Space) -> Self {
        Self { space: Some(space), ..self }
    }

    /// Takes the next chunk; gives what has become whole events, which may be nothing.
    ///
    /// A chunk that is whole events is given back as it is, without copying.
    pub fn feed(&mut self, mut chunk: Bytes) -> Result<Bytes, EventTooLarge> {
        let whole = self.scan(&chunk);
        let rest = chunk.split_off(whole);
        let run = if self.held.is_empty() || whole == 0 {
            chunk
        } else {
            self.held.extend_from_slice(&chunk);
            self.held.split().freeze()
        };
        let kept = self.held.len() + rest.len();
        if kept > self.bytes_max || !self.has_room(kept) {
            return Err(EventTooLarge { bytes_max: self.bytes_max });
        }
        if !rest.is_empty() {
            self.held.extend_from_slice(&rest);
        }
        Ok(run)
    }

    fn has_room(&mut self, kept: usize) -> bool {
        self.space.as_mut().is_none_or(|space| space.resize(kept.saturating_sub(HELD_BYTES_FREE)))
    }

    /// How many leading bytes of the chunk end at an event boundary.
    fn scan(&mut self, chunk: &[u8]) -> usize {
        if chunk.ends_with(b"\n\n") {
            self.line = Line::Start;
            return chunk.len();
        }
        let mut whole = 0;
        let mut line_start = 0;
        for at in memchr::memchr2_iter(b'\n', b'\r', chunk) {
            let is_cr = chunk.get(at) == Some(&b'\r');
            let line = if at > line_start { Line::Inside } else { self.line };
            line_start = at + 1;
            self.line = match (line, is_cr) {
                (Line::AfterCr | Line::Inside, false) => Line::Start,
                (Line::Inside, true) => Line::AfterCr,
                (Line::Start | Line::AfterCr | Line::AfterBlankCr, _) => {
                    whole = at + 1;
                    if is_cr { Line::AfterBlankCr } else { Line::Start }
                }
            };
        }
        if line_start < chunk.len() {
            self.line = Line::Inside;
        }
        whole
    }
}

/// The events of a run that [`Splitter::feed`] gave out, each with its final blank line.
pub fn events(run: &[u8]) -> Events<'_> {
    Events { rest: run }
}

/// See [`events`].
pub struct Events<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Events<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let mut end = 0;
        loop {
            let line = line_at(self.rest, end);
            end = line.next;
            if line.text.is_empty() || end >= self.rest.len() {
                break;
            }
        }
        let (event, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(event)
    }
}

/// The `data` of an event: `None` when it has none (a comment, or fields of other names).
pub fn data(event: &[u8]) -> Option<Cow<'_, [u8]>> {
    let event = event.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(event);
    let mut data: Option<Cow<'_, [u8]>> = None;
    let mut at = 0;
    while at < event.len() {
        let line = line_at(event, at);
        at = line.next;
        let value = match line.text.strip_prefix(b"data") {
            Some(b"") => b"",
            Some([b':', value @ ..]) => value.strip_prefix(b" ").unwrap_or(value),
            _ => continue,
        };
        match &mut data {
            None => data = Some(Cow::Borrowed(value)),
            Some(joined) => {
                let joined = joined.to_mut();
                joined.push(b'\n');
                joined.extend_from_slice(value);
            }
        }
    }
    data
}

struct LineAt<'a> {
    text: &'a [u8],
    next: usize,
}

/// The line that begins at `start`, without its end, and where the next one begins.
fn line_at(bytes: &[u8], start: usize) -> LineAt<'_> {
    let rest = bytes.get(start..).unwrap_or_default();
    let Some(length) = memchr::memchr2(b'\n', b'\r', rest) else {
        return LineAt { text: rest, next: bytes.len() };
    };
    let crlf = rest.get(length..length + 2) == Some(b"\r\n");
    LineAt { text: rest.get(..length).unwrap_or_default(), next: start + length + if crlf { 2 } else { 1 } }
}

#[cfg(test)]
mod tests;
