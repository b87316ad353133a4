//! The circuit breaker of one backend with its credential: whether it may be tried now.
//!
//! Shared by all workers and kept over snapshots, so it is a handful of atomics and no lock. It opens after
//! [`BREAKER_FAILURES_IN_A_ROW`] failures, or when half of at least [`BREAKER_WINDOW_ATTEMPTS_MIN`] attempts of the
//! last window failed; stays open for a back-off that doubles with each time; then lets one probe through. Time and
//! dice are arguments. Races between workers can only make it count a few attempts more or less.
//!
//! Read next: [`window`] for the share of failures, [`registry`] for what outlives a snapshot.

pub mod registry;
mod window;

pub use registry::{BackendState, InFlight, Registry, Try};

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use self::window::Window;
use crate::limits::{
    BREAKER_BACK_OFF_MS_MAX, BREAKER_BACK_OFF_MS_MIN, BREAKER_FAILURES_IN_A_ROW, BREAKER_PROBE_MS_MAX,
    BREAKER_WINDOW_ATTEMPTS_MIN,
};

/// Whether a backend may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Closed,
    /// The back-off is over, and whoever calls [`Breaker::try_probe`] first may.
    ProbeDue,
    /// Not before this moment. **Unit**: milliseconds of the gateway's clock.
    OpenUntil(u64),
}

/// How an attempt counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// The backend did its work, or the request was at fault.
    Good,
    /// The backend failed.
    Bad,
    /// Nothing can be said: the client went away.
    Unknown,
}

/// A circuit breaker.
#[derive(Debug, Default)]
pub struct Breaker {
    in_a_row: AtomicU32,
    /// How often it opened since it last closed.
    opened: AtomicU32,
    /// 0 when closed.
    open_until_ms: AtomicU64,
    /// When the probe in flight is given up; 0 when there is none.
    probe_until_ms: AtomicU64,
    window: Window,
}

impl Breaker {
    /// Whether the backend may be tried.
    pub fn verdict(&self, now_ms: u64) -> Verdict {
        let until = self.open_until_ms.load(Relaxed);
        if until == 0 {
            return Verdict::Closed;
        }
        let due = until.max(self.probe_until_ms.load(Relaxed));
        if due <= now_ms { Verdict::ProbeDue } else { Verdict::OpenUntil(due) }
    }

    /// Takes the one probe; `false` when another request has it.
    pub fn try_probe(&self, now_ms: u64) -> bool {
        let current = self.probe_until_ms.load(Relaxed);
        current <= now_ms
            && self
                .probe_until_ms
                .compare_exchange(current, now_ms.saturating_add(BREAKER_PROBE_MS_MAX), Relaxed, Relaxed)
                .is_ok()
    }

    /// Counts a finished attempt. `dice` draws the jitter of the back-off.
    pub fn report(&self, report: Report, now_ms: u64, dice: u64) {
        match report {
            Report::Good => {
                self.window.count(now_ms, window::Counted::Good);
                if self.in_a_row.load(Relaxed) != 0 {
                    self.in_a_row.store(0, Relaxed);
                }
                if self.open_until_ms.load(Relaxed) != 0 {
                    self.close();
                }
            }
            Report::Bad => self.failed(now_ms, dice),
            Report::Unknown => self.probe_until_ms.store(0, Relaxed),
        }
    }

    fn failed(&self, now_ms: u64, dice: u64) {
        self.window.count(now_ms, window::Counted::Bad);
        let in_a_row = self.in_a_row.fetch_add(1, Relaxed).saturating_add(1);
        let until = self.open_until_ms.load(Relaxed);
        let probing = until != 0 && until <= now_ms;
        let (attempts, failures) = self.window.sums(now_ms);
        let half = attempts >= BREAKER_WINDOW_ATTEMPTS_MIN && failures.saturating_mul(2) >= attempts;
        if probing || (until == 0 && (in_a_row >= BREAKER_FAILURES_IN_A_ROW || half)) {
            self.open(until, now_ms, dice);
        }
    }

    fn open(&self, seen_until: u64, now_ms: u64, dice: u64) {
        let opened = self.opened.load(Relaxed);
        let until = now_ms.saturating_add(back_off_ms(opened, dice)).max(1);
        if self.open_until_ms.compare_exchange(seen_until, until, Relaxed, Relaxed).is_ok() {
            self.opened.store(opened.saturating_add(1), Relaxed);
            self.probe_until_ms.store(0, Relaxed);
        }
    }

    fn close(&self) {
        self.open_until_ms.store(0, Relaxed);
        self.probe_until_ms.store(0, Relaxed);
        self.opened.store(0, Relaxed);
        self.window.clear();
    }
}

/// Doubles with each opening, then takes away up to a fifth, so that replicas do not probe in step.
fn back_off_ms(opened: u32, dice: u64) -> u64 {
    let full = BREAKER_BACK_OFF_MS_MIN
        .checked_shl(opened.min(16))
        .unwrap_or(BREAKER_BACK_OFF_MS_MAX)
        .min(BREAKER_BACK_OFF_MS_MAX);
    let spread = (full - BREAKER_BACK_OFF_MS_MIN) / 5;
    full - dice % spread.saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays reports, each `g`ood, `b`ad or `u`nknown, `+` for a second passing, `p` for taking a probe.
    fn play(breaker: &Breaker, mut now_ms: u64, script: &str) -> u64 {
        for step in script.chars() {
            match step {
                'g' => breaker.report(Report::Good, now_ms, 0),
                'b' => breaker.report(Report::Bad, now_ms, 0),
                'u' => breaker.report(Report::Unknown, now_ms, 0),
                '+' => now_ms += 1000,
                'p' => assert!(breaker.try_probe(now_ms)),
                other => panic!("{other}"),
            }
        }
        now_ms
    }

    fn check(script: &str, expected: Verdict) {
        let breaker = Breaker::default();
        let now_ms = play(&breaker, 1000, script);
        assert_eq!(breaker.verdict(now_ms), expected, "{script}");
    }

    #[test]
    fn five_in_a_row_open_it() {
        check("bbbb", Verdict::Closed);
        check("bbbbb", Verdict::OpenUntil(6000));
        check("bbbbgbbbb", Verdict::Closed);
        check("bbbbb++++", Verdict::OpenUntil(6000));
        check("bbbbb+++++", Verdict::ProbeDue);
    }

    #[test]
    fn half_of_twenty_open_it() {
        check("gbgbgbgbgbgbgbgbgbg", Verdict::Closed);
        check("gbgbgbgbgbgbgbgbgbgb", Verdict::OpenUntil(6000));
        check("gggbgggbgggbgggbgggbgggbgggb", Verdict::Closed);
        let aged = format!("gbgbgbgbgbgbgbgbgb{}gb", "+".repeat(40));
        check(&aged, Verdict::Closed);
    }

    #[test]
    fn one_probe_decides() {
        check("bbbbb+++++p", Verdict::OpenUntil(6000 + BREAKER_PROBE_MS_MAX));
        check("bbbbb+++++pg", Verdict::Closed);
        check("bbbbb+++++pb", Verdict::OpenUntil(16_000));
        check("bbbbb+++++pu", Verdict::ProbeDue);
    }

    #[test]
    fn only_one_gets_the_probe() {
        let breaker = Breaker::default();
        let now_ms = play(&breaker, 1000, "bbbbb+++++");
        assert!(breaker.try_probe(now_ms));
        assert!(!breaker.try_probe(now_ms));
    }

    #[test]
    fn the_back_off_grows_to_its_limit_with_jitter() {
        assert_eq!(back_off_ms(0, 12345), 5_000);
        assert_eq!(back_off_ms(1, 0), 10_000);
        assert_eq!(back_off_ms(9, 0), 300_000);
        assert_eq!(back_off_ms(u32::MAX, 59_000), 241_000);
    }
}
