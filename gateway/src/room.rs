//! How many bytes of one kind are held at once: of request bodies over all workers, of answers in one worker.
//!
//! Not a queue: what finds no room is refused at once. Read next: [`crate::pipeline`].

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A number of bytes that many share.
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

impl Space {
    /// Makes it exactly so many bytes; `false`, and nothing changed, when there are not as many.
    pub fn resize(&mut self, bytes: usize) -> bool {
        if let Some(more) = bytes.checked_sub(self.bytes) {
            return more == 0 || self.grow(more);
        }
        self.room.taken.fetch_sub(self.bytes - bytes, Relaxed);
        self.bytes = bytes;
        true
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
    fn a_space_grows_and_shrinks() {
        let room = Room::new(10);
        let (mut one, mut other) = (room.space(), room.space());
        let steps = [(8, true, 8), (11, false, 8), (3, true, 3), (10, true, 10), (0, true, 0)];
        for (bytes, fits, taken) in steps {
            assert_eq!((one.resize(bytes), room.taken()), (fits, taken), "{bytes}");
        }
        assert!(one.resize(4) && !other.resize(7) && other.resize(6));
        drop((one, other));
        assert_eq!(room.taken(), 0);
    }

    #[test]
    fn no_more_than_there_is() {
        check(&[4, 6, 1], &[true, true, false]);
        check(&[11, 10], &[false, true]);
        check(&[usize::MAX, 3], &[false, true]);
    }
}
