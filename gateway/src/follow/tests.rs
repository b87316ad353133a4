//! F1, F2, F4, F7, F8, F10, F11, F12, F15, F23 and F24: damage, replays, floods and swaps against a follower on a real
//! folder: what was in force stays until something better is verified.

mod kept;
mod signed;

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use pointsman_schema::archive::money::Price;
use pointsman_schema::archive::unserved::Setting;
use pointsman_schema::limits::{ANNOUNCEMENT_BYTES_MAX, HEADER_BYTES, SNAPSHOT_BYTES_MAX};
use pointsman_schema::snapshot::Tables;
use pointsman_schema::snapshot::view::KeyIx;
use pointsman_schema::snapshot::{Admission, Envelope, Packed, Residence};

use super::published::{Published, announcement, changed_snapshot, snapshot, wrong_snapshot};
use super::*;
use crate::drain::Phase;
use crate::follow::report::Keeping;
use crate::secrets::Sources;
use crate::slot::Reader;

fn follower(source: &Path, state: Option<&Path>) -> Follower {
    let shared = Arc::new(Shared::for_tests());
    Follower {
        loader: Loader {
            trust: None,
            admission: Admission::PreferSealed,
            secrets: Sources { folder: None, environment: |_| None },
            backends: Arc::clone(&shared.backends),
            limits: Arc::clone(&shared.limits),
            tokens: Arc::default(),
        },
        shared,
        report: Arc::new(Report::new(Keeping::Folder { generation: None, trouble: None })),
        source: Folder::new(source.to_owned()),
        state: state.map(|path| StateFolder::new(path.to_owned(), LocalDisk)),
        lock: None,
    }
}

/// Generation and key name of what is in force.
fn in_force(follower: &Follower) -> Option<(u64, String)> {
    let serving = follower.shared.slot.current()?;
    let view = serving.snapshot.view();
    Some((serving.generation, view.text(view.key(KeyIx(0)).name).to_owned()))
}

fn refusal(follower: &Follower) -> String {
    follower.report.following().refused.map(|trouble| trouble.text).unwrap_or_default()
}

/// With generation 5 in force, applies a change and looks: the generation in force then, and what is said.
fn check(change: impl FnOnce(&Published, &Packed), expected: u64, said: &str) {
    let (folder, first) = (Published::new(), snapshot("first"));
    folder.publish(5, &first);
    let follower = follower(folder.path(), None);
    let mut memory = Memory::default();
    follower.look(&mut memory);
    assert_eq!(in_force(&follower), Some((5, "first".to_owned())));
    change(&folder, &first);
    follower.look(&mut memory);
    let key = if expected == 5 { "first" } else { "second" };
    assert_eq!(in_force(&follower), Some((expected, key.to_owned())), "{}", refusal(&follower));
    assert!(refusal(&follower).contains(said), "`{}` does not say `{said}`", refusal(&follower));
    assert_eq!(refusal(&follower).is_empty(), said.is_empty());
}

/// F1.
#[test]
fn a_file_that_is_damaged_while_served_changes_nothing() {
    check(|folder, first| drop(std::fs::File::create(folder.blob(first)).unwrap()), 5, "");
    check(|folder, first| std::fs::write(folder.blob(first), vec![0xff; 1 << 16]).unwrap(), 5, "");
    check(|folder, first| std::fs::remove_file(folder.blob(first)).unwrap(), 5, "");
    check(|folder, _| std::fs::remove_dir_all(folder.path()).unwrap(), 5, "nothing is published");
}

/// F2.
#[test]
fn every_flipped_bit_is_refused() {
    let (folder, packed) = (Published::new(), snapshot("first"));
    let follower = follower(folder.path(), None);
    let announcement = announcement(1, &packed);
    let envelope = Envelope::unsigned(&announcement).unwrap();
    let announced = Announced { text: Vec::new(), envelope, announcement };
    let payload = (HEADER_BYTES..packed.bytes.len()).step_by(31);
    for at in (0..HEADER_BYTES).chain(payload) {
        let mut bytes = packed.bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(folder.blob(&packed), bytes).unwrap();
        let loaded = follower.loader.load(&follower.source, &announced, None);
        assert!(loaded.is_err(), "byte {at}");
    }
    std::fs::write(folder.blob(&packed), &packed.bytes).unwrap();
    assert!(follower.loader.load(&follower.source, &announced, None).is_ok());
}

/// F4.
#[test]
fn only_newer_generations_are_accepted() {
    check(|folder, _| folder.publish(6, &snapshot("second")), 6, "");
    check(|folder, _| folder.publish(4, &snapshot("second")), 5, "an older announcement was put back");
    check(|folder, _| folder.publish(5, &snapshot("second")), 5, "two publishers disagree");
}

/// F8, F11.
#[test]
fn announcements_that_cannot_be_followed_are_refused() {
    check(|folder, _| folder.announce(&announcement(6, &snapshot("second"))), 5, "is not in the folder");
    check(|folder, _| std::fs::write(folder.current(), "{").unwrap(), 5, "cannot be read");
    check(|folder, _| std::fs::write(folder.current(), "").unwrap(), 5, "cannot be read");
    check(|folder, _| folder.publish(6, &wrong_snapshot("second")), 5, "golden vector 0");
    let other = |folder: &Published| {
        let second = snapshot("second");
        folder.publish(6, &second);
        let mut wrong = announcement(6, &second);
        wrong.decisions.0 = second.digest;
        folder.announce(&wrong);
    };
    check(|folder, _| other(folder), 5, "the announcement says that the decisions are");
}

/// F12.
#[test]
fn what_is_over_a_limit_is_refused() {
    let sized = |folder: &Published, size: u64| {
        let second = snapshot("second");
        folder.publish(6, &second);
        let mut announcement = announcement(6, &second);
        announcement.snapshot.size = size;
        folder.announce(&announcement);
    };
    let actual = u64::try_from(snapshot("second").bytes.len()).unwrap();
    check(|folder, _| sized(folder, actual), 6, "");
    check(|folder, _| sized(folder, actual + 1), 5, "were expected");
    check(|folder, _| sized(folder, actual - 1), 5, "were expected");
    check(|folder, _| sized(folder, SNAPSHOT_BYTES_MAX + 1), 5, "the limit is");
    let long = vec![b' '; ANNOUNCEMENT_BYTES_MAX + 1];
    check(|folder, _| std::fs::write(folder.current(), &long).unwrap(), 5, "more than");
}

/// F12.
#[test]
fn files_that_never_end_are_refused() {
    let replace = |path: &Path, with: &str| {
        std::fs::remove_file(path).ok();
        symlink(with, path).unwrap();
    };
    check(|folder, _| replace(&folder.current(), "/dev/zero"), 5, "not a regular file");
    let blob = |folder: &Published| {
        let second = snapshot("second");
        folder.publish(6, &second);
        replace(&folder.blob(&second), "/dev/zero");
    };
    check(|folder, _| blob(folder), 5, "not a regular file");
}

/// F10.
#[test]
fn files_of_other_releases_are_refused_by_name() {
    let publish = |folder: &Published, patch: &dyn Fn(&mut Vec<u8>)| {
        let mut packed = snapshot("second");
        patch(&mut packed.bytes);
        packed.digest = pointsman_schema::digest::Digest::of(&packed.bytes);
        folder.publish(6, &packed);
    };
    let section = |flags: u8| {
        move |bytes: &mut Vec<u8>| {
            let (entry, end) = (256 + 7 * 64, u64::try_from(bytes.len()).unwrap());
            bytes[20] = 8;
            bytes[entry..entry + 4].copy_from_slice(&0x9001_u32.to_le_bytes());
            bytes[entry + 4] = flags;
            bytes[entry + 8..entry + 16].copy_from_slice(&end.to_le_bytes());
            bytes[entry + 24..entry + 56].copy_from_slice(&pointsman_schema::digest::Digest::of(b"").0);
        }
    };
    check(|folder, _| publish(folder, &|_| ()), 6, "");
    check(|folder, _| publish(folder, &|bytes| bytes[12] = 9), 5, "for readers from 9 on");
    check(|folder, _| publish(folder, &|bytes| bytes[8] = 0), 5, "container version 0");
    check(|folder, _| publish(folder, &|bytes| bytes[18] = 64), 5, "archive format");
    check(|folder, _| publish(folder, &|bytes| bytes[32] ^= 1), 5, "tables have shape");
    check(|folder, _| publish(folder, &section(1)), 5, "must not ignore");
    check(|folder, _| publish(folder, &section(0)), 6, "");
}

/// F8.
#[test]
fn a_missing_file_is_served_when_it_arrives() {
    let (folder, first) = (Published::new(), snapshot("first"));
    folder.announce(&announcement(1, &first));
    let follower = follower(folder.path(), None);
    let mut memory = Memory::default();
    follower.look(&mut memory);
    assert_eq!(in_force(&follower), None);
    std::fs::write(folder.blob(&first), &first.bytes).unwrap();
    // The rest after a failure is not waited for; that it is kept is shown by the unchanged count.
    follower.look(&mut memory);
    assert_eq!((in_force(&follower), follower.shared.metrics.counted(Event::SnapshotRefused)), (None, 1));
    memory.again = Rest::default();
    follower.look(&mut memory);
    assert_eq!(in_force(&follower), Some((1, "first".to_owned())));
}

/// F23.
#[test]
fn a_swapped_link_is_noticed() {
    let (folder, mounted) = (Published::new(), Published::new());
    let version = |name: &str, generation: u64, packed: &Packed| {
        let version = Published::new();
        version.publish(generation, packed);
        std::fs::rename(version.path(), mounted.path().join(name)).unwrap();
        std::fs::remove_file(mounted.path().join("..next")).ok();
        symlink(name, mounted.path().join("..next")).unwrap();
        std::fs::rename(mounted.path().join("..next"), mounted.path().join("..data")).unwrap();
    };
    let (first, second) = (snapshot("first"), snapshot("second"));
    for name in ["current".to_owned(), format!("{}.pms", first.digest), format!("{}.pms", second.digest)] {
        symlink(mounted.path().join("..data").join(&name), folder.path().join(&name)).unwrap();
    }
    let follower = follower(folder.path(), None);
    let mut memory = Memory::default();
    for (name, generation, packed, key) in [("v1", 1, &first, "first"), ("v2", 2, &second, "second")] {
        version(name, generation, packed);
        follower.look(&mut memory);
        assert_eq!(in_force(&follower), Some((generation, key.to_owned())), "{}", refusal(&follower));
    }
}

/// F24.
#[test]
fn bytes_lie_in_a_sealed_memory_file_or_the_reason_is_told() {
    let (folder, first) = (Published::new(), snapshot("first"));
    folder.publish(1, &first);
    for (admission, sealed) in [(Admission::PreferSealed, true), (Admission::Heap, false)] {
        let mut follower = follower(folder.path(), None);
        follower.loader.admission = admission;
        follower.look(&mut Memory::default());
        let serving = follower.shared.slot.current().unwrap();
        match serving.snapshot.residence() {
            Residence::SealedMemoryFile => assert!(sealed),
            Residence::Heap { reason } => assert!(!sealed && !reason.is_empty()),
        }
    }
}

/// F15.
#[test]
fn swaps_go_on_under_readers_and_in_a_drain_and_nothing_old_stays() {
    let folder = Published::new();
    let follower = follower(folder.path(), None);
    let (stop, shared) = (Arc::new(AtomicBool::new(false)), Arc::clone(&follower.shared));
    let read = |stop: Arc<AtomicBool>, slot| {
        let reader = Reader::new(slot);
        let mut last = 0;
        while !stop.load(Ordering::Relaxed) {
            let Some(pinned) = reader.load() else { continue };
            let view = pinned.snapshot.view();
            assert_eq!(view.text(view.key(KeyIx(0)).name), format!("key-{}", pinned.generation));
            assert!(pinned.generation >= last);
            last = pinned.generation;
        }
    };
    let readers = [(); 2].map(|()| {
        let (stop, slot) = (Arc::clone(&stop), Arc::clone(&shared.slot));
        std::thread::spawn(move || read(stop, slot))
    });
    let (mut memory, mut old) = (Memory::default(), Vec::new());
    for generation in 1..=60 {
        if generation == 40 {
            shared.drain.advance(Phase::Closing);
        }
        folder.publish(generation, &snapshot(&format!("key-{generation}")));
        follower.look(&mut memory);
        assert_eq!(in_force(&follower).map(|(generation, _)| generation), Some(generation));
        old.push(Arc::downgrade(&shared.slot.current().unwrap()));
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
    follower.look(&mut memory);
    assert_eq!(
        old.iter().filter(|serving| serving.strong_count() > 0).count(),
        1,
        "only the last is in memory"
    );
}

#[test]
fn what_is_not_served_is_refused_by_name() {
    let refused = |change: fn(&mut Tables), said: &str| {
        check(|folder, _| folder.publish(6, &changed_snapshot("second", change)), 5, said);
    };
    refused(|tables| tables.providers.credentials[0].source = 2, "the kind of secret of credential `secret`");
    let budget = |field: &str, value: &str| Setting {
        kind: "budget".to_owned(),
        object: "monthly".to_owned(),
        field: field.to_owned(),
        value: value.to_owned(),
    };
    check(
        |folder, _| {
            let settings = vec![budget("amount", "250"), budget("window", "month")];
            let packed = changed_snapshot("second", |tables| tables.unserved.settings = settings);
            folder.publish(6, &packed);
        },
        5,
        "does not serve: budget `monthly`; take it out",
    );
    check(|folder, _| folder.publish(6, &changed_snapshot("second", |_| {})), 6, "");
    // Prices alone ask for nothing.
    let price =
        |tables: &mut Tables| tables.money.prices = vec![Price { input_nanos: 1, ..Price::default() }];
    check(|folder, _| folder.publish(6, &changed_snapshot("second", price)), 6, "");
}
