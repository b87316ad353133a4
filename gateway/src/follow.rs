//! Follows what is published: looks at the announcement, loads what it names, puts it in force, keeps a copy.
//!
//! Runs on one thread of its own, which may block on a file system for as long as that likes: requests go on by the
//! last good snapshot, and `/status` shows how long the thread has been at it. The announcement is read anew each time
//! instead of being watched, so a lost notification, a network file system or a swapped link cannot hide a change.
//!
//! Invariant: whatever happens here, what is in force stays in force until something better is verified.
//!
//! Read next: [`folder`] for where, [`load`] for the order of the checks, [`report`] for what operators see.

pub mod folder;
pub mod load;
#[cfg(test)]
pub(crate) mod published;
pub mod report;
pub mod served;
pub mod trust;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::limits::{FOLLOW_EVERY, FOLLOW_REST_MAX, RETIRED_MAX, START_FROM_SOURCE_MAX};
use crate::metrics::Event;
use crate::serving::Serving;
use crate::shared::Shared;
use crate::state::StateFolder;
use crate::state::disk::LocalDisk;
use folder::Folder;
use load::{Announced, Floor, LoadError, Loader};
use report::{Origin, Report};

/// The following thread's work.
pub struct Follower {
    /// What is shared with requests and operators.
    pub shared: Arc<Shared>,
    /// What operators see of it.
    pub report: Arc<Report>,
    /// How a snapshot is loaded.
    pub loader: Loader,
    /// Where snapshots are published.
    pub source: Folder,
    /// Where the last good copy is kept.
    pub state: Option<StateFolder<LocalDisk>>,
    /// Keeps other gateways out of the state folder while this one follows.
    pub lock: Option<File>,
}

/// What the thread remembers from one look to the next.
#[derive(Default)]
struct Memory {
    /// The announcement that was loaded last, as it was read.
    handled: Vec<u8>,
    floor: Option<Floor>,
    /// Whether `floor` holds what the state folder remembers.
    recall: Recall,
    /// The announcement that could not be loaded, as it was read, and when it is tried again.
    failed: Vec<u8>,
    again: Rest,
    /// What could not be copied to the state folder yet, and when that is tried again.
    unkept: Option<Announced>,
    keep_again: Rest,
    retired: Vec<Arc<Serving>>,
}

/// How far the generation that the last process served is known.
#[derive(Default, PartialEq, Eq)]
enum Recall {
    /// Not asked for yet.
    #[default]
    Due,
    /// It could not be read.
    Failed,
    /// Known, or there is none.
    Done,
}

/// A rest that doubles with each failure.
#[derive(Default)]
struct Rest {
    length: Duration,
    over: Option<Instant>,
}

impl Rest {
    fn is_over(&self) -> bool {
        self.over.is_none_or(|over| over <= Instant::now())
    }

    fn failed(&mut self) {
        self.length = (self.length * 2).clamp(FOLLOW_EVERY, FOLLOW_REST_MAX);
        self.over = Instant::now().checked_add(self.length);
    }
}

impl Follower {
    /// Starts from the source or the last good copy, then follows until the other end of `hints` is dropped. A hint is
    /// the word to look now.
    pub fn run(self, hints: &Receiver<()>) {
        let mut memory = Memory::default();
        self.start(&mut memory);
        loop {
            match hints.recv_timeout(FOLLOW_EVERY) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => self.look(&mut memory),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Makes sure that the generation which the last process served is known, so that an older one is not accepted now.
    /// While it cannot be read, nothing is: what is published may be what an attacker put back.
    fn recall(&self, memory: &mut Memory) -> Result<(), LoadError> {
        let Some(state) = self.state.as_ref().filter(|_| memory.recall != Recall::Done) else {
            return Ok(());
        };
        let folder = Folder::new(state.path().to_owned());
        match guarded(|| folder.announced()) {
            Ok(kept) => memory.floor = Some(Floor::of(&kept.announcement)),
            Err(LoadError::NothingPublished(_)) => {}
            Err(error) => {
                let error = LoadError::Forgotten { folder: state.path().to_owned(), source: Box::new(error) };
                self.report.not_kept(&error);
                memory.recall = Recall::Failed;
                return Err(error);
            }
        }
        if memory.recall == Recall::Failed {
            self.report.recalled();
        }
        memory.recall = Recall::Done;
        Ok(())
    }

    /// The first load. A source that is away or hangs does not keep a replica with a good copy from starting.
    fn start(&self, memory: &mut Memory) {
        self.report.looking();
        if self.recall(memory).is_ok() && memory.floor.is_some() && !self.source_answers() {
            self.start_from_state(memory);
        }
        self.look(memory);
        if memory.recall == Recall::Done && self.shared.slot.current().is_none() {
            self.report.looking();
            self.start_from_state(memory);
            self.report.looked();
        }
    }

    /// Whether the published announcement can be read in a time that a start may take.
    fn source_answers(&self) -> bool {
        let (tell, told) = std::sync::mpsc::channel();
        let source = self.source.clone();
        let ask = move || tell.send(source.announced().is_ok()).ok();
        let asked = std::thread::Builder::new().name("pointsman-ask".to_owned()).spawn(ask);
        asked.is_ok() && told.recv_timeout(START_FROM_SOURCE_MAX).unwrap_or(false)
    }

    fn start_from_state(&self, memory: &mut Memory) {
        let Some(state) = &self.state else { return };
        let folder = Folder::new(state.path().to_owned());
        let loaded = guarded(|| {
            let announced = folder.announced()?;
            let serving = self.loader.load(&folder, &announced, memory.floor.as_ref())?;
            Ok((announced, serving))
        });
        match loaded {
            Ok((announced, serving)) => self.put_in_force(memory, &announced, serving, Origin::State),
            Err(error) => tracing::warn!(%error, "there is no good copy in the state folder"),
        }
    }

    /// One look at the announcement, and whatever follows from it.
    fn look(&self, memory: &mut Memory) {
        self.report.looking();
        memory.retired.retain(|retired| Arc::strong_count(retired) > 1);
        let announced = self.recall(memory).and_then(|()| guarded(|| self.source.read_current()));
        match announced {
            Err(error) => self.refuse(&error),
            Ok(text) if text == memory.handled => self.report.accepted(),
            Ok(text) if text == memory.failed && !memory.again.is_over() => {}
            Ok(text) => self.handle(memory, text),
        }
        self.keep(memory);
        self.report.looked();
    }

    fn handle(&self, memory: &mut Memory, text: Vec<u8>) {
        if text != memory.failed {
            memory.again = Rest::default();
        }
        match guarded(|| self.load(memory, text.clone())) {
            Ok(()) => memory.failed.clear(),
            Err(error) => {
                memory.failed = text;
                memory.again.failed();
                self.shared.metrics.count(Event::SnapshotRefused);
                self.refuse(&error);
            }
        }
    }

    fn refuse(&self, error: &LoadError) {
        if self.report.refused(error) {
            let is_serving = self.shared.slot.current().is_some();
            let stays = if is_serving { "what was in force stays" } else { "nothing is in force yet" };
            tracing::error!(%error, "what is published is not served; {stays}");
        }
    }

    fn load(&self, memory: &mut Memory, text: Vec<u8>) -> Result<(), LoadError> {
        let announced = Announced::parse(text)?;
        let floor = memory.floor.as_ref();
        let served =
            floor == Some(&Floor::of(&announced.announcement)) && self.shared.slot.current().is_some();
        if !served {
            let serving = self.loader.load(&self.source, &announced, floor)?;
            self.put_in_force(memory, &announced, serving, Origin::Source);
        }
        self.report.accepted();
        memory.handled.clone_from(&announced.text);
        memory.unkept = Some(announced);
        memory.keep_again = Rest::default();
        Ok(())
    }

    fn put_in_force(&self, memory: &mut Memory, announced: &Announced, serving: Serving, origin: Origin) {
        let serving = Arc::new(serving);
        memory.floor = Some(Floor::of(&announced.announcement));
        self.shared.metrics.in_force(serving.generation, report::unix_s(serving.loaded));
        self.report.in_force(&announced.announcement, origin);
        let generation = serving.generation;
        let snapshot = serving.snapshot.digest();
        let told = Arc::clone(&serving);
        if let Some(replaced) = self.shared.slot.publish(serving) {
            if memory.retired.len() >= RETIRED_MAX {
                memory.retired.remove(0);
            }
            memory.retired.push(replaced);
        }
        tracing::info!(generation, %snapshot, origin = origin.word(), "snapshot in force");
        tell_unavailable(&told);
    }

    /// Copies what is in force to the state folder, when that is not done yet.
    fn keep(&self, memory: &mut Memory) {
        let Some(state) = self.state.as_ref().filter(|_| memory.keep_again.is_over()) else { return };
        let Some(announced) = memory.unkept.take() else { return };
        match load::keep(&self.source, state, &announced) {
            Ok(()) => self.report.kept(announced.announcement.generation),
            Err(error) => {
                self.shared.metrics.count(Event::StateFailed);
                if self.report.not_kept(&error) {
                    tracing::error!(%error, "the last good snapshot could not be kept; serving goes on");
                }
                memory.keep_again.failed();
                memory.unkept = Some(announced);
            }
        }
    }
}

/// Which backends no request can be sent to, and why. `/status` has them all.
fn tell_unavailable(serving: &Serving) {
    let problems = serving.backends.iter().filter_map(|target| Some((target, serving.unavailable(target)?)));
    for (target, reason) in problems.clone().take(UNAVAILABLE_TOLD_MAX) {
        tracing::warn!(backend = %target.state.name, %reason, "a backend is unavailable");
    }
    let others = problems.count().saturating_sub(UNAVAILABLE_TOLD_MAX);
    if others > 0 {
        tracing::warn!(others, "more backends are unavailable, see /status");
    }
}

/// Unavailable backends that the log names for one snapshot.
const UNAVAILABLE_TOLD_MAX: usize = 16;

/// A defect in the loading code must not end following for good.
fn guarded<T>(work: impl FnOnce() -> Result<T, LoadError>) -> Result<T, LoadError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(LoadError::Defect))
}

#[cfg(test)]
mod tests;
