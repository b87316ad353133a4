//! Attempts and failures of the last [`BREAKER_WINDOW_MS`], in a ring of slots.
//!
//! Each slot packs its epoch, its attempts and its failures into one atomic word, so a worker counts with one
//! compare-and-swap and a stale slot is recognised without a sweep. Not exact to the millisecond: the window is
//! between five and six sixths of its nominal length.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::limits::BREAKER_WINDOW_MS;

const SLOTS: u64 = 6;
const SLOT_MS: u64 = BREAKER_WINDOW_MS / SLOTS;
const COUNT_BITS: u32 = 16;
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;

/// How an attempt counts in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// As an attempt.
    Good,
    /// As an attempt and a failure.
    Bad,
}

#[derive(Debug, Default)]
pub(super) struct Window {
    slots: [AtomicU64; 6],
}

impl Window {
    pub(super) fn count(&self, now_ms: u64, counted: Counted) {
        let epoch = epoch(now_ms);
        let slot = usize::try_from(epoch % SLOTS).ok().and_then(|at| self.slots.get(at));
        let Some(slot) = slot else { return };
        // A lost race loses one count: closeness is enough here, waiting is not worth it.
        let current = slot.load(Relaxed);
        let (attempts, failures) =
            if current >> (2 * COUNT_BITS) == epoch { counts(current) } else { (0, 0) };
        let failures = failures + u64::from(counted == Counted::Bad);
        let packed =
            epoch << (2 * COUNT_BITS) | (attempts + 1).min(COUNT_MAX) << COUNT_BITS | failures.min(COUNT_MAX);
        slot.store(packed, Relaxed);
    }

    /// Attempts and failures.
    pub(super) fn sums(&self, now_ms: u64) -> (u32, u32) {
        let newest = epoch(now_ms);
        let live = self.slots.iter().map(|slot| slot.load(Relaxed)).filter(|packed| {
            let age = newest.saturating_sub(packed >> (2 * COUNT_BITS));
            age < SLOTS
        });
        live.fold((0, 0), |(attempts, failures), packed| {
            let (more, bad) = counts(packed);
            (attempts + narrow(more), failures + narrow(bad))
        })
    }

    pub(super) fn clear(&self) {
        self.slots.iter().for_each(|slot| slot.store(0, Relaxed));
    }
}

/// Counts from 1, so that an empty slot is always old.
fn epoch(now_ms: u64) -> u64 {
    (now_ms / SLOT_MS + SLOTS) & u64::from(u32::MAX)
}

fn counts(packed: u64) -> (u64, u64) {
    ((packed >> COUNT_BITS) & COUNT_MAX, packed & COUNT_MAX)
}

fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(at_ms: &[u64], now_ms: u64, expected: (u32, u32)) {
        let window = Window::default();
        for (index, at_ms) in at_ms.iter().enumerate() {
            window.count(*at_ms, if index % 2 == 0 { Counted::Bad } else { Counted::Good });
        }
        assert_eq!(window.sums(now_ms), expected, "{at_ms:?} at {now_ms}");
    }

    #[test]
    fn counts_age_away() {
        check(&[], 0, (0, 0));
        check(&[0, 0, 0], 0, (3, 2));
        check(&[0, 6_000, 12_000], 12_000, (3, 2));
        check(&[0, 6_000, 12_000], 31_000, (2, 1));
        check(&[0, 6_000, 12_000], 60_000, (0, 0));
        check(&[0, 30_000], 30_000, (1, 0));
    }
}
