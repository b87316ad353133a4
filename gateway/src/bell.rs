//! A waker for a part of a task, which says whether that part has anything new to see.
//!
//! A connection's driver and the body that it fills ring each other on every chunk. Where one task polls both, one
//! after the other, such a ring would only wake that task once more for nothing. So rings while the task is up are
//! held, and passed on only if it goes back to sleep without having seen what they were for. And a task that is up for
//! other reasons, as a server is while it writes, asks again before anything has rung: it is told what it was told
//! before, without a look at the connection. Not here: who polls what in which order; that is its users'.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// See the module.
pub(crate) struct Bell {
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
        let rope = Arc::new(Rope { task: Mutex::new(Waker::noop().clone()), state: AtomicU8::new(RANG) });
        Self { waker: Waker::from(Arc::clone(&rope)), rope }
    }
}

impl Bell {
    /// Polls on behalf of a task. One that is told to come back is woken if the bell rang since the last
    /// [`Bell::heed`]; one that got something polls again anyway. While nothing has rung since the same task was told to
    /// come back, it is told so again: whatever `poll` waits for has this bell.
    pub(crate) fn answer<T>(
        &self,
        context: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        {
            let mut task = self.rope.task.lock().unwrap_or_else(PoisonError::into_inner);
            if task.will_wake(context.waker()) && self.rope.state.load(Ordering::Acquire) == ASLEEP {
                return Poll::Pending;
            }
            task.clone_from(context.waker());
        }
        self.heed();
        let polled = poll(&mut Context::from_waker(&self.waker));
        if polled.is_ready() {
            self.rope.state.store(RANG, Ordering::Release);
        } else if self.rope.state.compare_exchange(UP, ASLEEP, Ordering::AcqRel, Ordering::Acquire).is_err() {
            context.waker().wake_by_ref();
        }
        polled
    }

    /// Forgets the rings so far: what they were for is looked at next.
    pub(crate) fn heed(&self) {
        self.rope.state.store(UP, Ordering::Release);
    }

    /// Lets go of the task that was waiting. Whoever is next looks for himself.
    pub(crate) fn rest(&self) {
        self.rope.state.store(RANG, Ordering::Release);
        Waker::noop().clone_into(&mut self.rope.task.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Wake for Rope {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(RANG, Ordering::AcqRel) == ASLEEP {
            self.task.lock().unwrap_or_else(PoisonError::into_inner).wake_by_ref();
        }
    }
}

/// The task waits, and the bell has not rung since.
const ASLEEP: u8 = 0;
/// The task polls.
const UP: u8 = 1;
/// There may be something to see: the bell has rung, or nobody has looked yet.
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
        check(Poll::Pending, [0, 0, 2], 1);
        check(Poll::Pending, [1, 1, 1], 1);
        check(Poll::Ready(()), [1, 2, 0], 0);
        check(Poll::Ready(()), [0, 1, 2], 0);
    }

    /// Asks twice, with so many rings in between, and says how often somebody looked.
    fn check_looks(polled: Poll<()>, rings: usize, is_other_task: bool, expected: usize) {
        let (task, other) = (Arc::new(Task::default()), Arc::new(Task::default()));
        let (bell, mut looks) = (Bell::default(), 0);
        for task in [&task, if is_other_task { &other } else { &task }] {
            let waker = Waker::from(Arc::clone(task));
            let told = bell.answer(&mut Context::from_waker(&waker), |_| {
                looks += 1;
                polled
            });
            assert_eq!(told, polled);
            (0..rings).for_each(|_| bell.waker.wake_by_ref());
        }
        assert_eq!(looks, expected, "{polled:?} {rings} {is_other_task}");
    }

    #[test]
    fn nobody_looks_again_before_it_rings() {
        check_looks(Poll::Pending, 0, false, 1);
        check_looks(Poll::Pending, 1, false, 2);
        check_looks(Poll::Pending, 0, true, 2);
        check_looks(Poll::Ready(()), 0, false, 2);
    }
}
