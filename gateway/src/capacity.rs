//! How many of something there may be at once, counted without a lock: connections, requests.
//!
//! Not a queue: what finds no seat is turned away at once, so that overload costs next to nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of seats that all cores share.
pub struct Capacity {
    taken: AtomicUsize,
    seats: usize,
}

/// One taken seat; free again when dropped.
pub struct Seat(Arc<Capacity>);

impl Capacity {
    /// Room for `seats`.
    pub fn new(seats: usize) -> Arc<Self> {
        Arc::new(Self { taken: AtomicUsize::new(0), seats })
    }

    /// Takes a seat; `None` when all are taken.
    pub fn take(self: &Arc<Self>) -> Option<Seat> {
        let before = self.taken.fetch_add(1, Ordering::Relaxed);
        if before < self.seats {
            return Some(Seat(Arc::clone(self)));
        }
        self.taken.fetch_sub(1, Ordering::Relaxed);
        None
    }

    /// How many are taken now.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed).min(self.seats)
    }

    /// How many there are.
    pub fn seats(&self) -> usize {
        self.seats
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seats: usize, wanted: usize, expected: usize) {
        let capacity = Capacity::new(seats);
        let taken: Vec<Seat> = (0..wanted).filter_map(|_| capacity.take()).collect();
        assert_eq!((taken.len(), capacity.taken()), (expected, expected));
        drop(taken);
        assert_eq!(capacity.taken(), 0);
    }

    #[test]
    fn only_as_many_as_there_are_seats() {
        check(0, 2, 0);
        check(3, 2, 2);
        check(3, 5, 3);
    }
}
