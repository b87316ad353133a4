//! A request body for an upstream: the client's own bytes with other pieces between them, sent one after the other.
//!
//! A large body is never copied: what is spliced in stands between slices of it. Cloning shares all of them, so a second
//! attempt costs nothing.

use std::convert::Infallible;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use pointsman_schema::digest::{Digest, Hasher};

/// A part of a body, and what stands there instead.
pub type Edit = (Range<usize>, Bytes);

/// A body of known length.
#[derive(Debug, Clone, Default)]
pub struct Payload {
    first: Bytes,
    /// What follows, the last first. Of few bodies.
    rest: Vec<Bytes>,
}

impl Payload {
    /// A body in one piece.
    pub const fn whole(bytes: Bytes) -> Self {
        Self { first: bytes, rest: Vec::new() }
    }

    /// `body` with these parts replaced, which do not overlap; one outside the body replaces nothing.
    pub fn edited<const N: usize>(body: &Bytes, mut edits: [Option<Edit>; N]) -> Self {
        edits.sort_by_key(|edit| edit.as_ref().map(|(range, _)| range.start));
        let mut at = 0;
        for edit in &mut edits {
            let is_good =
                |(range, _): &Edit| at <= range.start && range.start <= range.end && range.end <= body.len();
            *edit = edit.take().filter(is_good);
            at = edit.as_ref().map_or(at, |(range, _)| range.end);
        }
        let edits = edits.iter().flatten();
        if edits.clone().next().is_none() {
            return Self::whole(body.clone());
        }
        if body.len() <= JOINED_BYTES_MAX {
            return Self::whole(joined(body, edits));
        }
        let mut pieces = Vec::with_capacity(2 * N + 1);
        let mut at = 0;
        for (range, piece) in edits {
            pieces.push(body.slice(at..range.start));
            pieces.push(piece.clone());
            at = range.end;
        }
        pieces.push(body.slice(at..));
        pieces.reverse();
        let first = pieces.pop().unwrap_or_default();
        Self { first, rest: pieces }
    }

    /// The digest of what is left.
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::new();
        for piece in std::iter::once(&self.first).chain(self.rest.iter().rev()) {
            hasher.update(piece);
        }
        hasher.finish()
    }

    /// How many bytes are left. **Unit**: bytes.
    pub fn len(&self) -> usize {
        self.first.len() + self.rest.iter().map(Bytes::len).sum::<usize>()
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A body with parts replaced, in one piece of exactly its size.
fn joined<'e>(body: &[u8], edits: impl Iterator<Item = &'e Edit> + Clone) -> Bytes {
    let bytes = edits.clone().fold(body.len(), |bytes, (range, piece)| bytes - range.len() + piece.len());
    let (mut joined, mut at) = (BytesMut::with_capacity(bytes), 0);
    for (range, piece) in edits {
        joined.extend_from_slice(body.get(at..range.start).unwrap_or_default());
        joined.extend_from_slice(piece);
        at = range.end;
    }
    joined.extend_from_slice(body.get(at..).unwrap_or_default());
    joined.freeze()
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        while self.first.is_empty() {
            match self.rest.pop() {
                Some(piece) => self.first = piece,
                None => return Poll::Ready(None),
            }
        }
        Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.first)))))
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

    async fn check<const N: usize>(body: &str, edits: [(Range<usize>, &'static str); N], expected: &str) {
        let edits = edits.map(|(range, piece)| Some((range, Bytes::from_static(piece.as_bytes()))));
        let payload = Payload::edited(&Bytes::copy_from_slice(body.as_bytes()), edits);
        assert_eq!(payload.len(), expected.len());
        assert_eq!(payload.digest(), Digest::of(expected.as_bytes()));
        let sent = payload.clone().collect().await.unwrap().to_bytes();
        assert!(sent == expected.as_bytes(), "{} bytes", sent.len());
        let again = payload.collect().await.unwrap().to_bytes();
        assert_eq!(sent, again);
    }

    #[tokio::test]
    async fn pieces_replace_ranges() {
        check("abcdef", [], "abcdef").await;
        check("abcdef", [(2..4, "XYZ")], "abXYZef").await;
        check("abcdef", [(0..6, "")], "").await;
        check("abcdef", [(4..9, "no")], "abcdef").await;
        check("", [(0..0, "x")], "x").await;
        check("abcdef", [(4..5, "Y"), (0..2, ""), (2..2, "-")], "-cdYf").await;
        check("abcdef", [(1..4, "X"), (2..3, "no")], "aXef").await;
        let long = "l".repeat(JOINED_BYTES_MAX + 1);
        check(&long, [(1..2, "-")], &format!("l-{}", &long[2..])).await;
        check(&long, [(0..1, "")], &long[1..]).await;
        check(&long, [(5..6, "+"), (1..1, "-")], &format!("l-llll+{}", &long[6..])).await;
    }

    #[test]
    fn a_large_body_is_not_copied() {
        let long = Bytes::from("l".repeat(JOINED_BYTES_MAX + 1));
        let payload = Payload::edited(&long, [Some((1..2, Bytes::from_static(b"-"))), None]);
        assert_eq!(payload.first.as_ptr(), long.as_ptr());
        assert_eq!(payload.rest[0].as_ptr(), long[2..].as_ptr());
    }
}
