//! A request body for an upstream: up to three pieces, sent one after the other, never joined.
//!
//! The middle piece is what was spliced in; the others are slices of the client's own bytes. Cloning shares them, so a
//! second attempt costs nothing.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use pointsman_schema::digest::{Digest, Hasher};

/// A part of a body, and what stands there instead.
pub type Edit = (std::ops::Range<usize>, Bytes);

/// A body of known length.
#[derive(Debug, Clone, Default)]
pub struct Payload {
    pieces: [Bytes; 3],
    next: usize,
}

impl Payload {
    /// A body in one piece.
    pub fn whole(bytes: Bytes) -> Self {
        Self { pieces: [bytes, Bytes::new(), Bytes::new()], next: 0 }
    }

    /// `body` with `range` replaced by `piece`; a range outside the body replaces nothing.
    pub fn spliced(body: &Bytes, range: std::ops::Range<usize>, piece: Bytes) -> Self {
        if range.start > range.end || range.end > body.len() {
            return Self::whole(body.clone());
        }
        if body.len() <= JOINED_BYTES_MAX {
            let mut joined = BytesMut::with_capacity(body.len() + piece.len());
            joined.extend_from_slice(body.get(..range.start).unwrap_or_default());
            joined.extend_from_slice(&piece);
            joined.extend_from_slice(body.get(range.end..).unwrap_or_default());
            return Self::whole(joined.freeze());
        }
        Self { pieces: [body.slice(..range.start), piece, body.slice(range.end..)], next: 0 }
    }

    /// `body` with ranges replaced that do not overlap.
    pub fn edited(body: &Bytes, edits: impl IntoIterator<Item = Option<Edit>>) -> Self {
        let mut edits: Vec<Edit> = edits.into_iter().flatten().collect();
        edits.sort_by_key(|(range, _)| range.start);
        let mut out = BytesMut::with_capacity(body.len());
        let mut at = 0;
        for (range, piece) in edits {
            out.extend_from_slice(body.get(at..range.start).unwrap_or_default());
            out.extend_from_slice(&piece);
            at = range.end;
        }
        out.extend_from_slice(body.get(at..).unwrap_or_default());
        Self::whole(out.freeze())
    }

    /// The digest of what is left.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::new();
        for piece in self.pieces.iter().skip(self.next) {
            hasher.update(piece);
        }
        hasher.finish()
    }

    /// How many bytes are left. **Unit**: bytes.
    pub fn len(&self) -> usize {
        self.pieces.iter().skip(self.next).map(Bytes::len).sum()
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        while self.pieces.get(self.next).is_some_and(Bytes::is_empty) {
            self.next += 1;
        }
        let at = self.next;
        let Some(piece) = self.pieces.get_mut(at).map(std::mem::take) else { return Poll::Ready(None) };
        self.next += 1;
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.len()).unwrap_or(u64::MAX))
    }
}

/// Below this, one copy is cheaper than three writes.
const JOINED_BYTES_MAX: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn check(body: &str, range: std::ops::Range<usize>, piece: &'static str, expected: &str) {
        let payload = Payload::spliced(
            &Bytes::copy_from_slice(body.as_bytes()),
            range,
            Bytes::from_static(piece.as_bytes()),
        );
        assert_eq!(payload.len(), expected.len());
        assert_eq!(payload.digest(), Digest::of(expected.as_bytes()));
        let sent = payload.clone().collect().await.unwrap().to_bytes();
        assert!(sent == expected.as_bytes(), "{} bytes", sent.len());
        let again = payload.collect().await.unwrap().to_bytes();
        assert_eq!(sent, again);
    }

    #[test]
    fn edits_are_made_in_the_order_of_the_body() {
        let edit = |range, piece: &'static str| Some((range, Bytes::from_static(piece.as_bytes())));
        let payload =
            Payload::edited(&Bytes::from_static(b"abcdef"), [edit(4..5, "Y"), None, edit(0..2, "")]);
        assert_eq!(payload.pieces[0], "cdYf");
    }

    #[tokio::test]
    async fn a_piece_replaces_a_range() {
        check("abcdef", 2..4, "XYZ", "abXYZef").await;
        check("abcdef", 0..6, "", "").await;
        check("abcdef", 4..9, "no", "abcdef").await;
        check("", 0..0, "x", "x").await;
        let long = "l".repeat(JOINED_BYTES_MAX + 1);
        check(&long, 1..2, "-", &format!("l-{}", &long[2..])).await;
        check(&long, 0..1, "", &long[1..]).await;
    }
}
