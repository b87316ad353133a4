//! Which HTTP a plain connection speaks: HTTP/2 with prior knowledge begins with a fixed text (RFC 9113, section 3.4).
//!
//! What is read to find out is given back first to whoever serves the connection. Reading waits for bytes and for
//! nothing else, and ends with the client: one that sends a part of the text and no more costs nothing while it waits.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// HTTP/1.0 or HTTP/1.1.
    One,
    /// HTTP/2.
    Two,
}

/// Reads the first bytes, at most as many as the text has. The caller bounds the time.
///
/// **Errors**: `UnexpectedEof` where the client ends before it can be told.
pub(super) async fn version<I: AsyncRead + Unpin>(mut io: I) -> io::Result<(Version, Rewound<I>)> {
    let mut begin = Begin { bytes: [0; PREFACE.len()], given: 0, len: 0 };
    loop {
        let room = begin.bytes.get_mut(begin.len..).unwrap_or_default();
        let read = io.read(room).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        begin.len = begin.len.saturating_add(read);
        if let Some(version) = judge(begin.bytes.get(..begin.len).unwrap_or_default()) {
            return Ok((version, Rewound { begin, io }));
        }
    }
}

/// `None` when it could still become either.
fn judge(begin: &[u8]) -> Option<Version> {
    if !PREFACE.starts_with(begin) {
        return Some(Version::One);
    }
    (begin.len() == PREFACE.len()).then_some(Version::Two)
}

/// A connection whose first bytes were read and are read again.
pub(super) struct Rewound<I> {
    begin: Begin,
    io: I,
}

struct Begin {
    bytes: [u8; PREFACE.len()],
    /// How many of them are given back.
    given: usize,
    /// How many of them were read.
    len: usize,
}

impl<I: AsyncRead + Unpin> AsyncRead for Rewound<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Begin { bytes, given, len } = &mut self.begin;
        let left = bytes.get(*given..*len).unwrap_or_default();
        if left.is_empty() {
            return Pin::new(&mut self.io).poll_read(context, into);
        }
        let piece = left.get(..left.len().min(into.remaining())).unwrap_or_default();
        into.put_slice(piece);
        *given = given.saturating_add(piece.len());
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Rewound<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Gives one piece a read and then ends, and counts how often it is asked.
    struct Pieces<'p>(Vec<&'p [u8]>, &'p Cell<usize>);

    impl AsyncRead for Pieces<'_> {
        fn poll_read(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            into: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            self.1.set(self.1.get() + 1);
            if !self.0.is_empty() {
                into.put_slice(self.0.remove(0));
            }
            Poll::Ready(Ok(()))
        }
    }

    /// What a connection that sends these pieces and ends is taken for; it is read again from its start.
    async fn check(pieces: &[&[u8]], expected: Option<Version>) {
        let asked = Cell::new(0);
        let opened = version(Pieces(pieces.to_vec(), &asked)).await;
        assert!(asked.get() <= pieces.len() + 1, "asked {} times", asked.get());
        match opened {
            Err(error) => assert_eq!((error.kind(), None), (io::ErrorKind::UnexpectedEof, expected)),
            Ok((version, mut rewound)) => {
                let mut all = Vec::new();
                rewound.read_to_end(&mut all).await.unwrap();
                assert_eq!((Some(version), all), (expected, pieces.concat()));
            }
        }
    }

    #[tokio::test]
    async fn only_the_whole_preface_is_http_2() {
        check(&[PREFACE], Some(Version::Two)).await;
        check(&[b"P", b"RI * HTTP/2.0\r\n\r\nS", b"M\r\n\r\n", b"more"], Some(Version::Two)).await;
        check(&[b"POST / HTTP/1.1\r\n"], Some(Version::One)).await;
        check(&[b"P", b"RI * HTTP/1.1\r\n", b"more"], Some(Version::One)).await;
    }

    #[tokio::test]
    async fn a_client_that_ends_before_it_can_be_told_is_let_go() {
        check(&[], None).await;
        check(&[b"P"], None).await;
        check(&[b"PRI * HTTP/2.0\r\n\r\n"], None).await;
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_more_of_the_text_wakes_nobody() {
        let (mut client, server) = tokio::io::duplex(64);
        tokio::io::AsyncWriteExt::write_all(&mut client, b"P").await.unwrap();
        let (polls, mut opening) = (Cell::new(0), std::pin::pin!(version(server)));
        let counted = std::future::poll_fn(|context| {
            polls.set(polls.get() + 1);
            opening.as_mut().poll(context)
        });
        assert!(tokio::time::timeout(crate::limits::HEAD_READ_MAX, counted).await.is_err());
        assert!(polls.get() <= 2, "polled {} times", polls.get());
    }
}
