//! What is remembered of every backend over all snapshots: its breaker and its counters, by stable name.
//!
//! Only loading a snapshot comes here, so a lock is fine; requests reach a [`BackendState`] by index through
//! [`crate::serving::Serving`]. It is the snapshots that hold a state: one that none of them names any more is forgotten
//! with the last request that uses it, and a snapshot that could not be put in force leaves no trace.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use pointsman_schema::outcome::Outcome;
use pointsman_schema::snapshot::View;
use tokio::time::Instant;

use super::Breaker;
use crate::conversation::answer::Usage;
use crate::limits::{FAILURES_TOLD_EVERY_MS, RETRIES_IN_FLIGHT_MIN, RETRIES_PERCENT};
use crate::metering::Metered;

/// What outlives a snapshot of one backend with its credential.
#[derive(Debug)]
pub struct BackendState {
    /// The backend's stable name.
    pub name: String,
    /// Whether it may be tried.
    pub breaker: Breaker,
    in_flight: AtomicU32,
    retries_in_flight: AtomicU32,
    /// How far the clock is behind the provider's, where that made it refuse a signature; 0 otherwise. **Unit**: s.
    clock_behind_s: AtomicI64,
    /// By [`Outcome`] code.
    attempts: [AtomicU64; Outcome::ALL.len()],
    /// In the order of [`TOKENS`].
    tokens: [AtomicU64; TOKENS.len()],
    estimates: AtomicU64,
    /// When a failure was last told to operators, a moment of the registry's clock; 0 where none was.
    told_ms: AtomicU64,
    /// Failures since then.
    untold: AtomicU64,
}

/// What of an attempt's tokens is counted. The second and third are within the first, the last within the fourth.
pub const TOKENS: [&str; 5] = ["input", "cached-input", "cache-write", "output", "reasoning"];

/// Which try of a request an attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    /// The first.
    First,
    /// Any other: a retry or a fallback.
    Again,
}

/// An attempt in flight; no longer when dropped.
#[derive(Debug)]
pub struct InFlight {
    state: Arc<BackendState>,
    which: Try,
}

impl BackendState {
    /// That of a backend with this name, of which nothing is known.
    pub fn new(name: String) -> Self {
        Self {
            name,
            breaker: Breaker::default(),
            in_flight: AtomicU32::new(0),
            retries_in_flight: AtomicU32::new(0),
            clock_behind_s: AtomicI64::new(0),
            attempts: [const { AtomicU64::new(0) }; Outcome::ALL.len()],
            tokens: [const { AtomicU64::new(0) }; TOKENS.len()],
            estimates: AtomicU64::new(0),
            told_ms: AtomicU64::new(0),
            untold: AtomicU64::new(0),
        }
    }

    /// An attempt failed. Where operators should hear of it now, gives how many others they did not hear of: an outage fails
    /// more often than anybody reads.
    pub fn failed(&self, now_ms: u64) -> Option<u64> {
        let last = self.told_ms.load(Relaxed);
        let is_due = last == 0 || now_ms.saturating_sub(last) >= FAILURES_TOLD_EVERY_MS;
        if is_due && self.told_ms.compare_exchange(last, now_ms.max(1), Relaxed, Relaxed).is_ok() {
            return Some(self.untold.swap(0, Relaxed));
        }
        self.untold.fetch_add(1, Relaxed);
        None
    }

    /// A signature was refused while the clock was so far behind the provider's, or ahead of it. `true` where that is news.
    pub fn clock_is_off(&self, behind_s: i64) -> bool {
        self.clock_behind_s.swap(behind_s, Relaxed) == 0
    }

    /// How far the clock is behind the provider's, where it refuses signatures for that. **Unit**: s.
    pub fn clock_behind_s(&self) -> Option<i64> {
        Some(self.clock_behind_s.load(Relaxed)).filter(|behind| *behind != 0)
    }

    /// Notes what an attempt used.
    pub fn used(&self, metered: &Metered) {
        let Usage { input, cached, cache_written, cache_written_hour: _, output, reasoning } = metered.usage;
        for (count, more) in self.tokens.iter().zip([input, cached, cache_written, output, reasoning]) {
            if more > 0 {
                count.fetch_add(more, Relaxed);
            }
        }
        if metered.is_estimated {
            self.estimates.fetch_add(1, Relaxed);
        }
    }

    /// How many tokens were used, in the order of [`TOKENS`].
    pub fn tokens(&self) -> impl Iterator<Item = (&'static str, u64)> {
        TOKENS.into_iter().zip(self.tokens.iter().map(|count| count.load(Relaxed)))
    }

    /// Of how many attempts some of it is an estimate.
    pub fn estimates(&self) -> u64 {
        self.estimates.load(Relaxed)
    }

    /// Notes how an attempt ended.
    pub fn ended(&self, outcome: Outcome) {
        if outcome == Outcome::Served && self.clock_behind_s().is_some() {
            self.clock_behind_s.store(0, Relaxed);
        }
        if let Some(count) = self.attempts.get(usize::from(outcome.code())) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// How many attempts ended how, in the order of [`Outcome::ALL`].
    pub fn attempts(&self) -> impl Iterator<Item = (Outcome, u64)> {
        Outcome::ALL.iter().copied().zip(self.attempts.iter().map(|count| count.load(Relaxed)))
    }

    /// Counts an attempt until the guard is dropped.
    pub fn begin(self: &Arc<Self>, which: Try) -> InFlight {
        self.in_flight.fetch_add(1, Relaxed);
        if which == Try::Again {
            self.retries_in_flight.fetch_add(1, Relaxed);
        }
        InFlight { state: Arc::clone(self), which }
    }

    /// Whether the retry budget has room for one more attempt that is not a request's first.
    pub fn retry_allowed(&self) -> bool {
        let share = self.in_flight.load(Relaxed).saturating_mul(RETRIES_PERCENT) / 100;
        self.retries_in_flight.load(Relaxed) < share.max(RETRIES_IN_FLIGHT_MIN)
    }

    /// Attempts in flight.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Relaxed)
    }
}

impl InFlight {
    /// The backend that the attempt is on.
    pub fn state(&self) -> &BackendState {
        &self.state
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.state.in_flight.fetch_sub(1, Relaxed);
        if self.which == Try::Again {
            self.state.retries_in_flight.fetch_sub(1, Relaxed);
        }
    }
}

/// All backend states of the process.
#[derive(Debug)]
pub struct Registry {
    began: Instant,
    states: Mutex<BTreeMap<StableName, Weak<BackendState>>>,
}

/// A backend's name and its credential's: another credential is another breaker.
type StableName = (String, Option<String>);

impl Default for Registry {
    fn default() -> Self {
        Self { began: Instant::now(), states: Mutex::default() }
    }
}

impl Registry {
    /// The clock of all breakers, which no change of the machine's time moves. **Unit**: milliseconds.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The state of every backend of a snapshot, in the order of its table.
    pub fn states(&self, view: &View<'_>) -> Vec<Arc<BackendState>> {
        let named = view.providers.backends.iter().map(|backend| {
            let credential = usize::try_from(backend.credential.to_native()).ok();
            let credential = credential.and_then(|at| view.providers.credentials.get(at));
            let credential = credential.map(|credential| view.text(credential.name).to_owned());
            (view.text(backend.name).to_owned(), credential)
        });
        self.named(named)
    }

    pub(crate) fn named(&self, names: impl Iterator<Item = StableName>) -> Vec<Arc<BackendState>> {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.retain(|_, state| state.strong_count() > 0);
        let state_of = |name| {
            let state = states.get(&name).and_then(Weak::upgrade);
            let state = state.unwrap_or_else(|| Arc::new(BackendState::new(name.0.clone())));
            states.insert(name, Arc::downgrade(&state));
            state
        };
        names.map(state_of).collect()
    }

    /// Every state that some snapshot holds, in the order of their names.
    pub fn all(&self) -> Vec<Arc<BackendState>> {
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.values().filter_map(Weak::upgrade).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(first: u32, retries: u32, expected: bool) {
        let state = Arc::new(BackendState::new("a".to_owned()));
        let flights: Vec<_> = (0..first)
            .map(|_| state.begin(Try::First))
            .chain((0..retries).map(|_| state.begin(Try::Again)))
            .collect();
        assert_eq!(state.retry_allowed(), expected, "{first} + {retries}");
        drop(flights);
        assert_eq!((state.in_flight(), state.retry_allowed()), (0, true));
    }

    #[test]
    fn failures_are_told_now_and_then_and_counted_between() {
        let state = BackendState::new("a".to_owned());
        let told = [5, 6, 10_004, 10_005, 10_006, 30_000].map(|now_ms| state.failed(now_ms));
        assert_eq!(told, [Some(0), None, None, Some(2), None, Some(1)]);
    }

    #[test]
    fn a_state_lives_as_long_as_a_snapshot_that_names_it() {
        let registry = Registry::default();
        let load = |names: &[&str]| {
            registry.named(names.iter().map(|name| ((*name).to_owned(), Some("key".to_owned()))))
        };
        let in_force = load(&["a", "b"]);
        // One that names others is loaded, and not put in force.
        drop(load(&["b", "c"]));
        let next = load(&["c", "a"]);
        assert!(Arc::ptr_eq(&next[1], &in_force[0]) && !Arc::ptr_eq(&next[0], &in_force[1]));
        drop(in_force);
        let again = load(&["a", "b", "c"]);
        assert!(Arc::ptr_eq(&again[0], &next[1]) && Arc::ptr_eq(&again[2], &next[0]));
        drop((next, again));
        load(&[]);
        assert_eq!(registry.states.lock().unwrap().len(), 0);
    }

    #[test]
    fn retries_have_a_floor_and_a_share() {
        check(0, 2, true);
        check(0, 3, false);
        check(16, 4, false);
        check(17, 3, true);
        check(15, 4, false);
        check(80, 20, false);
        check(90, 20, true);
    }
}
