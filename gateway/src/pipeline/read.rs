//! Receiving a body: bounded in size, in time, and over all requests together.
//!
//! A body that arrives in one piece is not copied.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Body;

use crate::error::Kind;
use crate::limits::{BODY_BYTES_MAX, BODY_READ_MAX};
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
    let received = tokio::time::timeout(BODY_READ_MAX, gather(body, announced, space)).await;
    received.map_err(|_| Kind::BodyTimeout)?
}

async fn gather<B>(mut body: B, announced: usize, mut space: Space) -> Result<Received, Kind>
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
            joined.reserve(announced.max(so_far + data.len()));
            joined.extend_from_slice(&std::mem::take(&mut first));
        }
        joined.extend_from_slice(&data);
    }
    let bytes = if joined.is_empty() { first } else { joined.freeze() };
    Ok(Received { bytes, space })
}
