//! What is held back of an answer, and the room that it takes until the client has taken it.
//!
//! A small answer takes none: [`HELD_BYTES_FREE`] of each are not counted.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use crate::limits::HELD_BYTES_FREE;
use crate::room::{Room, Space};

/// See the module.
pub(in crate::pipeline) struct Held {
    chunks: VecDeque<Bytes>,
    bytes: usize,
    space: Space,
}

impl Held {
    /// Nothing yet.
    pub(super) fn within(room: &Arc<Room>) -> Self {
        Self { chunks: VecDeque::with_capacity(2), bytes: 0, space: room.space() }
    }

    pub(super) fn push(&mut self, chunk: Bytes) {
        self.bytes += chunk.len();
        self.chunks.push_back(chunk);
    }

    /// Takes the room for what is held; `false` when there is not as much.
    pub(super) fn has_room(&mut self) -> bool {
        self.space.resize(self.bytes.saturating_sub(HELD_BYTES_FREE))
    }

    /// The next that the client gets. The room of the last is free with the whole.
    pub(in crate::pipeline) fn pop(&mut self) -> Option<Bytes> {
        let chunk = self.chunks.pop_front()?;
        self.bytes -= chunk.len();
        Some(chunk)
    }

    pub(in crate::pipeline) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// **Unit**: bytes.
    pub(in crate::pipeline) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// All of it in one piece.
    pub(in crate::pipeline) fn joined(&self) -> Bytes {
        self.chunks.iter().flatten().copied().collect()
    }

    /// All of it, without space before it.
    pub(super) fn text(&self) -> Cow<'_, [u8]> {
        let mut chunks = self.chunks.iter();
        let first = chunks.next().map_or(&[][..], |first| first.trim_ascii_start());
        if self.chunks.len() <= 1 {
            return Cow::Borrowed(first);
        }
        let mut text = Vec::with_capacity(self.bytes);
        text.extend_from_slice(first);
        chunks.for_each(|chunk| text.extend_from_slice(chunk));
        Cow::Owned(text)
    }

    /// The end of it, which is the last piece where that is not a short one.
    pub(super) fn end(&self) -> Cow<'_, [u8]> {
        match self.chunks.back() {
            Some(last) if self.chunks.len() == 1 || last.len() >= END_BYTES => Cow::Borrowed(last),
            _ => self.text(),
        }
    }

    /// **Unit**: bytes, without space before them.
    pub(super) fn text_bytes(&self) -> usize {
        let first = self.chunks.front();
        let space = first.map_or(0, |first| first.len() - first.trim_ascii_start().len());
        self.bytes - space
    }

    /// The last that is not space.
    pub(super) fn last_byte(&self) -> Option<u8> {
        self.chunks.iter().rev().find_map(|chunk| chunk.trim_ascii_end().last().copied())
    }
}

/// As much of an answer has all that it says of itself at its end. **Unit**: bytes.
const END_BYTES: usize = 16 << 10;
