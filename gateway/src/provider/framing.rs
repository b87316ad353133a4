//! How a provider's stream is cut into events: server-sent events for most, binary frames for Bedrock.
//!
//! One place that knows both, so that whoever moves a stream need not. What events mean is each provider's own.

use bytes::Bytes;

use crate::provider::bedrock::frame;
use crate::room::Space;
use crate::sse;

/// The form of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Events,
    /// Amazon's event stream.
    Frames,
}

impl Framing {
    /// The media type that is asked for, and has to come.
    pub const fn media(self) -> &'static str {
        match self {
            Self::Events => "text/event-stream",
            Self::Frames => "application/vnd.amazon.eventstream",
        }
    }

    /// The events of a run that a [`Splitter`] of this form gave out.
    pub fn events(self, run: &[u8]) -> Events<'_> {
        match self {
            Self::Events => Events::Sse(sse::events(run)),
            Self::Frames => Events::Frames(frame::frames(run)),
        }
    }
}

/// A stream cannot be cut into events. The upstream is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadStream {
    /// One event is too large.
    #[error(transparent)]
    Event(#[from] sse::EventTooLarge),
    /// One frame is too large, or is none.
    #[error(transparent)]
    Frame(#[from] frame::BadStream),
}

/// Cuts a stream at event boundaries.
#[derive(Debug)]
pub enum Splitter {
    /// Server-sent events.
    Sse(sse::Splitter),
    /// Frames.
    Frames(frame::Splitter),
}

impl Splitter {
    /// A splitter of this form that takes events of at most `bytes_max` bytes, and room for what it keeps back.
    pub fn new(framing: Framing, bytes_max: usize, space: Space) -> Self {
        match framing {
            Framing::Events => Self::Sse(sse::Splitter::new(bytes_max).charging(space)),
            Framing::Frames => Self::Frames(frame::Splitter::new(bytes_max).charging(space)),
        }
    }

    /// Takes the next chunk; gives what has become whole events, which may be nothing.
    pub fn feed(&mut self, chunk: Bytes) -> Result<Bytes, BadStream> {
        Ok(match self {
            Self::Sse(splitter) => splitter.feed(chunk)?,
            Self::Frames(splitter) => splitter.feed(chunk)?,
        })
    }

    /// Whether a stream may end here. An event that has no blank line after it is none and counts as not sent, so it does
    /// not matter; half a frame was cut.
    pub fn may_end(&self) -> bool {
        match self {
            Self::Sse(_) => true,
            Self::Frames(splitter) => splitter.is_at_boundary(),
        }
    }
}

/// See [`Framing::events`].
pub enum Events<'a> {
    /// Server-sent events.
    Sse(sse::Events<'a>),
    /// Frames.
    Frames(frame::Frames<'a>),
}

impl<'a> Iterator for Events<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match self {
            Self::Sse(events) => events.next(),
            Self::Frames(frames) => frames.next(),
        }
    }
}
