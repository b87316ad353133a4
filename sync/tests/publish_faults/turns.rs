//! Publishers that share a folder without sharing a lock, as on several machines: each takes its file operations in turn
//! with the others, in an order that a seed decides.

use std::io;
use std::path::Path;
use std::sync::{Condvar, Mutex};
use std::time::SystemTime;

use pointsman_sync::files::{Disk, Files};

/// Whose operation is next.
pub(crate) struct Turns {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    seed: u64,
    publishers: Vec<Publisher>,
    turn: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Publisher {
    Working,
    Waiting,
    Finished,
}

impl Turns {
    pub(crate) fn new(publishers: usize, seed: u64) -> Self {
        let publishers = vec![Publisher::Working; publishers];
        Self { state: Mutex::new(State { seed, publishers, turn: None }), changed: Condvar::new() }
    }

    /// Waits until it is this publisher's turn.
    pub(crate) fn take(&self, me: usize) {
        let mut state = self.state.lock().unwrap();
        state.publishers[me] = Publisher::Waiting;
        state.choose();
        self.changed.notify_all();
        while state.turn != Some(me) {
            state = self.changed.wait(state).unwrap();
        }
        (state.turn, state.publishers[me]) = (None, Publisher::Working);
    }

    /// This publisher wants no more turns.
    pub(crate) fn finish(&self, me: usize) {
        let mut state = self.state.lock().unwrap();
        state.publishers[me] = Publisher::Finished;
        state.choose();
        self.changed.notify_all();
    }
}

impl State {
    /// Once nobody is working.
    fn choose(&mut self) {
        let waiting: Vec<usize> =
            (0..self.publishers.len()).filter(|at| self.publishers[*at] == Publisher::Waiting).collect();
        if self.turn.is_some() || waiting.is_empty() || self.publishers.contains(&Publisher::Working) {
            return;
        }
        // xorshift64: any order will do, as long as the seed gives the same again.
        for shift in [13, -7_i32, 17] {
            self.seed ^= if shift < 0 { self.seed >> -shift } else { self.seed << shift };
        }
        let at = usize::try_from(self.seed % u64::try_from(waiting.len()).unwrap()).unwrap();
        self.turn = Some(waiting[at]);
    }
}

/// The disk, with something that happens before each operation. Flushing is left out: nothing fails here, and it would take
/// most of the time.
pub(crate) struct Before<F>(pub(crate) F);

impl<F: Fn()> Files for Before<F> {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.0();
        Disk.create_folder(path)
    }

    fn write_flushed(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.0();
        assert!(!path.exists(), "two publishers write {}", path.display());
        std::fs::write(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0();
        Disk.rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0();
        Disk.link(from, to)
    }

    fn flush_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0();
        Disk.remove(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.0();
        Disk.list(path)
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        self.0();
        Disk.read(path)
    }

    fn modified(&self, path: &Path) -> io::Result<Option<SystemTime>> {
        self.0();
        Disk.modified(path)
    }
}
