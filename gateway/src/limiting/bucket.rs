//! One rate in one number: the generic cell rate algorithm.
//!
//! The number is the moment at which all that was taken would have been given at an even pace, its theoretical arrival
//! time. Whatever is taken moves it on; who would move it further ahead of now than the burst is turned away. So there is no
//! border of a window at which twice as much passes, and a rate that the policy changes goes on from where it was.
//!
//! **Source**: ITU-T I.371, annex A; ATM Forum Traffic Management 4.0, section 4.4.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Where a rate is. **Unit**: nanoseconds of the clock that it is asked with; 0 is long ago.
#[derive(Debug, Default)]
pub(super) struct Bucket(AtomicU64);

/// So many in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    /// How many; not 0.
    amount: u64,
    /// In how long. **Unit**: ns.
    window_ns: u64,
    /// How many at once after a pause.
    pub(super) burst: u64,
}

impl Rate {
    /// So many in so many seconds, and so many of them at once; nothing where none are counted.
    pub(super) fn of(amount: u64, seconds: u32, burst: u64) -> Option<Self> {
        let window_ns = u64::from(seconds).saturating_mul(NANOS);
        (amount > 0).then_some(Self { amount, window_ns, burst })
    }

    /// How long so many take at an even pace, rounded down, so that as many fit a window as it says.
    pub(super) fn time(self, count: u64) -> u64 {
        let time = u128::from(count).saturating_mul(self.window_ns.into());
        u64::try_from(time / u128::from(self.amount).max(1)).unwrap_or(u64::MAX)
    }

    /// How many fit that time.
    fn count(self, time_ns: u64) -> u64 {
        let count = u128::from(time_ns).saturating_mul(self.amount.into());
        u64::try_from(count / u128::from(self.window_ns).max(1)).unwrap_or(u64::MAX)
    }
}

/// What is left of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gauge {
    /// How many pass in one window.
    pub(super) limit: u64,
    /// How many may pass now.
    pub(super) remaining: u64,
    /// Until all that was taken has come back. **Unit**: ns.
    pub(super) full_ns: u64,
}

impl Bucket {
    /// Takes what takes so long at an even pace, or nothing.
    ///
    /// **Errors**: how long to wait until it can be had.
    pub(super) fn take(&self, time_ns: u64, (rate, now_ns): (Rate, u64)) -> Result<(), u64> {
        let burst_ns = rate.time(rate.burst);
        let mut wait_ns = 0;
        let taken = self.0.fetch_update(Relaxed, Relaxed, |at_ns| {
            let ahead_ns = at_ns.saturating_sub(now_ns).saturating_add(time_ns);
            wait_ns = ahead_ns.saturating_sub(burst_ns);
            (wait_ns == 0).then(|| now_ns.saturating_add(ahead_ns))
        });
        taken.map(drop).map_err(|_| wait_ns)
    }

    /// Takes it whether or not there is so much: it was used already.
    pub(super) fn charge(&self, time_ns: u64, now_ns: u64) {
        self.0.update(Relaxed, Relaxed, |at_ns| at_ns.max(now_ns).saturating_add(time_ns));
    }

    /// Gives back what was taken and not used.
    pub(super) fn give_back(&self, time_ns: u64) {
        self.0.update(Relaxed, Relaxed, |at_ns| at_ns.saturating_sub(time_ns));
    }

    /// What is left.
    pub(super) fn gauge(&self, (rate, now_ns): (Rate, u64)) -> Gauge {
        let full_ns = self.0.load(Relaxed).saturating_sub(now_ns);
        let remaining = rate.count(rate.time(rate.burst).saturating_sub(full_ns)).min(rate.burst);
        Gauge { limit: rate.amount, remaining, full_ns }
    }
}

/// **Unit**: ns in a second.
pub(super) const NANOS: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = NANOS;

    /// Asks for one at each of these moments; so many are given.
    fn check((amount, window_s, burst): (u64, u32, u64), at: impl Iterator<Item = u64>, given: usize) {
        let (bucket, rate) = (Bucket::default(), Rate::of(amount, window_s, burst).unwrap());
        let taken = at.filter(|now| bucket.take(rate.time(1), (rate, *now)).is_ok()).count();
        assert_eq!(taken, given, "{amount} in {window_s} s, {burst} at once");
    }

    #[test]
    fn a_burst_and_then_an_even_pace() {
        let start = 1_000 * SECOND;
        check((60, 60, 5), (0..100).map(|_| start), 5);
        check((60, 60, 1), (0..100).map(|at| start + at * SECOND), 100);
        check((60, 60, 1), (0..100).map(|at| start + at * SECOND / 2), 50);
        check((60, 60, 60), (0..1_000).map(|at| start + at * SECOND / 10), 60 + 99);
        check((3, 1, 3), (0..9).map(|_| start), 3);
        // The first moments of a process are moments like others.
        check((10, 1, 10), (0..100).map(|_| 0), 10);
        check((u64::MAX, 86_400, u64::MAX), (0..100).map(|_| start), 100);
        check((1, 86_400, 1), (0..100).map(|at| start + at * SECOND), 1);
    }

    #[test]
    fn the_wait_that_is_told_is_enough_and_not_too_long() {
        let (bucket, rate) = (Bucket::default(), Rate::of(7, 60, 3).unwrap());
        let mut now = 500 * SECOND;
        for _ in 0..50 {
            match bucket.take(rate.time(1), (rate, now)) {
                Ok(()) => {}
                Err(wait) => {
                    assert!(bucket.take(rate.time(1), (rate, now + wait - 1)).is_err());
                    now += wait;
                    assert_eq!(bucket.take(rate.time(1), (rate, now)), Ok(()));
                }
            }
        }
    }

    #[test]
    fn what_comes_back_can_be_taken_again_and_no_more() {
        let (bucket, rate, now) = (Bucket::default(), Rate::of(100, 60, 100).unwrap(), 900 * SECOND);
        assert_eq!(bucket.take(rate.time(80), (rate, now)), Ok(()));
        assert_eq!(bucket.gauge((rate, now)), Gauge { limit: 100, remaining: 20, full_ns: 48 * SECOND });
        assert!(bucket.take(rate.time(30), (rate, now)).is_err());
        bucket.give_back(rate.time(50));
        assert_eq!(bucket.take(rate.time(70), (rate, now)), Ok(()));
        // What was used beyond what was asked for is owed.
        bucket.charge(rate.time(60), now);
        assert_eq!(bucket.gauge((rate, now)).remaining, 0);
        assert_eq!(bucket.take(rate.time(1), (rate, now)), Err(rate.time(61)));
        // What comes back late fills nothing beyond the burst.
        bucket.give_back(rate.time(60));
        bucket.give_back(rate.time(1_000));
        assert_eq!(bucket.gauge((rate, now)), Gauge { limit: 100, remaining: 100, full_ns: 0 });
        assert!(bucket.take(rate.time(101), (rate, now)).is_err());
    }
}
