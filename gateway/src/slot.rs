//! The one place where the snapshot in force is kept, and how requests read it without touching what other cores touch.
//!
//! Publishing is one atomic store. Each core reads through its own [`Reader`], which counts its requests on its own,
//! so that cores share no counter. Not here: loading and checking ([`crate::follow`]); only a [`Serving`], which
//! holds a verified snapshot, can be published.
//!
//! Invariant: a request sees one [`Pinned`] from its start to its end.

use std::cell::RefCell;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::serving::Serving;

/// Holds what is served now; empty until the first snapshot was verified.
#[derive(Default)]
pub struct Slot(ArcSwapOption<Serving>);

impl Slot {
    /// Puts `serving` in force for every request that starts from now on, and returns what it replaced.
    pub fn publish(&self, serving: Arc<Serving>) -> Option<Arc<Serving>> {
        self.0.swap(Some(serving))
    }

    /// What is in force, for control work. Requests use a [`Reader`].
    pub fn current(&self) -> Option<Arc<Serving>> {
        self.0.load_full()
    }
}

/// One core's way to read the slot.
pub struct Reader {
    slot: Arc<Slot>,
    seen: RefCell<Option<Pinned>>,
}

/// What one request is served by. Cloning it counts on this core alone.
#[derive(Clone)]
#[expect(
    clippy::redundant_allocation,
    reason = "the inner count is shared by all cores, the outer is this core's own"
)]
pub struct Pinned(Rc<Arc<Serving>>);

impl Deref for Pinned {
    type Target = Serving;

    fn deref(&self) -> &Serving {
        &self.0
    }
}

impl Reader {
    /// A reader for the calling core.
    pub fn new(slot: Arc<Slot>) -> Self {
        Self { slot, seen: RefCell::new(None) }
    }

    /// What is in force; `None` until the first snapshot was verified.
    ///
    /// Costs one atomic read when nothing changed since the last call. Called from time to time without a request, too,
    /// so that an idle core lets go of an old snapshot.
    pub fn load(&self) -> Option<Pinned> {
        let guard = self.slot.0.load();
        let current = guard.as_ref()?;
        let mut seen = self.seen.borrow_mut();
        if let Some(pinned) = seen.as_ref().filter(|pinned| Arc::ptr_eq(&pinned.0, current)) {
            return Some(pinned.clone());
        }
        let fresh = Pinned(Rc::new(Arc::clone(current)));
        *seen = Some(fresh.clone());
        Some(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow::published::served;

    /// Publishes from some threads at once: all but what is in force is let go, and a reader sees just that.
    fn check(publishers: u64, each: u64) {
        let slot = Arc::new(Slot::default());
        let reader = Reader::new(Arc::clone(&slot));
        assert!(reader.load().is_none());
        let publish = |first: u64| {
            let slot = Arc::clone(&slot);
            std::thread::spawn(move || {
                let publish = |generation| {
                    let serving = Arc::new(served(generation));
                    let watched = Arc::downgrade(&serving);
                    drop(slot.publish(serving));
                    watched
                };
                (first..first + each).map(publish).collect::<Vec<_>>()
            })
        };
        let threads: Vec<_> = (0..publishers).map(|at| publish(at * each)).collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            drop(reader.load());
        }
        let watched: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        let pinned = reader.load().unwrap();
        assert!(Arc::ptr_eq(&pinned.0, &slot.current().unwrap()));
        assert_eq!(watched.iter().filter(|serving| serving.strong_count() > 0).count(), 1);
    }

    #[test]
    fn swaps_within_swaps() {
        check(1, 1);
        check(1, 50);
        check(3, 50);
    }
}
