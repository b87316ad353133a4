//! The circuit breaker of one backend with its credential: whether it may be tried now.
//!
//! Shared by all workers and kept over snapshots, so it is a handful of atomics and no lock. It opens after
//! [`BREAKER_FAILURES_IN_A_ROW`] failures, or when half of at least [`BREAKER_WINDOW_ATTEMPTS_MIN`] attempts of the
//! last window failed; stays open for a back-off that doubles with each time; then lets one probe through. Time and
//! dice are arguments. Races between workers can only make it count a few attempts more or less.
//!
//! An attempt takes a [`Pass`] when it begins and reports with it. One that began before the breaker last opened or
//! closed says nothing about now: a slow stream from before an outage must not end it, nor a late timeout renew it.
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
    /// The back-off is over, and whoever [begins](Breaker::begin) first may.
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

/// What an attempt knows of the breaker from when it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// How often the breaker had opened or closed.
    turn: u32,
    /// Until when it is the probe; 0 when it is none. **Unit**: milliseconds of the gateway's clock.
    probe_until_ms: u64,
}

/// A circuit breaker.
#[derive(Debug, Default)]
pub struct Breaker {
    in_a_row: AtomicU32,
    /// How often it opened or closed. Wraps after some billions, which no attempt outlives.
    turn: AtomicU32,
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

    /// Begins an attempt. When a probe is due, the first to come is it; whoever loses that race does no harm.
    pub fn begin(&self, now_ms: u64) -> Pass {
        let turn = self.turn.load(Relaxed);
        let is_due = self.verdict(now_ms) == Verdict::ProbeDue;
        Pass { turn, probe_until_ms: if is_due { self.take_probe(now_ms) } else { 0 } }
    }

    /// Takes the one probe; 0 when another request has it.
    fn take_probe(&self, now_ms: u64) -> u64 {
        let current = self.probe_until_ms.load(Relaxed);
        let until = now_ms.saturating_add(BREAKER_PROBE_MS_MAX);
        let is_taken = current <= now_ms
            && self.probe_until_ms.compare_exchange(current, until, Relaxed, Relaxed).is_ok();
        if is_taken { until } else { 0 }
    }

    /// Counts what is known of an attempt. `dice` draws the jitter of the back-off.
    pub fn report(&self, pass: &mut Pass, report: Report, now_ms: u64, dice: u64) {
        if pass.turn != self.turn.load(Relaxed) {
            return;
        }
        match report {
            Report::Good => {
                self.window.count(now_ms, window::Counted::Good);
                if self.in_a_row.load(Relaxed) != 0 {
                    self.in_a_row.store(0, Relaxed);
                }
                if self.open_until_ms.load(Relaxed) != 0 {
                    self.close();
                    // What becomes of it now is the closed breaker's to know.
                    *pass = Pass { turn: self.turn.load(Relaxed), probe_until_ms: 0 };
                }
            }
            Report::Bad => self.failed(*pass, now_ms, dice),
            Report::Unknown => self.let_probe_go(*pass),
        }
    }

    fn let_probe_go(&self, pass: Pass) {
        if pass.probe_until_ms != 0 {
            // Where it was given up, another has the probe.
            let _lost = self.probe_until_ms.compare_exchange(pass.probe_until_ms, 0, Relaxed, Relaxed);
        }
    }

    fn failed(&self, pass: Pass, now_ms: u64, dice: u64) {
        self.window.count(now_ms, window::Counted::Bad);
        let in_a_row = self.in_a_row.fetch_add(1, Relaxed).saturating_add(1);
        let until = self.open_until_ms.load(Relaxed);
        if until != 0 {
            // One that was let through while it is open, because all others are open too, is no probe.
            if pass.probe_until_ms != 0 {
                self.open(until, now_ms, dice);
            }
            return;
        }
        let (attempts, failures) = self.window.sums(now_ms);
        let half = attempts >= BREAKER_WINDOW_ATTEMPTS_MIN && failures.saturating_mul(2) >= attempts;
        if in_a_row >= BREAKER_FAILURES_IN_A_ROW || half {
            self.open(until, now_ms, dice);
        }
    }

    fn open(&self, seen_until: u64, now_ms: u64, dice: u64) {
        let opened = self.opened.load(Relaxed);
        let until = now_ms.saturating_add(back_off_ms(opened, dice)).max(1);
        if self.open_until_ms.compare_exchange(seen_until, until, Relaxed, Relaxed).is_ok() {
            self.turn.fetch_add(1, Relaxed);
            self.opened.store(opened.saturating_add(1), Relaxed);
            self.probe_until_ms.store(0, Relaxed);
        }
    }

    fn close(&self) {
        self.turn.fetch_add(1, Relaxed);
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
    use std::collections::VecDeque;

    use super::*;

    /// Plays a script. `g`, `b`, `u`: an attempt begins and is reported as good, bad or unknown at once. `(`: one begins;
    /// `G`, `B`, `U`: the one that began first of those is reported. `+`: a second passes.
    fn play(breaker: &Breaker, mut now_ms: u64, script: &str) -> u64 {
        let mut begun = VecDeque::new();
        for step in script.chars() {
            let report = match step.to_ascii_lowercase() {
                'g' => Report::Good,
                'b' => Report::Bad,
                'u' => Report::Unknown,
                '(' => {
                    begun.push_back(breaker.begin(now_ms));
                    continue;
                }
                '+' => {
                    now_ms += 1000;
                    continue;
                }
                other => panic!("{other}"),
            };
            let is_late = step.is_ascii_uppercase();
            let mut pass = if is_late { begun.pop_front().unwrap() } else { breaker.begin(now_ms) };
            breaker.report(&mut pass, report, now_ms, 0);
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
        check("bbbbb+++++(", Verdict::OpenUntil(6000 + BREAKER_PROBE_MS_MAX));
        check("bbbbb+++++g", Verdict::Closed);
        check("bbbbb+++++b", Verdict::OpenUntil(16_000));
        check("bbbbb+++++u", Verdict::ProbeDue);
    }

    #[test]
    fn only_one_gets_the_probe() {
        // The second is none: its failure renews nothing, and its going away frees nothing.
        check("bbbbb+++++((+uB", Verdict::OpenUntil(17_000));
        check("bbbbb+++++(+u", Verdict::OpenUntil(6000 + BREAKER_PROBE_MS_MAX));
        check("bbbbb+++++(+b", Verdict::OpenUntil(6000 + BREAKER_PROBE_MS_MAX));
    }

    #[test]
    fn what_began_before_it_opened_changes_nothing() {
        check("(bbbbbG", Verdict::OpenUntil(6000));
        check("(bbbbb+++++G", Verdict::ProbeDue);
        check("(bbbbb+++++B", Verdict::ProbeDue);
        check("(bbbbb+++++gbbbbB", Verdict::Closed);
        // The probe of an earlier opening frees not the probe of the next.
        check("bbbbb+++++((GU", Verdict::Closed);
    }

    #[test]
    fn one_let_through_while_it_is_open_can_close_it_and_not_renew_it() {
        check("bbbbb+g", Verdict::Closed);
        check("bbbbb+b", Verdict::OpenUntil(6000));
    }

    #[test]
    fn a_probe_that_served_is_judged_on_by_the_closed_breaker() {
        let breaker = Breaker::default();
        let now_ms = play(&breaker, 1000, "bbbbb+++++");
        let mut pass = breaker.begin(now_ms);
        breaker.report(&mut pass, Report::Good, now_ms, 0);
        for _ in 0..5 {
            breaker.report(&mut pass, Report::Bad, now_ms, 0);
        }
        assert_eq!(breaker.verdict(now_ms), Verdict::OpenUntil(now_ms + 5000));
    }

    #[test]
    fn the_back_off_grows_to_its_limit_with_jitter() {
        assert_eq!(back_off_ms(0, 12345), 5_000);
        assert_eq!(back_off_ms(1, 0), 10_000);
        assert_eq!(back_off_ms(9, 0), 300_000);
        assert_eq!(back_off_ms(u32::MAX, 59_000), 241_000);
    }
}
