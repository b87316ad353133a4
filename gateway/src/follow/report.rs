//! What operators can see of following: what is in force and why, what was refused and why, what was kept.
//!
//! Written by the following thread, read by `/status`. No request comes here, so a lock is fine.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pointsman_schema::snapshot::Announcement;

use super::load::LoadError;
use crate::limits::LOAD_MAX;

/// Where the snapshot in force was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The published folder.
    Source,
    /// The last good copy.
    State,
}

impl Origin {
    /// The word in logs and at `/status`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Source => "published folder",
            Self::State => "state folder",
        }
    }
}

/// Something that went wrong and has not gone right since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What.
    pub text: String,
    /// When it was first seen. **Unit**: s of Unix time.
    pub since_unix_s: i64,
    /// How often.
    pub times: u64,
}

impl Trouble {
    /// Seen now for the first time.
    pub fn now(text: String) -> Self {
        Self { text, since_unix_s: unix_s(SystemTime::now()), times: 1 }
    }
}

/// Whether and how the last good copy is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeping {
    /// There is no state folder: in memory alone.
    MemoryAlone,
    /// In the state folder.
    Folder {
        /// The last generation that is there.
        generation: Option<u64>,
        /// Why a newer one is not.
        trouble: Option<Trouble>,
    },
}

/// The state of following.
#[derive(Debug, Clone)]
pub struct Following {
    /// What is in force.
    pub announcement: Option<Announcement>,
    /// Where it was read from.
    pub origin: Origin,
    /// Why what is published is not served.
    pub refused: Option<Trouble>,
    /// How the last good copy is kept.
    pub keeping: Keeping,
    looking_since: Option<Instant>,
}

/// The shared state of following.
pub struct Report(Mutex<Following>);

impl Report {
    /// Nothing in force yet.
    pub fn new(keeping: Keeping) -> Self {
        let origin = Origin::Source;
        Self(Mutex::new(Following {
            announcement: None,
            origin,
            refused: None,
            keeping,
            looking_since: None,
        }))
    }

    /// A copy.
    pub fn following(&self) -> Following {
        self.lock().clone()
    }

    /// A look begins.
    pub(super) fn looking(&self) {
        self.lock().looking_since = Some(Instant::now());
    }

    /// A look has ended.
    pub(super) fn looked(&self) {
        self.lock().looking_since = None;
    }

    /// What is published is in force.
    pub(super) fn accepted(&self) {
        self.lock().refused = None;
    }

    pub(super) fn in_force(&self, announcement: &Announcement, origin: Origin) {
        let mut following = self.lock();
        following.announcement = Some(announcement.clone());
        following.origin = origin;
        if origin == Origin::Source {
            following.refused = None;
        }
    }

    /// Notes a refusal; whether it is another one than the last.
    pub(super) fn refused(&self, error: &LoadError) -> bool {
        note(&mut self.lock().refused, error.to_string())
    }

    pub(super) fn kept(&self, kept: u64) {
        self.lock().keeping = Keeping::Folder { generation: Some(kept), trouble: None };
    }

    /// The state folder could not be read and can be now.
    pub(super) fn recalled(&self) {
        if let Keeping::Folder { trouble, .. } = &mut self.lock().keeping {
            *trouble = None;
        }
    }

    /// Notes that the state folder could not be written or read; whether for another reason than the last time.
    pub(super) fn not_kept(&self, error: &dyn std::error::Error) -> bool {
        match &mut self.lock().keeping {
            Keeping::MemoryAlone => false,
            Keeping::Folder { trouble, .. } => note(trouble, error.to_string()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Following> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Following {
    /// For how long the following thread has been stuck in the file system, when it is.
    pub fn stuck(&self) -> Option<Duration> {
        stuck(self.looking_since)
    }
}

/// For how long a look at the file system has taken more time than any may.
pub fn stuck(looking_since: Option<Instant>) -> Option<Duration> {
    looking_since.map(|since| since.elapsed()).filter(|elapsed| *elapsed > LOAD_MAX)
}

/// Notes a trouble; whether it is another one than the last.
pub(crate) fn note(slot: &mut Option<Trouble>, text: String) -> bool {
    match slot {
        Some(trouble) if trouble.text == text => {
            trouble.times = trouble.times.saturating_add(1);
            false
        }
        _ => {
            *slot = Some(Trouble::now(text));
            true
        }
    }
}

/// **Unit**: s of Unix time, 0 before 1970.
pub fn unix_s(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(0)
}
