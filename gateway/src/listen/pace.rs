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

use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use tokio::time::{Instant, sleep};

use crate::limits::{CLIENT_STALL_LOOK, CLIENT_STALL_MAX};

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
pub(super) struct Paced<B> {
    body: B,
    _exchange: Exchange,
}

impl<B> Paced<B> {
    pub(super) const fn new(body: B, exchange: Exchange) -> Self {
        Self { body, _exchange: exchange }
    }
}

impl<B: Body + Unpin> Body for Paced<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let since = polled.is_ready().then(Instant::now);
        // HTTP/1.1 has no task for each stream.
        WAITS_SINCE.try_with(|waits| waits.set(since)).ok();
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
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
