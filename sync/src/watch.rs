//! Following a folder: tells when its files may have changed.
//!
//! The system's notifications are hints: they may be missing (network file systems, exhausted watches) or come in
//! bursts (editors, `git checkout`). So a burst is waited out, and the folder is looked at every [`POLL`] whatever the
//! system says. The wait is short, because somebody waits for the answer: a burst with longer pauses shows when it goes on
//! while the folder is being looked at ([`Watch::is_outrun`]). Whether the content really changed is for the caller to
//! see: compiling the same tree gives the same snapshot.

use std::cell::Cell;
use std::path::{Component, Path};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

/// How often the folder is looked at without any notification.
pub const POLL: Duration = Duration::from_secs(30);
/// How long a folder must be quiet after a notification. Between the steps in which an editor replaces a file there are a
/// few milliseconds.
pub const QUIET: Duration = Duration::from_millis(20);
/// How long a burst may go on before it is looked at all the same.
pub const BURST_MAX: Duration = Duration::from_millis(500);

/// Follows a folder until it is dropped.
pub struct Watch {
    hints: Receiver<Hint>,
    /// One that was taken out to be looked at.
    waiting: Cell<Option<Hint>>,
    stop: Sender<Hint>,
    notifications: Result<RecommendedWatcher, notify::Error>,
}

/// Ends a [`Watch::next`] that waits.
#[derive(Clone)]
pub struct Stop(Sender<Hint>);

impl Stop {
    /// Makes every later [`Watch::next`] return [`Next::Stopped`].
    pub fn stop(&self) {
        // The watch may be gone already; then there is nothing left to stop.
        self.0.send(Hint::Stop).unwrap_or_default();
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hint {
    Changed,
    Stop,
}

/// Why [`Watch::next`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Something may have changed, or [`POLL`] passed.
    Look,
    /// [`Stop::stop`] was called.
    Stopped,
}

impl Watch {
    /// Begins to follow `folder` and everything below it, but for hidden folders: no policy is in them, and a
    /// publication may be.
    pub fn new(folder: &Path) -> Self {
        let (stop, hints) = channel();
        let sender = stop.clone();
        let root = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let watched = root.clone();
        let notifications = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // What was lost may have mattered.
            if event.as_ref().map_or(true, |event| matters(&root, event)) {
                // The receiver is gone only when the watch is being dropped.
                sender.send(Hint::Changed).unwrap_or_default();
            }
        });
        let notifications = notifications.and_then(|mut watcher| {
            watcher.watch(&watched, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        Self { hints, waiting: Cell::new(None), stop, notifications }
    }

    /// Why there are no notifications and only polling, when that is so.
    pub fn polling_only(&self) -> Option<String> {
        self.notifications.as_ref().err().map(ToString::to_string)
    }

    /// A handle that ends the waiting.
    pub fn stop_handle(&self) -> Stop {
        Stop(self.stop.clone())
    }

    /// Waits for the next reason to look at the folder.
    pub fn next(&self) -> Next {
        match self.waiting.take().map_or_else(|| self.hints.recv_timeout(POLL), Ok) {
            Ok(Hint::Changed) => self.wait_out_burst(),
            Ok(Hint::Stop) | Err(RecvTimeoutError::Disconnected) => Next::Stopped,
            Err(RecvTimeoutError::Timeout) => Next::Look,
        }
    }

    /// Whether something may have changed since [`Watch::next`] returned, so that what was read since may be half of a burst.
    pub fn is_outrun(&self) -> bool {
        let hint = self.waiting.take().or_else(|| self.hints.try_recv().ok());
        self.waiting.set(hint);
        hint == Some(Hint::Changed)
    }

    fn wait_out_burst(&self) -> Next {
        let began = Instant::now();
        while began.elapsed() < BURST_MAX {
            match self.hints.recv_timeout(QUIET) {
                Ok(Hint::Changed) => {}
                Ok(Hint::Stop) | Err(RecvTimeoutError::Disconnected) => return Next::Stopped,
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
        Next::Look
    }
}

/// Whether an event may be about a policy. One without paths may be about any file: so the system says that there were
/// more events than it could keep.
fn matters(root: &Path, event: &notify::Event) -> bool {
    let is_untold = event.need_rescan() || event.paths.is_empty();
    let is_change = !event.kind.is_access() && !event.paths.iter().all(|path| is_hidden(root, path));
    is_untold || is_change
}

/// Whether a path lies in a hidden folder below the root.
fn is_hidden(root: &Path, path: &Path) -> bool {
    let hidden = |part: Component<'_>| part.as_os_str().to_string_lossy().starts_with('.');
    path.strip_prefix(root).is_ok_and(|below| below.components().any(hidden))
}

#[cfg(test)]
mod tests {
    use notify::EventKind;
    use notify::event::{AccessKind, Flag, ModifyKind};

    use super::*;

    #[test]
    fn a_saved_file_is_a_reason_to_look_and_stop_ends_the_waiting() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("teams")).unwrap();
        let watch = Watch::new(folder.path());
        assert_eq!(watch.polling_only(), None);
        let began = Instant::now();
        std::fs::write(folder.path().join("teams/a.yaml"), "keys: {}\n").unwrap();
        assert_eq!(watch.next(), Next::Look);
        assert!(began.elapsed() < POLL, "noticed without the poll");
        watch.stop_handle().stop();
        assert_eq!(watch.next(), Next::Stopped);
    }

    #[test]
    fn what_goes_on_during_a_look_is_seen_and_still_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let watch = Watch::new(folder.path());
        assert!(!watch.is_outrun());
        watch.stop.send(Hint::Changed).unwrap();
        assert!(watch.is_outrun() && watch.is_outrun());
        assert_eq!(watch.next(), Next::Look);
        assert!(!watch.is_outrun());
        watch.stop_handle().stop();
        assert!(!watch.is_outrun());
        assert_eq!(watch.next(), Next::Stopped);
    }

    #[test]
    fn lost_events_are_a_reason_and_reading_is_none() {
        let check = |event: notify::Event, expected: bool| {
            assert_eq!(matters(Path::new("/policy"), &event), expected, "{event:?}");
        };
        let event = |kind: EventKind| notify::Event::new(kind);
        let (read, changed) = (EventKind::Access(AccessKind::Read), EventKind::Modify(ModifyKind::Any));
        check(event(EventKind::Other).set_flag(Flag::Rescan), true);
        check(event(EventKind::Other), true);
        check(event(changed).add_path("/policy/.git/index".into()), false);
        check(event(changed).add_path("/policy/.git".into()).set_flag(Flag::Rescan), true);
        check(event(changed).add_path("/policy/.git/a".into()).add_path("/policy/a.yaml".into()), true);
        check(event(read).add_path("/policy/a.yaml".into()), false);
    }

    #[test]
    fn what_happens_in_hidden_folders_is_no_reason() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".pointsman")).unwrap();
        let watch = Watch::new(folder.path());
        std::fs::write(folder.path().join(".pointsman/current"), "x").unwrap();
        watch.stop_handle().stop();
        assert_eq!(watch.next(), Next::Stopped);
        let root = Path::new("/policy");
        assert!(is_hidden(root, Path::new("/policy/.git/index")));
        assert!(
            !is_hidden(root, Path::new("/policy/teams/a.yaml")) && !is_hidden(root, Path::new("/.x/policy"))
        );
    }
}
