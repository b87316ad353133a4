//! A waker for what is driven by the task that also waits for it.
//!
//! A connection's driver and the body that it fills ring each other on every chunk. Where one task polls both, one
//! after the other, such a ring would only wake that task once more for nothing. So rings while the task is up are
//! held, and passed on only if it goes back to sleep without having seen what they were for. Not here: who polls what
//! in which order; that is [`super::exchange`]'s.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// See the module.
pub(super) struct Bell {
    rope: Arc<Rope>,
    /// The rope as a waker, made once.
    waker: Waker,
}

struct Rope {
    task: Mutex<Waker>,
    state: AtomicU8,
}

impl Default for Bell {
    fn default() -> Self {
        let rope = Arc::new(Rope { task: Mutex::new(Waker::noop().clone()), state: AtomicU8::new(ASLEEP) });
        Self { waker: Waker::from(Arc::clone(&rope)), rope }
    }
}

impl Bell {
    /// Polls on behalf of a task. One that is told to come back is woken if the bell rang since the last
    /// [`Bell::heed`]; one that got something polls again anyway.
    pub(super) fn answer<T>(
        &self,
        context: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.rope.task.lock().unwrap_or_else(PoisonError::into_inner).clone_from(context.waker());
        self.heed();
        let polled = poll(&mut Context::from_waker(&self.waker));
        let rang = self.rope.state.swap(ASLEEP, Ordering::AcqRel) == RANG;
        if rang && polled.is_pending() {
            context.waker().wake_by_ref();
        }
        polled
    }

    /// Forgets the rings so far: what they were for is looked at next.
    pub(super) fn heed(&self) {
        self.rope.state.store(UP, Ordering::Release);
    }

    /// Lets go of the task that was waiting.
    pub(super) fn rest(&self) {
        Waker::noop().clone_into(&mut self.rope.task.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Wake for Rope {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let asleep = self.state.compare_exchange(UP, RANG, Ordering::AcqRel, Ordering::Acquire);
        if asleep == Err(ASLEEP) {
            self.task.lock().unwrap_or_else(PoisonError::into_inner).wake_by_ref();
        }
    }
}

/// The task waits.
const ASLEEP: u8 = 0;
/// The task polls.
const UP: u8 = 1;
/// The same, and the bell rang meanwhile.
const RANG: u8 = 2;

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Rings as often as said before and after heeding, then after the poll.
    fn check(polled: Poll<()>, rings: [usize; 3], expected: usize) {
        let (task, bell) = (Arc::new(Task::default()), Bell::default());
        let waker = Waker::from(Arc::clone(&task));
        let ring = |times: usize| (0..times).for_each(|_| bell.waker.wake_by_ref());
        let [before, after, later] = rings;
        let told = bell.answer(&mut Context::from_waker(&waker), |context| {
            (0..before).for_each(|_| context.waker().wake_by_ref());
            bell.heed();
            (0..after).for_each(|_| context.waker().wake_by_ref());
            polled
        });
        assert_eq!(told, polled);
        ring(later);
        assert_eq!(task.0.load(Ordering::Relaxed), expected, "{polled:?} {rings:?}");
        bell.rest();
        ring(1);
        assert_eq!(task.0.load(Ordering::Relaxed), expected, "nobody waits any more");
    }

    #[test]
    fn only_what_was_not_seen_wakes() {
        check(Poll::Pending, [0, 0, 0], 0);
        check(Poll::Pending, [2, 0, 0], 0);
        check(Poll::Pending, [0, 2, 0], 1);
        check(Poll::Pending, [1, 1, 1], 2);
        check(Poll::Ready(()), [1, 2, 0], 0);
        check(Poll::Ready(()), [0, 1, 2], 2);
    }
}
