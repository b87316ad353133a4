//! What the gateway counts, and its text for `/metrics`.
//!
//! Counting is one relaxed atomic addition and takes no lock; all the work of names and labels is done when somebody
//! asks. No metric has a label with a client's text in it, so their number is bounded by this file.
//!
//! Read next: [`histogram`] for durations, `text` for the names.

pub mod histogram;
mod text;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;
use pointsman_schema::outcome::Outcome;

use histogram::Histogram;
pub use text::Scrape;

/// All counters of one process.
#[derive(Debug)]
pub struct Metrics {
    /// By status code from 100 on.
    statuses: [AtomicU64; STATUSES],
    /// By [`Outcome`] code.
    attempts: [AtomicU64; Outcome::ALL.len()],
    /// By [`Event`].
    events: [AtomicU64; Event::ALL.len()],
    first_event: Histogram,
    duration: Histogram,
    generation: AtomicU64,
    loaded_s: AtomicI64,
}

/// Something worth counting that has no other label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An attempt on the same backend again.
    Retry,
    /// An attempt on another backend than the last.
    Fallback,
    /// A breaker opened.
    BreakerOpened,
    /// A connection was turned away because there are too many.
    ConnectionRefused,
    /// A request was turned away because there are too many.
    RequestRefused,
    /// A request was turned away by a limit of its key.
    RequestLimited,
    /// A TLS handshake failed or took too long.
    HandshakeFailed,
    /// A snapshot was verified and put in force.
    SnapshotLoaded,
    /// An announced snapshot was refused, and the last good one kept.
    SnapshotRefused,
    /// The last good snapshot could not be written to the state folder.
    StateFailed,
}

impl Event {
    /// Every event, in the order of its counter.
    pub const ALL: [Self; 10] = [
        Self::Retry,
        Self::Fallback,
        Self::BreakerOpened,
        Self::ConnectionRefused,
        Self::RequestRefused,
        Self::RequestLimited,
        Self::HandshakeFailed,
        Self::SnapshotLoaded,
        Self::SnapshotRefused,
        Self::StateFailed,
    ];
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            statuses: [const { AtomicU64::new(0) }; STATUSES],
            attempts: [const { AtomicU64::new(0) }; Outcome::ALL.len()],
            events: [const { AtomicU64::new(0) }; Event::ALL.len()],
            first_event: Histogram::default(),
            duration: Histogram::default(),
            generation: AtomicU64::new(0),
            loaded_s: AtomicI64::new(0),
        }
    }
}

impl Metrics {
    /// A request was answered with `status`, its last byte `took` after its first.
    pub fn request(&self, status: StatusCode, took: Duration) {
        let at = usize::from(status.as_u16()).saturating_sub(STATUS_MIN);
        add(self.statuses.get(at));
        self.duration.observe(took);
    }

    /// An upstream attempt ended.
    pub fn attempt(&self, outcome: Outcome) {
        add(self.attempts.get(usize::from(outcome.code())));
    }

    /// The first content event of an answer arrived `took` after the request.
    pub fn first_event(&self, took: Duration) {
        self.first_event.observe(took);
    }

    /// Something happened.
    pub fn count(&self, event: Event) {
        let at = Event::ALL.iter().position(|one| *one == event);
        add(at.and_then(|at| self.events.get(at)));
    }

    /// How often something happened.
    pub fn counted(&self, event: Event) -> u64 {
        let at = Event::ALL.iter().position(|one| *one == event);
        at.and_then(|at| self.events.get(at)).map_or(0, |counter| counter.load(Ordering::Relaxed))
    }

    /// A snapshot was put in force at this Unix time.
    pub fn in_force(&self, generation: u64, unix_s: i64) {
        self.generation.store(generation, Ordering::Relaxed);
        self.loaded_s.store(unix_s, Ordering::Relaxed);
        self.count(Event::SnapshotLoaded);
    }
}

fn add(counter: Option<&AtomicU64>) {
    if let Some(counter) = counter {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// The least status code.
const STATUS_MIN: usize = 100;
/// **Unit**: status codes counted, 100 to 599.
const STATUSES: usize = 500;
