//! One HTTP/1.1 message as it arrives, request or answer: where its head ends, and when it is complete.
//!
//! Just enough of the protocol for a load generator and an upstream that cost less than what they measure. Bodies are
//! counted, not kept, but for their first bytes. Not a parser for hostile input; the invariant is only that it never
//! keeps more than a head and those first bytes.

use std::io;

use super::limits;

/// A message that is arriving.
#[derive(Debug)]
pub(crate) struct Message {
    head: Vec<u8>,
    /// The first bytes of the body.
    start: Vec<u8>,
    part: Part,
}

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Head,
    /// So many more bytes of a body with a declared length.
    Body(usize),
    /// The line with the size of the next chunk, as far as it was read.
    ChunkSize(usize),
    /// The rest of that line, and then so many bytes.
    ChunkLine(usize),
    /// So many more bytes of a chunk, its line end included.
    Chunk(usize),
    /// So many more bytes after the last chunk.
    End(usize),
    Done,
}

impl Message {
    /// A message of which nothing has arrived.
    pub(crate) fn new() -> Self {
        Self { head: Vec::new(), start: Vec::new(), part: Part::Head }
    }

    /// Takes bytes that arrived.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let Some((first, rest)) = bytes.split_first() {
            match self.part {
                Part::Head => bytes = self.feed_head(bytes)?,
                Part::Body(left) | Part::Chunk(left) | Part::End(left) => {
                    let (now, later) = bytes.split_at(left.min(bytes.len()));
                    if !matches!(self.part, Part::End(_)) {
                        let room = START_BYTES_MAX.saturating_sub(self.start.len()).min(now.len());
                        self.start.extend(now.iter().take(room));
                    }
                    self.part = self.after(left - now.len());
                    bytes = later;
                }
                Part::ChunkSize(size) => {
                    self.part = chunk_size(size, *first)?;
                    bytes = rest;
                }
                Part::ChunkLine(size) => {
                    if *first == b'\n' {
                        self.part =
                            if size == 0 { Part::End(2) } else { Part::Chunk(size.saturating_add(2)) };
                    }
                    bytes = rest;
                }
                Part::Done => return Err(io::Error::other("bytes after the end of a message")),
            }
        }
        Ok(())
    }

    /// Whether all of it has arrived.
    pub(crate) fn is_done(&self) -> bool {
        self.part == Part::Done
    }

    /// Whether a part of its body has arrived.
    pub(crate) fn has_body(&self) -> bool {
        !self.start.is_empty()
    }

    /// The first bytes of its body.
    #[cfg(test)]
    fn start(&self) -> &[u8] {
        &self.start
    }

    /// Whether it is a request for a stream: its body begins by saying so, or its head does.
    pub(crate) fn asks_for_stream(&self) -> bool {
        let says = |text: &[u8], mark: &[u8]| memchr::memmem::find(text, mark).is_some();
        says(&self.start, br#""stream":true"#) || says(&self.head, b"accept: text/event-stream")
    }

    /// Whether it is an answer with status 200.
    pub(crate) fn is_ok(&self) -> bool {
        self.head.starts_with(b"HTTP/1.1 200 ")
    }

    /// The head and the first bytes of the body, for an error.
    pub(crate) fn describe(&self) -> String {
        format!("{} {}", String::from_utf8_lossy(&self.head), String::from_utf8_lossy(&self.start))
            .replace("\r\n", " ")
    }

    /// The part that follows when `left` bytes of the present one are outstanding.
    fn after(&self, left: usize) -> Part {
        match (self.part, left) {
            (Part::Chunk(_), 0) => Part::ChunkSize(0),
            (_, 0) => Part::Done,
            (Part::Chunk(_), left) => Part::Chunk(left),
            (Part::End(_), left) => Part::End(left),
            (_, left) => Part::Body(left),
        }
    }

    /// Takes what belongs to the head; returns the rest.
    fn feed_head<'a>(&mut self, bytes: &'a [u8]) -> io::Result<&'a [u8]> {
        let before = self.head.len();
        self.head.extend_from_slice(bytes);
        let Some(end) = memchr::memmem::find(&self.head, b"\r\n\r\n").map(|at| at + 4) else {
            let fits = self.head.len() <= limits::HEAD_BYTES_MAX;
            return if fits { Ok(&[]) } else { Err(io::Error::other("the head is too long")) };
        };
        self.head.truncate(end);
        self.part = part_after(&self.head);
        Ok(bytes.get(end.saturating_sub(before)..).unwrap_or_default())
    }
}

/// What follows a head.
fn part_after(head: &[u8]) -> Part {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    if text.contains("\r\ntransfer-encoding: chunked\r\n") {
        return Part::ChunkSize(0);
    }
    let length = text.split_once("\r\ncontent-length:").and_then(|(_, rest)| rest.split_once("\r\n"));
    match length.and_then(|(length, _)| length.trim().parse().ok()) {
        None | Some(0) => Part::Done,
        Some(length) => Part::Body(length),
    }
}

/// One more byte of the line with a chunk's size.
fn chunk_size(size: usize, byte: u8) -> io::Result<Part> {
    match char::from(byte).to_digit(16) {
        Some(digit) => {
            let digit = usize::try_from(digit).map_err(io::Error::other)?;
            let size = size.checked_mul(16).and_then(|size| size.checked_add(digit));
            size.map(Part::ChunkSize).ok_or_else(|| io::Error::other("a chunk is too large"))
        }
        None if byte == b'\r' || byte == b';' => Ok(Part::ChunkLine(size)),
        None => Err(io::Error::other("a chunk's size is not a number")),
    }
}

/// **Unit**: bytes of a body that are kept.
const START_BYTES_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a message whole and byte by byte; it must be complete exactly at its end.
    fn check(text: &str, start: &str) {
        let mut whole = Message::new();
        whole.feed(text.as_bytes()).unwrap();
        assert!(whole.is_done(), "{text:?}: {whole:?}");
        let mut slow = Message::new();
        for byte in text.as_bytes() {
            assert!(!slow.is_done(), "{text:?} ended early");
            slow.feed(&[*byte]).unwrap();
        }
        assert!(slow.is_done() && slow.feed(b"x").is_err());
        for message in [&whole, &slow] {
            let kept = String::from_utf8_lossy(message.start());
            assert!(kept.starts_with(start), "{kept:?}");
            assert_eq!(message.has_body(), !start.is_empty());
        }
    }

    #[test]
    fn messages_end_where_they_say() {
        check("POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "hello");
        check(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n",
            "hello\r\n!",
        );
        check("HTTP/1.1 204 No Content\r\n\r\n", "");
    }

    #[test]
    fn what_never_ends_is_refused() {
        assert!(Message::new().feed(&vec![b'x'; limits::HEAD_BYTES_MAX + 1]).is_err());
        let mut message = Message::new();
        message.feed(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        assert!(message.feed(b"zz").is_err());
    }
}
