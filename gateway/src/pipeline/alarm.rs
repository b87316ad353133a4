//! What may end an answer from outside while it comes: its time, and the end of the drain.
//!
//! Looked at when it rings, and not each time that a chunk comes: both looks take locks, for every event of a stream.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

use super::relay::Over;
use crate::bell::Bell;

/// See the module.
pub(super) struct Alarm {
    timer: Pin<Box<Sleep>>,
    over: Over,
    bell: Bell,
}

/// What has rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rung {
    /// The moment that it was set to has come.
    Time,
    /// The gateway must be quiet.
    Over,
}

impl Alarm {
    /// One that rings then.
    pub(super) fn at(then: Instant, over: Over) -> Self {
        Self { timer: Box::pin(sleep_until(then)), over, bell: Bell::default() }
    }

    /// Rings at another moment instead.
    pub(super) fn set(&mut self, then: Instant) {
        self.timer.as_mut().reset(then);
        self.bell.rest();
    }

    /// Waits until it rings.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Rung> {
        let Self { timer, over, bell } = self;
        bell.answer(context, |context| {
            if timer.as_mut().poll(context).is_ready() {
                return Poll::Ready(Rung::Time);
            }
            over.as_mut().poll(context).map(|()| Rung::Over)
        })
    }
}
