//! Receiving a body: bounded in size, in time, and over all requests together.
//!
//! A body that arrives in one piece is not copied.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Body;

use crate::error::Kind;
use crate::limits::{BODY_BYTES_MAX, BODY_READ_MAX, REFUSED_BODY_BYTES_MAX, REFUSED_BODY_READ_MAX};
use crate::room::Space;

/// A body and the room that it takes.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) bytes: Bytes,
    /// Taken until this is dropped.
    #[expect(dead_code, reason = "held, not read")]
    pub(super) space: Space,
}

/// Receives a whole body.
pub(super) async fn body<B>(body: B, space: Space) -> Result<Received, Kind>
where
    B: Body<Data = Bytes> + Unpin,
{
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > BODY_BYTES_MAX {
        return Err(Kind::BodyTooLarge);
    }
    let received = tokio::time::timeout(BODY_READ_MAX, gather(body, space)).await;
    received.map_err(|_| Kind::BodyTimeout)?
}

/// Takes a little of a body that nobody will read: an HTTP/2 client that is still sending would see its stream reset
/// instead of the answer. HTTP/1.1 clients read the answer all the same.
pub(super) async fn let_go<B>(body: &mut B)
where
    B: Body<Data = Bytes> + Unpin,
{
    let taking = async {
        let mut taken = 0_usize;
        while let Some(Ok(frame)) = body.frame().await {
            taken = taken.saturating_add(frame.data_ref().map_or(0, Bytes::len));
            if taken >= REFUSED_BODY_BYTES_MAX {
                break;
            }
        }
    };
    // Whoever sends too slowly gets the answer without.
    drop(tokio::time::timeout(REFUSED_BODY_READ_MAX, taking).await);
}

async fn gather<B>(mut body: B, mut space: Space) -> Result<Received, Kind>
where
    B: Body<Data = Bytes> + Unpin,
{
    // What a client merely announces takes no room; what it sends does.
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Kind::BodyCut)?.into_data() else { continue };
        let so_far = first.len() + joined.len();
        if so_far + data.len() > BODY_BYTES_MAX {
            return Err(Kind::BodyTooLarge);
        }
        if !space.grow(data.len()) {
            return Err(Kind::Overloaded);
        }
        if so_far == 0 {
            first = data;
            continue;
        }
        if joined.is_empty() {
            joined.reserve(so_far + data.len());
            joined.extend_from_slice(&std::mem::take(&mut first));
        }
        joined.extend_from_slice(&data);
    }
    let bytes = if joined.is_empty() { first } else { joined.freeze() };
    Ok(Received { bytes, space })
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use hyper::body::{Frame, SizeHint};

    use super::*;
    use crate::room::Room;

    /// Pieces, after an announcement of more.
    struct Announced(u64, VecDeque<Bytes>);

    impl Body for Announced {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.1.pop_front().map(|piece| Ok(Frame::data(piece))))
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.0)
        }
    }

    /// So many bytes received of those announced take no more memory than twice as many.
    async fn check(announced: usize, pieces: &[usize]) {
        let room = Room::new(BODY_BYTES_MAX);
        let chunks = pieces.iter().map(|bytes| Bytes::from(vec![b'x'; *bytes])).collect();
        let body = body(Announced(u64::try_from(announced).unwrap(), chunks), room.space());
        let received = body.await.unwrap();
        let sum = pieces.iter().sum::<usize>();
        assert_eq!((received.bytes.len(), room.taken()), (sum, sum));
        let capacity = received.bytes.try_into_mut().unwrap().capacity();
        assert!(capacity <= 2 * sum, "{capacity} for {sum}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_body_is_taken_up_to_a_limit() {
        for (pieces, left) in [(3, 0), (8, 4)] {
            let quarter = Bytes::from(vec![b'x'; REFUSED_BODY_BYTES_MAX / 4]);
            let mut body = Announced(0, std::iter::repeat_n(quarter, pieces).collect());
            let_go(&mut body).await;
            assert_eq!(body.1.len(), left);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_merely_announced_takes_no_memory() {
        check(BODY_BYTES_MAX, &[1_000, 1_000]).await;
        check(BODY_BYTES_MAX, &[1_000; 50]).await;
        check(3_000, &[1_000; 3]).await;
        check(1_000, &[1_000]).await;
    }
}
