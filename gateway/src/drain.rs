//! How far the process is on its way out, for everyone who must know.
//!
//! Phases only go forward. Not here: what each part does in a phase; listeners, connections and `/readyz` watch it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::sync::watch;

/// A stretch of the process's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Serving.
    Running,
    /// Not ready any more, but still accepting: load balancers need time to notice.
    Leaving,
    /// Accepting no more; finishing what has begun.
    Closing,
    /// What has not finished ends now, in its protocol's own words where there is time for that.
    Over,
}

/// The phase, and a way to wait for the next.
pub struct Drain {
    phase: watch::Sender<Phase>,
    /// The same, for a look that takes no lock.
    now: AtomicU8,
}

/// How long a drain may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrainTimes {
    /// Between not being ready and accepting no more.
    pub wait: Duration,
    /// For what has begun to finish.
    pub timeout: Duration,
}

impl Default for Drain {
    fn default() -> Self {
        Self { phase: watch::Sender::new(Phase::Running), now: AtomicU8::new(0) }
    }
}

impl Drain {
    /// Goes on to `phase`; never back.
    pub fn advance(&self, phase: Phase) {
        self.phase.send_if_modified(|now| {
            let forward = phase > *now;
            if forward {
                *now = phase;
                self.now.store(code(phase), Ordering::Relaxed);
            }
            forward
        });
    }

    /// Whether the process still means to stay.
    pub fn is_running(&self) -> bool {
        self.now.load(Ordering::Relaxed) == code(Phase::Running)
    }

    /// Whether what has not finished ends now.
    pub fn is_over(&self) -> bool {
        self.now.load(Ordering::Relaxed) == code(Phase::Over)
    }

    /// The phase now.
    pub fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Waits until the phase is `phase` or a later one.
    pub async fn reached(&self, phase: Phase) {
        let mut watch = self.phase.subscribe();
        // The sender lives as long as `self`, so this ends only by reaching the phase.
        drop(watch.wait_for(|now| *now >= phase).await);
    }
}

const fn code(phase: Phase) -> u8 {
    match phase {
        Phase::Running => 0,
        Phase::Leaving => 1,
        Phase::Closing => 2,
        Phase::Over => 3,
    }
}
