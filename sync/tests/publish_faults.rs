//! F6 and F7: a publication that stops or fails at any file operation leaves the old or the new one, whole; and of
//! publishers on several machines, which share no lock, the highest generation is in place whatever the order of theirs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

#[path = "publish_faults/turns.rs"]
mod turns;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use pointsman_schema::archive::golden::Golden;
use pointsman_schema::archive::names::Names;
use pointsman_schema::archive::routing::Routing;
use pointsman_schema::snapshot::pack::{Draft, Tables};
use pointsman_schema::snapshot::{Admission, Announcement, Envelope, Packed, Sealed};
use pointsman_sync::files::{Disk, Files};
use pointsman_sync::publish::{GENERATION_MAX, Novelty, Provenance, PublishError, prune, publish};
use turns::{Before, Turns};

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

    fn modified(&self, path: &Path) -> io::Result<Option<SystemTime>> {
        self.step().and_then(|()| Disk.modified(path))
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
    Provenance { time: "2026-11-22T00:00:00Z".to_owned(), source: None, signers: Vec::new() }
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

/// How many temporary files are in the folder and beside the announcements.
fn temporaries(folder: &Path) -> usize {
    let mut names = Disk.list(folder).unwrap();
    names.extend(Disk.list(&folder.join("announcements")).unwrap());
    names.iter().filter(|name| name.starts_with(".new")).count()
}

/// Lets time go by for everything that is in the folder now.
fn age(folder: &Path, by: Duration) {
    for folder in [folder.to_owned(), folder.join("announcements")] {
        for name in Disk.list(&folder).unwrap() {
            let path = folder.join(name);
            let then = Disk.modified(&path).unwrap().unwrap();
            if path.is_file() {
                File::open(&path).unwrap().set_modified(then.checked_sub(by).unwrap()).unwrap();
            }
        }
    }
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
    let left = temporaries(folder.path());
    let may_stay = fault == Fault::Crash || faulty.removing.get();
    assert!(may_stay || left == 0, "operation {operation}: a full disk leaves no temporary file");
    age(folder.path(), prune::AGE_MIN);
    publish(&Disk, folder.path(), &old, &provenance()).unwrap();
    assert_eq!(temporaries(folder.path()), 0, "operation {operation}, {fault:?}: none stays for ever");
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
fn the_last_sixteen_snapshots_are_kept_and_all_that_are_young() {
    let folder = tempfile::tempdir().unwrap();
    let check = |number: u32, kept: usize| {
        publish(&Disk, folder.path(), &snapshot(&format!("n{number}")), &provenance()).unwrap();
        let files = Disk.list(folder.path()).unwrap();
        assert_eq!(files.iter().filter(|name| name.strip_suffix(".pms").is_some()).count(), kept, "{number}");
        assert_eq!(followed(folder.path()).generation, u64::from(number));
    };
    (1..=20).for_each(|number| check(number, usize::try_from(number).unwrap()));
    age(folder.path(), prune::AGE_MIN);
    check(21, 16);
    assert_eq!(Disk.list(&folder.path().join("announcements")).unwrap().len(), 16);
    check(22, 16);
}

/// What is in place after publishers have finished, whichever way: the highest generation, whole, and nothing half done.
fn check_settled(folder: &Path, generations: &[u64], context: &str) {
    let announced = Disk.list(&folder.join("announcements")).unwrap();
    let highest = announced.iter().filter_map(|name| name.parse().ok()).max();
    let distinct: BTreeSet<_> = generations.iter().collect();
    assert_eq!(distinct.len(), generations.len(), "{context}: {generations:?}");
    assert_eq!(Some(followed(folder).generation), highest, "{context}");
    assert_eq!(highest, generations.iter().max().copied(), "{context}");
    assert_eq!(temporaries(folder), 0, "{context}");
}

#[test]
fn of_publishers_in_any_order_the_highest_generation_is_in_place() {
    let packed = ["p0", "p1", "p2"].map(snapshot);
    for seed in 1..150 {
        let folder = tempfile::tempdir().unwrap();
        publish(&Disk, folder.path(), &snapshot("old"), &provenance()).unwrap();
        let turns = Turns::new(packed.len(), seed);
        let generations: Vec<u64> = std::thread::scope(|scope| {
            let publisher = |(me, packed)| {
                let (turns, path) = (&turns, folder.path());
                scope.spawn(move || {
                    let published = publish(&Before(|| turns.take(me)), path, packed, &provenance());
                    turns.finish(me);
                    published.unwrap().generation
                })
            };
            let publishers: Vec<_> = packed.iter().enumerate().map(publisher).collect();
            publishers.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        check_settled(folder.path(), &generations, &format!("seed {seed}"));
    }
}

/// Publishes with another publication at an operation, that long after it; returns whether the operation was reached.
fn check_stalled(operation: usize, stalled: Duration) -> bool {
    let folder = tempfile::tempdir().unwrap();
    publish(&Disk, folder.path(), &snapshot("old"), &provenance()).unwrap();
    let others = Cell::new(None);
    let meanwhile = || {
        age(folder.path(), stalled);
        others
            .set(Some(publish(&Disk, folder.path(), &snapshot("other"), &provenance()).unwrap().generation));
    };
    let countdown = Cell::new(operation);
    let stalling = Before(|| {
        if countdown.replace(countdown.get().wrapping_sub(1)) == 0 {
            meanwhile();
        }
    });
    let published = publish(&stalling, folder.path(), &snapshot("ours"), &provenance());
    // Past every time that a publication may take, its temporary file may be gone: an error, and nothing else.
    let ours = match published {
        Err(PublishError::Io { .. }) if stalled >= prune::AGE_MIN => None,
        published => Some(published.unwrap().generation),
    };
    let generations: Vec<u64> = others.get().into_iter().chain(ours).collect();
    if others.get().is_some() {
        check_settled(folder.path(), &generations, &format!("operation {operation}, {stalled:?}"));
    }
    others.get().is_some()
}

#[test]
fn a_publisher_that_stalls_destroys_nothing_and_loses_nothing() {
    for stalled in [Duration::ZERO, prune::AGE_MIN / 2, prune::AGE_MIN * 4] {
        let reached = (0..200).take_while(|operation| check_stalled(*operation, stalled)).count();
        assert!((12..200).contains(&reached), "{reached} operations were tried");
    }
}

#[test]
fn a_generation_that_leaves_no_number_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    publish(&Disk, folder.path(), &snapshot("a"), &provenance()).unwrap();
    let check = |name: &str, refused: bool| {
        let path = folder.path().join("announcements").join(name);
        std::fs::write(&path, "").unwrap();
        let published = publish(&Disk, folder.path(), &snapshot(name), &provenance());
        match published {
            Err(error @ PublishError::TooHigh { .. }) => {
                assert!(refused && error.to_string().contains(name), "{error}");
            }
            published => assert!(!refused && published.is_ok(), "{name}: {published:?}"),
        }
        std::fs::remove_file(&path).unwrap();
    };
    check(&u64::MAX.to_string(), true);
    check(&GENERATION_MAX.to_string(), true);
    check("18446744073709551616", false);
    check("007", false);
    check("+9007199254740991", false);
}
