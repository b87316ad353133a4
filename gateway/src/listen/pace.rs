//! Answers under way on one client connection, and the end of those that their client does not take.
//!
//! On HTTP/2 an answer whose window is closed waits above the socket, while pings go to and fro; hyper does not ask its
//! body for more, so none of its times run. Each stream's task is therefore watched: when its body has given something
//! and is not asked again for too long, the task is dropped, which resets that stream and no other. HTTP/1.1 needs only
//! [`super::patience`].

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Version;
use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use tokio::time::{Instant, sleep};

use crate::limits::{CLIENT_FRAME_BYTES_MAX, CLIENT_STALL_LOOK, CLIENT_STALL_MAX};

tokio::task_local! {
    /// Since when the stream of this task waits for its client.
    static WAITS_SINCE: Cell<Option<Instant>>;
}

/// Requests of one connection.
#[derive(Clone, Default)]
pub(super) struct Exchanges(Rc<Counts>);

#[derive(Default)]
struct Counts {
    begun: Cell<u64>,
    open: Cell<usize>,
}

/// One of them, from its head to the end of its answer's body.
pub(super) struct Exchange(Rc<Counts>);

impl Exchanges {
    pub(super) fn begin(&self) -> Exchange {
        self.0.begun.set(self.0.begun.get().wrapping_add(1));
        self.0.open.set(self.0.open.get().saturating_add(1));
        Exchange(Rc::clone(&self.0))
    }

    /// How many there were so far.
    pub(super) fn begun(&self) -> u64 {
        self.0.begun.get()
    }

    /// How many there are now.
    pub(super) fn open(&self) -> usize {
        self.0.open.get()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get().saturating_sub(1));
    }
}

/// An answer's body that notes when it was asked last.
///
/// On HTTP/2 it also gives little at a time: hyper asks for more as soon as the client's window is open by one byte, and
/// then keeps whatever it gets. So what a client does not take stays in the body, where it is counted and watched.
pub(super) struct Paced<B> {
    body: B,
    /// What the body gave and the client has not got.
    rest: Bytes,
    piece_bytes_max: usize,
    _exchange: Exchange,
}

impl<B> Paced<B> {
    /// A body that goes out by this version of HTTP.
    pub(super) fn new(body: B, version: Version, exchange: Exchange) -> Self {
        let piece_bytes_max = if version < Version::HTTP_2 { usize::MAX } else { CLIENT_FRAME_BYTES_MAX };
        Self { body, rest: Bytes::new(), piece_bytes_max, _exchange: exchange }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Paced<B> {
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.rest.is_empty() {
            let frame = match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => frame,
                other => return other,
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(frame) => return Poll::Ready(Some(Ok(frame))),
            }
        }
        let piece = self.rest.split_to(self.rest.len().min(self.piece_bytes_max));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Paced<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.piece_bytes_max == usize::MAX {
            // HTTP/1.1 takes all at once, and has no task for each stream.
            return Pin::new(&mut self.body).poll_frame(context);
        }
        let polled = self.poll_piece(context);
        WAITS_SINCE.try_with(|waits| waits.set(polled.is_ready().then(Instant::now))).ok();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let (body, mut hint) = (self.body.size_hint(), SizeHint::new());
        hint.set_lower(body.lower().saturating_add(rest));
        if let Some(upper) = body.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

/// Runs the tasks of an HTTP/2 connection's streams, each for as long as its client takes something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Streams;

impl<F> Executor<F> for Streams
where
    F: Future<Output: 'static> + 'static,
{
    fn execute(&self, stream: F) {
        drop(tokio::task::spawn_local(WAITS_SINCE.scope(Cell::new(None), watched(stream))));
    }
}

async fn watched(stream: impl Future) {
    let mut stream = pin!(stream);
    loop {
        tokio::select! {
            biased;
            _ = &mut stream => return,
            () = sleep(CLIENT_STALL_LOOK) => {
                let since = WAITS_SINCE.with(Cell::get);
                if since.is_some_and(|since| since.elapsed() >= CLIENT_STALL_MAX) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    fn check(version: Version, bytes: usize, pieces: usize) {
        let body = Full::new(Bytes::from(vec![b'x'; bytes]));
        let mut paced = Paced::new(body, version, Exchanges::default().begin());
        let mut context = Context::from_waker(std::task::Waker::noop());
        let (mut seen, mut left) = (0, bytes);
        while left > 0 {
            assert!(!paced.is_end_stream());
            assert_eq!(paced.size_hint().exact(), u64::try_from(left).ok());
            let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut paced).poll_frame(&mut context) else {
                panic!()
            };
            left -= frame.into_data().unwrap().len();
            seen += 1;
        }
        assert_eq!((seen, paced.is_end_stream()), (pieces, true));
    }

    #[test]
    fn http_2_gets_little_at_a_time() {
        check(Version::HTTP_2, CLIENT_FRAME_BYTES_MAX, 1);
        check(Version::HTTP_2, 10 * CLIENT_FRAME_BYTES_MAX + 1, 11);
        check(Version::HTTP_11, 10 * CLIENT_FRAME_BYTES_MAX + 1, 1);
    }
}
