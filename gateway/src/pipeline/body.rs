//! The body of an answer: all there, in pieces, or still coming.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::StatusCode;
use hyper::body::{Body, Frame, SizeHint};

use super::attempt::Held;
use super::relay::Relay;
use super::tally::Tally;

/// An unstreamed answer broke off after a part of it was sent. The connection is closed, so that the client knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the provider's answer broke off")]
pub struct Cut;

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// See the module.
pub struct ResponseBody {
    inner: Inner,
    tally: Option<Tally>,
}

enum Inner {
    Whole(Bytes),
    Held(Held),
    Relay(Box<Relay>),
}

impl ResponseBody {
    pub(super) const fn whole(bytes: Bytes) -> Self {
        Self { inner: Inner::Whole(bytes), tally: None }
    }

    pub(super) const fn held(held: Held) -> Self {
        Self { inner: Inner::Held(held), tally: None }
    }

    pub(super) fn relay(relay: Relay) -> Self {
        Self { inner: Inner::Relay(Box::new(relay)), tally: None }
    }

    /// Counts the request when this body is over.
    pub(super) fn count(&mut self, mut tally: Tally, status: StatusCode) {
        tally.answered(status);
        self.tally = Some(tally);
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let next = match &mut self.inner {
            Inner::Whole(bytes) if bytes.is_empty() => None,
            Inner::Whole(bytes) => Some(std::mem::take(bytes)),
            Inner::Held(held) => held.pop(),
            Inner::Relay(relay) => {
                let polled = relay.poll_next(context);
                return polled.map(|next| next.map(|next| next.map(Frame::data)));
            }
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Whole(bytes) => bytes.is_empty(),
            Inner::Held(held) => held.is_empty(),
            Inner::Relay(relay) => relay.is_over(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let exact = match &self.inner {
            Inner::Whole(bytes) => Some(bytes.len()),
            Inner::Held(held) => Some(held.bytes()),
            Inner::Relay(relay) => relay.exact_len(),
        };
        exact.and_then(|exact| u64::try_from(exact).ok()).map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
