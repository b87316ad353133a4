//! F6 and F7: a publication that stops or fails at any file operation leaves the old or the new one, whole.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::cell::Cell;
use std::io;
use std::path::Path;

use pointsman_schema::archive::golden::Golden;
use pointsman_schema::archive::names::Names;
use pointsman_schema::archive::routing::Routing;
use pointsman_schema::snapshot::pack::{Draft, Tables};
use pointsman_schema::snapshot::{Admission, Announcement, Envelope, Packed, Sealed};
use pointsman_sync::files::{Disk, Files};
use pointsman_sync::publish::{Novelty, Provenance, PublishError, publish};

/// What the file system does at the chosen operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It refuses this operation only: a full disk.
    Full,
    /// The process dies half-way through it: nothing later happens.
    Crash,
}

/// The disk, until the chosen operation.
struct Faulty {
    fault: Fault,
    countdown: Cell<usize>,
    /// Whether the fault came when a file was to be removed.
    removing: Cell<bool>,
}

impl Faulty {
    fn at(operation: usize, fault: Fault) -> Self {
        Self { fault, countdown: Cell::new(operation), removing: Cell::new(false) }
    }

    /// Whether the next operation happens; the error to return when not.
    fn step(&self) -> io::Result<()> {
        let left = self.countdown.get();
        self.countdown.set(left.wrapping_sub(1));
        match (left, self.fault) {
            (0, Fault::Full) => Err(io::ErrorKind::StorageFull.into()),
            (0, Fault::Crash) => {
                self.countdown.set(0);
                Err(io::ErrorKind::BrokenPipe.into())
            }
            _ => Ok(()),
        }
    }
}

impl Files for Faulty {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.step().and_then(|()| Disk.create_folder(path))
    }

    fn write_flushed(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.step() {
            Disk.write_flushed(path, &bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        Disk.write_flushed(path, bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step().and_then(|()| Disk.rename(from, to))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step().and_then(|()| Disk.link(from, to))
    }

    fn flush_folder(&self, path: &Path) -> io::Result<()> {
        self.step().and_then(|()| Disk.flush_folder(path))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let step = self.step();
        self.removing.set(self.removing.get() || step.is_err());
        step.and_then(|()| Disk.remove(path))
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.step().and_then(|()| Disk.list(path))
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        self.step().and_then(|()| Disk.read(path))
    }
}

/// A snapshot that differs from others by one name.
fn snapshot(name: &str) -> Packed {
    let names = Names { text: name.to_owned(), ends: vec![u32::try_from(name.len()).unwrap()] };
    let routing = Routing { radix: vec![0, 0], ..Routing::default() };
    let tables = Tables { names, routing, ..Tables::default() };
    Draft::new(&tables).unwrap().finish(&Golden::default(), "0.1.0").unwrap()
}

fn provenance() -> Provenance {
    Provenance { time: "2026-11-22T00:00:00Z".to_owned(), source: None }
}

/// What a gateway finds in the folder; panics when it would not be able to serve it.
fn followed(folder: &Path) -> Announcement {
    let current = std::fs::read(folder.join("current")).unwrap();
    let announcement = Envelope::parse(&current).unwrap().announcement().unwrap();
    let digest = announcement.snapshot.sha256.0;
    let mut file = std::fs::File::open(folder.join(format!("{digest}.pms"))).unwrap();
    let sealed =
        Sealed::read(&mut file, digest, announcement.snapshot.size, Admission::PreferSealed).unwrap();
    sealed.check().unwrap();
    announcement
}

/// Publishes `old`, then `new` with a fault at an operation; returns whether the fault was reached.
fn check(operation: usize, fault: Fault) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (snapshot("old"), snapshot("new"));
    publish(&Disk, folder.path(), &old, &provenance()).unwrap();
    let faulty = Faulty::at(operation, fault);
    let result = publish(&faulty, folder.path(), &new, &provenance());
    let found = followed(folder.path()).snapshot.sha256.0;
    assert!(found == old.digest || found == new.digest, "operation {operation}, {fault:?}");
    if result.is_ok() {
        assert_eq!(found, new.digest, "operation {operation}, {fault:?}: reported as published");
    }
    publish(&Disk, folder.path(), &new, &provenance()).unwrap();
    assert_eq!(
        followed(folder.path()).snapshot.sha256.0,
        new.digest,
        "operation {operation}, {fault:?}: tried again"
    );
    let left = Disk.list(folder.path()).unwrap().into_iter().filter(|name| name.starts_with(".new")).count();
    let may_stay = fault == Fault::Crash || faulty.removing.get();
    assert!(may_stay || left == 0, "operation {operation}: a full disk leaves no temporary file");
    matches!(result, Err(PublishError::Io { .. })) || faulty.countdown.get() > usize::MAX / 2
}

#[test]
fn every_operation_can_fail_or_be_the_last() {
    for fault in [Fault::Full, Fault::Crash] {
        let reached = (0..200).take_while(|operation| check(*operation, fault)).count();
        assert!((12..200).contains(&reached), "{reached} operations were tried");
    }
}

#[test]
fn the_same_snapshot_is_not_announced_twice() {
    let folder = tempfile::tempdir().unwrap();
    let first = publish(&Disk, folder.path(), &snapshot("a"), &provenance()).unwrap();
    let again = publish(&Disk, folder.path(), &snapshot("a"), &provenance()).unwrap();
    assert_eq!((first.generation, first.novelty), (1, Novelty::Announced));
    assert_eq!((again.generation, again.novelty), (1, Novelty::AlreadyCurrent));
}

#[test]
fn a_damaged_snapshot_file_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let packed = snapshot("a");
    publish(&Disk, folder.path(), &packed, &provenance()).unwrap();
    let path = folder.path().join(format!("{}.pms", packed.digest));
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, b"half").unwrap();
    publish(&Disk, folder.path(), &packed, &provenance()).unwrap();
    assert_eq!(followed(folder.path()).generation, 1);
}

#[test]
fn the_last_sixteen_snapshots_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..20 {
        publish(&Disk, folder.path(), &snapshot(&format!("n{number}")), &provenance()).unwrap();
    }
    let files = Disk.list(folder.path()).unwrap();
    assert_eq!(files.iter().filter(|name| name.strip_suffix(".pms").is_some()).count(), 16);
    assert_eq!(followed(folder.path()).generation, 20);
}

#[test]
fn of_publishers_at_once_each_gets_its_own_generation() {
    let folder = tempfile::tempdir().unwrap();
    let generations = std::thread::scope(|scope| {
        let publishers: Vec<_> = (0..4)
            .map(|number| {
                let path = folder.path();
                scope.spawn(move || publish(&Disk, path, &snapshot(&format!("p{number}")), &provenance()))
            })
            .collect();
        publishers.into_iter().map(|thread| thread.join().unwrap().unwrap().generation).collect::<Vec<_>>()
    });
    let distinct: std::collections::BTreeSet<_> = generations.iter().collect();
    assert_eq!(distinct.len(), 4, "{generations:?}");
}
