//! The counts of all limits over all snapshots, by stable name.
//!
//! Only loading a snapshot comes here, so a lock is fine. It is the snapshots that hold a count: one that none of them needs
//! any more is forgotten with the last request that uses it, so a limit that is taken away and comes back begins anew, and
//! one whose numbers change goes on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use pointsman_schema::archive::money::ArchivedLimit;
use pointsman_schema::archive::routing::ArchivedKey;
use pointsman_schema::digest::Digest;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::{run, slot};
use pointsman_schema::source::budget::Counted;
use tokio::time::Instant;

use super::{Count, Limiting};

/// All counts of the process.
#[derive(Debug)]
pub struct Registry {
    began: Instant,
    counts: Mutex<HashMap<Whose, Weak<Count>>>,
}

/// The limit and what it counts for, as the beginning of a SHA-256: keys are many, and names are long.
type Whose = [u8; 16];

impl Default for Registry {
    fn default() -> Self {
        Self { began: Instant::now(), counts: Mutex::default() }
    }
}

impl Registry {
    /// The clock of all counts at a moment, which no change of the machine's time moves. **Unit**: ns.
    pub(crate) fn at_ns(&self, moment: Instant) -> u64 {
        u64::try_from(moment.saturating_duration_since(self.began).as_nanos()).unwrap_or(u64::MAX)
    }

    /// The counts that a snapshot's keys need.
    pub fn limiting(self: &Arc<Self>, view: &View<'_>) -> Limiting {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|_, count| count.strong_count() > 0);
        let mut needed = vec![None; view.routing.key_limits.len()];
        for key in view.routing.keys.iter() {
            let start = slot(key.limits.start.to_native());
            let rows = run(&view.routing.key_limits, &key.limits);
            for (needed, row) in needed.iter_mut().skip(start).zip(rows) {
                let limit = view.money.limits.get(slot(row.to_native()));
                *needed = limit.map(|limit| count(&mut counts, whose(view, limit, key)));
            }
        }
        // Every row belongs to a key; one that does not is asked by nobody.
        let counts = needed.into_iter().map(Option::unwrap_or_default).collect();
        Limiting { registry: Arc::clone(self), counts }
    }
}

fn count(counts: &mut HashMap<Whose, Weak<Count>>, whose: Whose) -> Arc<Count> {
    let known = counts.get(&whose).and_then(Weak::upgrade);
    known.unwrap_or_else(|| {
        let count = Arc::<Count>::default();
        counts.insert(whose, Arc::downgrade(&count));
        count
    })
}

fn whose(view: &View<'_>, limit: &ArchivedLimit, key: &ArchivedKey) -> Whose {
    let subject = match Counted::from_code(limit.per) {
        Some(Counted::Consumer) => view.text(view.consumer(key.consumer.into()).name),
        Some(Counted::Key) => view.text(key.name),
        Some(Counted::Shared) | None => "",
    };
    // No name holds a NUL, and the code tells a consumer from a key of the same name.
    let name = [view.text(limit.name).as_bytes(), &[0, limit.per], subject.as_bytes()].concat();
    Digest::of(&name).0.first_chunk().copied().unwrap_or_default()
}
