//! The body of an answer: events that leave one by one, each after its delay, and the way the answer ends.
//!
//! All events are known before the first one is sent, so nothing is buffered and nothing grows. It is where the faults
//! of a stream become visible on the wire. Time is tokio's, so that a test can pause it.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::limits;

/// Why a connection ends without a whole answer; always on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Abort {
    /// The answer was cut in its middle.
    #[error("the demo upstream was told to cut the answer")]
    Cut,
    /// The connection is reset.
    #[error("the demo upstream was told to reset the connection")]
    Reset,
}

/// How a body ends after its last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should.
    Whole,
    /// With the connection closed.
    Cut,
}

/// A scripted body.
#[derive(Debug)]
pub(crate) struct Script {
    events: VecDeque<Bytes>,
    end: End,
    /// Waited for before the next event.
    pause: Option<Pin<Box<Sleep>>>,
    between: Duration,
    /// Declared as `content-length`; a stream declares none.
    length: Option<u64>,
}

impl Script {
    /// A body sent at once, with its length declared.
    pub(crate) fn whole(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let length = u64::try_from(body.len()).ok();
        Self { events: VecDeque::from([body]), end: End::Whole, pause: None, between: Duration::ZERO, length }
    }

    /// A whole body that breaks off in its middle although its length was declared.
    pub(crate) fn torn(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let half = body.slice(..body.len() / 2);
        let length = u64::try_from(body.len()).ok();
        Self { length, ..Self::stream(vec![half], End::Cut) }
    }

    /// Events without a declared length.
    pub(crate) fn stream(events: Vec<Bytes>, end: End) -> Self {
        Self { events: events.into(), end, pause: None, between: Duration::ZERO, length: None }
    }

    /// The same events, later.
    pub(crate) fn delayed(mut self, first: Duration, between: Duration) -> Self {
        self.pause = pause(first);
        self.between = between;
        self
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = Abort;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Abort>>> {
        if let Some(pause) = &mut self.pause {
            std::task::ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        let Some(event) = self.events.pop_front() else {
            return Poll::Ready(match self.end {
                End::Whole => None,
                End::Cut => Some(Err(Abort::Cut)),
            });
        };
        self.pause = pause(self.between);
        // Without this the client could lose events that left together with the cut: hyper drops what it has buffered
        // when a body fails, so the failure waits until the buffer was written.
        if self.events.is_empty() && self.end == End::Cut && self.pause.is_none() {
            self.pause = pause(FLUSH_WAIT);
        }
        Poll::Ready(Some(Ok(Frame::data(event))))
    }

    fn is_end_stream(&self) -> bool {
        self.events.is_empty() && self.end == End::Whole
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn pause(delay: Duration) -> Option<Pin<Box<Sleep>>> {
    let delay = delay.min(limits::DELAY_MAX);
    (!delay.is_zero()).then(|| Box::pin(sleep(delay)))
}

/// How long the last event before a cut gets to leave.
const FLUSH_WAIT: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use tokio::time::Instant;

    use super::*;

    /// Plays a body with time paused; says what came, how it ended and when.
    fn check(script: impl FnOnce() -> Script, expected: (&[&str], Result<(), Abort>), elapsed_ms: u128) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let start = Instant::now();
            let mut body = script();
            let (mut came, mut end) = (Vec::new(), Ok(()));
            while let Some(frame) = body.frame().await {
                match frame {
                    Ok(frame) => came.push(String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap()),
                    Err(abort) => {
                        end = Err(abort);
                        break;
                    }
                }
            }
            assert_eq!(
                (came.iter().map(String::as_str).collect::<Vec<_>>(), end),
                (expected.0.to_vec(), expected.1)
            );
            assert_eq!(start.elapsed().as_millis(), elapsed_ms);
        });
    }

    fn events() -> Vec<Bytes> {
        vec![Bytes::from_static(b"a"), Bytes::from_static(b"b")]
    }

    #[test]
    fn events_leave_in_order_after_their_delays() {
        check(|| Script::stream(events(), End::Whole), (&["a", "b"], Ok(())), 0);
        let slow = || {
            Script::stream(events(), End::Whole).delayed(Duration::from_millis(50), Duration::from_millis(20))
        };
        check(slow, (&["a", "b"], Ok(())), 50 + 20 + 20);
    }

    #[test]
    fn a_cut_comes_after_the_events_before_it() {
        check(|| Script::stream(events(), End::Cut), (&["a", "b"], Err(Abort::Cut)), 1);
        check(|| Script::torn("abcd"), (&["ab"], Err(Abort::Cut)), 1);
        check(|| Script::whole("abcd"), (&["abcd"], Ok(())), 0);
    }
}
