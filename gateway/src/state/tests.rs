//! F6 and F7: a disk that fails at each of its operations in turn, as when it is full or the process ends.

use std::cell::{Cell, RefCell};

use super::disk::LocalDisk;
use super::*;

/// Fails at the operation that comes after `left` others, like a disk that is full.
struct FailingDisk {
    left: Cell<usize>,
    /// Files that were moved to their names since the last flush of their folder.
    moved: RefCell<Vec<PathBuf>>,
}

impl FailingDisk {
    fn after(left: usize) -> Self {
        Self { left: Cell::new(left), moved: RefCell::default() }
    }

    fn step(&self) -> io::Result<()> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(io::ErrorKind::StorageFull.into());
        };
        self.left.set(left);
        Ok(())
    }
}

impl Disk for FailingDisk {
    fn has(&self, path: &Path, digest: Digest) -> bool {
        LocalDisk.has(path, digest)
    }

    fn copy_flushed(&self, source: &mut dyn Read, path: &Path) -> io::Result<Digest> {
        if let Err(error) = self.step() {
            // What a full disk leaves behind: the beginning of the file.
            std::fs::write(path, "cut o").unwrap();
            return Err(error);
        }
        LocalDisk.copy_flushed(source, path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        self.moved.borrow_mut().push(to.to_owned());
        LocalDisk.rename(from, to)
    }

    fn flush_folder(&self, folder: &Path) -> io::Result<()> {
        self.step()?;
        self.moved.borrow_mut().clear();
        LocalDisk.flush_folder(folder)
    }

    fn remove_blobs_but(&self, folder: &Path, kept: &Path) {
        LocalDisk.remove_blobs_but(folder, kept);
    }
}

/// Keeps `one`, then loses power after some operations of keeping `two`, and with it whichever moves were not flushed:
/// `current` names a whole file whichever those are.
fn check_power(operations: usize) {
    for lost in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let keep = |left: usize, content: &str| {
            let state = StateFolder::new(folder.path().to_owned(), FailingDisk::after(left));
            drop(state.keep(content.as_bytes(), Digest::of(content.as_bytes()), &mut content.as_bytes()));
            state.disk.moved.into_inner()
        };
        keep(usize::MAX, "one");
        let unflushed = keep(operations, "two");
        if let Some(path) = unflushed.get(lost) {
            std::fs::remove_file(path).unwrap();
        }
        if let Ok(current) = std::fs::read_to_string(folder.path().join(CURRENT)) {
            let blob = folder.path().join(blob_name(Digest::of(current.as_bytes())));
            assert!(blob.exists(), "after {operations} operations, without the move {lost}: {current}");
        }
    }
}

#[test]
fn a_move_that_was_not_flushed_is_named_by_nothing() {
    (0..7).for_each(check_power);
}

/// Keeps `one`, then fails to keep `two` after some operations: what `current` says then, and whether its file is whole.
fn check(operations: usize, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let keep = |left: usize, content: &str| {
        let state = StateFolder::new(folder.path().to_owned(), FailingDisk::after(left));
        state.keep(content.as_bytes(), Digest::of(content.as_bytes()), &mut content.as_bytes())
    };
    keep(usize::MAX, "one").unwrap();
    assert_eq!(keep(operations, "two").is_ok(), operations >= 6, "{operations}");
    let current = std::fs::read_to_string(folder.path().join(CURRENT)).unwrap();
    assert_eq!(current, expected, "{operations}");
    let blob =
        std::fs::read_to_string(folder.path().join(blob_name(Digest::of(current.as_bytes())))).unwrap();
    assert_eq!(blob, current, "{operations}");
    keep(usize::MAX, "three").unwrap();
    let blobs = std::fs::read_dir(folder.path()).unwrap().flatten();
    let blobs = blobs.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "pms"));
    assert_eq!(blobs.count(), 1, "older copies are removed");
}

#[test]
fn a_failing_disk_leaves_the_old_copy_or_the_new_one() {
    for operations in 0..5 {
        check(operations, "one");
    }
    check(5, "two");
    check(6, "two");
}

#[test]
fn a_file_that_changed_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let state = StateFolder::new(folder.path().to_owned(), LocalDisk);
    let kept = state.keep(b"", Digest::of(b"loaded"), &mut b"changed".as_slice());
    assert!(matches!(kept, Err(StateError::Changed(digest)) if digest == Digest::of(b"changed")));
    assert!(!folder.path().join(CURRENT).exists());
}

#[test]
fn one_gateway_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = claim(folder.path()).unwrap();
    assert_eq!(claim(folder.path()).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    drop(first);
    assert!(claim(folder.path()).is_ok());
}
