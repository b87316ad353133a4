//! The frames of Amazon's event stream, as bytes: where one ends and the next begins, however the stream is cut, and what
//! one holds.
//!
//! A frame is a prelude of three numbers (its length, that of its headers, a checksum of both), headers, a payload, and a
//! checksum of all before it. [`Splitter`] believes no length before its checksum; [`Frame::read`] believes nothing at all
//! before the other. This file does not know what frames mean; that is [`super::stream`]'s.
//!
//! **Source**: Smithy, "Amazon Event Stream specification"; CRC-32 as in gzip (ITU-T V.42).

use bytes::{Bytes, BytesMut};

use crate::limits::HELD_BYTES_FREE;
use crate::room::Space;

/// A stream cannot be cut into frames. The upstream is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadStream {
    /// One frame is larger than allowed, or than there is room for next to other large ones.
    #[error("a frame is larger than {bytes_max} bytes, or many large ones are unfinished at once")]
    TooLarge {
        /// **Unit**: bytes.
        bytes_max: usize,
    },
    /// What should be a frame's prelude is none.
    #[error("a frame does not begin as one")]
    NoPrelude,
}

/// Cuts a stream at frame boundaries.
#[derive(Debug)]
pub struct Splitter {
    held: BytesMut,
    /// As much of the prelude as is here, while it is not whole.
    prelude: Vec<u8>,
    /// What the frame that was begun still wants after its prelude. **Unit**: bytes.
    wanted: usize,
    bytes_max: usize,
    /// Taken for what is held past what needs no room.
    space: Option<Space>,
}

impl Splitter {
    /// A splitter that takes frames of at most `bytes_max` bytes.
    pub fn new(bytes_max: usize) -> Self {
        let prelude = Vec::with_capacity(PRELUDE_BYTES);
        Self { held: BytesMut::new(), prelude, wanted: 0, bytes_max, space: None }
    }

    /// Takes room for what is kept back past [`HELD_BYTES_FREE`], and keeps back no more than there is room for.
    #[must_use]
    pub fn charging(self, space: Space) -> Self {
        Self { space: Some(space), ..self }
    }

    /// Takes the next chunk; gives what has become whole frames, which may be nothing.
    ///
    /// A chunk that is whole frames is given back as it is, without copying.
    pub fn feed(&mut self, mut chunk: Bytes) -> Result<Bytes, BadStream> {
        let whole = self.scan(&chunk)?;
        let rest = chunk.split_off(whole);
        let run = if self.held.is_empty() || whole == 0 {
            chunk
        } else {
            self.held.extend_from_slice(&chunk);
            self.held.split().freeze()
        };
        if !self.has_room(self.held.len() + rest.len()) {
            return Err(BadStream::TooLarge { bytes_max: self.bytes_max });
        }
        if !rest.is_empty() {
            self.held.extend_from_slice(&rest);
        }
        Ok(run)
    }

    /// Whether the stream ends here between two frames.
    pub fn is_at_boundary(&self) -> bool {
        self.held.is_empty()
    }

    fn has_room(&mut self, kept: usize) -> bool {
        self.space.as_mut().is_none_or(|space| space.resize(kept.saturating_sub(HELD_BYTES_FREE)))
    }

    /// How many leading bytes of the chunk end at a frame boundary.
    fn scan(&mut self, chunk: &[u8]) -> Result<usize, BadStream> {
        let mut rest = chunk;
        let mut whole = 0;
        while !rest.is_empty() {
            if self.wanted == 0 {
                rest = self.begin(rest)?;
            }
            let step = self.wanted.min(rest.len());
            rest = rest.get(step..).unwrap_or_default();
            // A frame is more than its prelude, so this is 0 only where one ends, or before the prelude is whole.
            self.wanted -= step;
            if self.wanted == 0 && self.prelude.is_empty() {
                whole = chunk.len() - rest.len();
            }
        }
        Ok(whole)
    }

    /// Reads the prelude, or more of it; gives what follows.
    fn begin<'c>(&mut self, chunk: &'c [u8]) -> Result<&'c [u8], BadStream> {
        let missing = PRELUDE_BYTES - self.prelude.len();
        let (more, rest) = chunk.split_at(missing.min(chunk.len()));
        self.prelude.extend_from_slice(more);
        if self.prelude.len() == PRELUDE_BYTES {
            let prelude = Prelude::read(&self.prelude).ok_or(BadStream::NoPrelude)?;
            self.prelude.clear();
            if prelude.frame_bytes > self.bytes_max {
                return Err(BadStream::TooLarge { bytes_max: self.bytes_max });
            }
            self.wanted = prelude.frame_bytes - PRELUDE_BYTES;
        }
        Ok(rest)
    }
}

/// The frames of a run that [`Splitter::feed`] gave out.
pub fn frames(run: &[u8]) -> Frames<'_> {
    Frames { rest: run }
}

/// See [`frames`].
pub struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Frames<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        // What is no frame is given out whole, so that whoever reads it sees that it is none.
        let prelude = Prelude::read(self.rest).filter(|prelude| prelude.frame_bytes <= self.rest.len());
        let (frame, rest) =
            self.rest.split_at(prelude.map_or(self.rest.len(), |prelude| prelude.frame_bytes));
        self.rest = rest;
        Some(frame)
    }
}

/// What a frame begins with.
struct Prelude {
    /// **Unit**: bytes, prelude and checksums included.
    frame_bytes: usize,
    /// **Unit**: bytes.
    headers_bytes: usize,
}

impl Prelude {
    /// Reads one from the start of a text. None where the checksum is wrong, or the headers do not fit into the frame.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (lengths, rest) = bytes.split_first_chunk::<8>()?;
        let (checksum, _) = rest.split_first_chunk::<4>()?;
        if crc32fast::hash(lengths) != u32::from_be_bytes(*checksum) {
            return None;
        }
        let (frame, rest) = number(lengths)?;
        let (headers, _) = number(rest)?;
        let (frame_bytes, headers_bytes) = (usize::try_from(frame).ok()?, usize::try_from(headers).ok()?);
        let least = headers_bytes.checked_add(PRELUDE_BYTES + CHECKSUM_BYTES)?;
        (frame_bytes >= least).then_some(Self { frame_bytes, headers_bytes })
    }
}

/// A frame is damaged, or is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame is damaged")]
pub struct Damaged;

/// What a frame holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Frame<'a> {
    /// `:message-type`: `event`, `exception` or `error`.
    pub message_type: &'a str,
    /// `:event-type`, `:exception-type` or `:error-code`.
    pub name: &'a str,
    /// `:error-message`.
    pub error_message: &'a str,
    /// JSON, for the streams that are read here.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Reads one whole frame.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Damaged> {
        Self::checked(bytes).ok_or(Damaged)
    }

    fn checked(bytes: &'a [u8]) -> Option<Self> {
        let prelude = Prelude::read(bytes)?;
        if prelude.frame_bytes != bytes.len() {
            return None;
        }
        let (summed, checksum) = bytes.split_last_chunk::<4>()?;
        if crc32fast::hash(summed) != u32::from_be_bytes(*checksum) {
            return None;
        }
        let (mut headers, payload) = summed.get(PRELUDE_BYTES..)?.split_at_checked(prelude.headers_bytes)?;
        let mut frame = Self { payload, ..Self::default() };
        while !headers.is_empty() {
            headers = frame.header(headers)?;
        }
        Some(frame)
    }

    /// Takes the first header; gives those after it.
    fn header(&mut self, headers: &'a [u8]) -> Option<&'a [u8]> {
        let (length, rest) = headers.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(*length))?;
        let (kind, rest) = rest.split_first()?;
        let value_bytes = match *kind {
            // True and false say it with their kind.
            0 | 1 => 0,
            2 => 1,
            3 => 2,
            4 => 4,
            // A large number or a time.
            5 | 8 => 8,
            // Bytes or a text, after their length.
            6 | TEXT => {
                let (length, rest) = rest.split_first_chunk::<2>()?;
                let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
                if *kind == TEXT {
                    self.text(name, value)?;
                }
                return Some(rest);
            }
            // A UUID.
            9 => 16,
            _ => return None,
        };
        rest.get(value_bytes..)
    }

    fn text(&mut self, name: &[u8], value: &'a [u8]) -> Option<()> {
        let slot = match name {
            b":message-type" => &mut self.message_type,
            b":event-type" | b":exception-type" | b":error-code" => &mut self.name,
            b":error-message" => &mut self.error_message,
            _ => return Some(()),
        };
        *slot = simdutf8::basic::from_utf8(value).ok()?;
        Some(())
    }
}

/// A number, and what follows it.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*number), rest))
}

/// **Unit**: bytes of the three numbers that a frame begins with.
const PRELUDE_BYTES: usize = 12;
/// **Unit**: bytes of the one that it ends with.
const CHECKSUM_BYTES: usize = 4;
/// The kind of a header that is a text.
const TEXT: u8 = 7;

#[cfg(test)]
pub(super) mod tests;
