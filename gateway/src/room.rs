//! How many bytes of request bodies the process holds at once, over all workers.
//!
//! Not a queue: a body that finds no room is refused at once. Read next: [`crate::pipeline`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A number of bytes that all workers share.
#[derive(Debug)]
pub struct Room {
    taken: AtomicUsize,
    bytes_max: usize,
}

/// Bytes taken; free again when dropped.
#[derive(Debug)]
pub struct Space {
    room: Arc<Room>,
    bytes: usize,
}

impl Room {
    /// Room for this many bytes.
    pub fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { taken: AtomicUsize::new(0), bytes_max })
    }

    /// No space yet, to be grown.
    pub fn space(self: &Arc<Self>) -> Space {
        Space { room: Arc::clone(self), bytes: 0 }
    }

    /// How many bytes are taken now.
    pub fn taken(&self) -> usize {
        self.taken.load(Relaxed)
    }
}

impl Space {
    /// Takes more bytes; `false`, and nothing taken, when there are not as many.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let before = self.room.taken.fetch_add(bytes, Relaxed);
        let fits = before.checked_add(bytes).is_some_and(|after| after <= self.room.bytes_max);
        if fits {
            self.bytes += bytes;
        } else {
            self.room.taken.fetch_sub(bytes, Relaxed);
        }
        fits
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(grown: &[usize], expected: &[bool]) {
        let room = Room::new(10);
        let mut space = room.space();
        let fits: Vec<bool> = grown.iter().map(|bytes| space.grow(*bytes)).collect();
        assert_eq!(fits, expected, "{grown:?}");
        drop(space);
        assert_eq!(room.taken(), 0);
    }

    #[test]
    fn no_more_than_there_is() {
        check(&[4, 6, 1], &[true, true, false]);
        check(&[11, 10], &[false, true]);
        check(&[usize::MAX, 3], &[false, true]);
    }
}
