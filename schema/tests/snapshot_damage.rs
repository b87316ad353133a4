//! F1, F2, F8, F10, F12, F24: damaged, foreign and oversized snapshots are refused with the reason; a sealed one cannot
//! be changed from outside.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::fs::{self, File};
use std::io::Write as _;

use pointsman_schema::archive::golden::{Golden, Vector};
use pointsman_schema::archive::names::Names;
use pointsman_schema::archive::places::Place;
use pointsman_schema::archive::routing::{Chain, KeyDigest};
use pointsman_schema::archive::routing::{Consumer, Key, Routing};
use pointsman_schema::archive::{NONE, Rows};
use pointsman_schema::digest::Digest;
use pointsman_schema::limits::{GOLDEN_VECTORS_MAX, HEADER_BYTES, SNAPSHOT_BYTES_MAX};
use pointsman_schema::snapshot::pack::{Draft, Tables};
use pointsman_schema::snapshot::{Admission, Packed, Residence, Sealed, SnapshotError};

/// One key of one consumer on an empty chain.
fn tables() -> Tables {
    let names = Names { text: "achaink".to_owned(), ends: vec![1, 6, 7] };
    let routing = Routing {
        consumers: vec![Consumer { name: 0, team: NONE, tags: Rows::default() }],
        chains: vec![Chain { name: 1, ..Chain::default() }],
        keys: vec![Key {
            name: 2,
            consumer: 0,
            chain: 0,
            models: Rows::default(),
            limits: Rows::default(),
            expires_s: i64::MAX,
        }],
        digests: vec![KeyDigest { digest: [7; 32], key: 0, until_s: i64::MAX }],
        radix: vec![0, 1],
        ..Routing::default()
    };
    Tables { names, routing, ..Tables::default() }.with_places()
}

/// Fills the source map, which must be parallel to the tables.
trait WithPlaces {
    fn with_places(self) -> Self;
}

impl WithPlaces for Tables {
    fn with_places(mut self) -> Self {
        self.places.files = vec!["a.yaml".to_owned()];
        self.places.keys.resize(self.routing.keys.len(), Place::default());
        self.places.consumers.resize(self.routing.consumers.len(), Place::default());
        self.places.chains.resize(self.routing.chains.len(), Place::default());
        self
    }
}

fn packed() -> Packed {
    Draft::new(&tables()).unwrap().finish(&Golden::default(), "0.1.0").unwrap()
}

/// Checks bytes as they are, with the digest that they have.
fn check_bytes(bytes: Vec<u8>) -> Result<(), SnapshotError> {
    let packed = Packed { digest: Digest::of(&bytes), decisions: Digest::of(b""), bytes };
    Sealed::from_packed(&packed).check().map(drop)
}

fn file_with(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn read(bytes: &[u8], digest: Digest, size: u64) -> Result<Sealed, SnapshotError> {
    let file = file_with(bytes);
    Sealed::read(&mut File::open(file.path()).unwrap(), digest, size, Admission::PreferSealed)
}

fn size(packed: &Packed) -> u64 {
    u64::try_from(packed.bytes.len()).unwrap()
}

#[test]
fn a_whole_snapshot_is_accepted_in_a_sealed_memory_file() {
    let packed = packed();
    let sealed = read(&packed.bytes, packed.digest, size(&packed)).unwrap();
    assert_eq!(*sealed.residence(), Residence::SealedMemoryFile);
    let verified = sealed.check().unwrap().verify(|_, _| Digest::of(b"")).unwrap();
    assert_eq!(verified.decisions(), packed.decisions);
    let view = verified.view();
    assert_eq!(view.find_key(&Digest([7; 32])).map(|(key, _)| view.text(view.key(key).name)), Some("k"));
    assert_eq!(view.find_key(&Digest([8; 32])), None);
}

#[test]
fn the_file_may_vanish_or_change_once_it_is_sealed() {
    let packed = packed();
    let file = file_with(&packed.bytes);
    let sealed = Sealed::read(
        &mut File::open(file.path()).unwrap(),
        packed.digest,
        size(&packed),
        Admission::PreferSealed,
    );
    fs::write(file.path(), b"").unwrap();
    drop(file);
    let verified = sealed.unwrap().check().unwrap().verify(|_, _| Digest::of(b"")).unwrap();
    assert_eq!(verified.view().routing.keys.len(), 1);
}

#[test]
fn without_a_memory_file_the_heap_is_used_and_says_why() {
    let packed = packed();
    let file = file_with(&packed.bytes);
    let sealed =
        Sealed::read(&mut File::open(file.path()).unwrap(), packed.digest, size(&packed), Admission::Heap);
    let sealed = sealed.unwrap();
    assert!(matches!(sealed.residence(), Residence::Heap { reason } if !reason.is_empty()));
    sealed.check().unwrap();
}

/// Makes a memory file, or fails to.
type Make = fn() -> std::io::Result<File>;

/// F7, F24: where a memory file cannot be had, filled or sealed, the heap is used, and says why.
#[test]
fn a_memory_file_that_fails_leaves_the_heap() {
    let packed = packed();
    let file = file_with(&packed.bytes);
    let fails: [(Make, &str); 3] = [
        (|| Err(std::io::ErrorKind::Unsupported.into()), "unsupported"),
        (|| File::options().write(true).open("/dev/full"), "No space left"),
        (|| tempfile::tempfile(), "Invalid argument"),
    ];
    for (make, why) in fails {
        let mut open = File::open(file.path()).unwrap();
        let sealed =
            Sealed::read(&mut open, packed.digest, size(&packed), Admission::PreferSealedIn(make)).unwrap();
        assert!(matches!(sealed.residence(), Residence::Heap { reason } if reason.contains(why)), "{why}");
        sealed.check().unwrap();
    }
}

#[test]
fn every_flipped_bit_is_noticed_by_the_digest() {
    let packed = packed();
    for at in (0..packed.bytes.len()).step_by(7) {
        let mut bytes = packed.bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        let refused = read(&bytes, packed.digest, size(&packed));
        assert!(matches!(refused, Err(SnapshotError::Digest { .. })), "byte {at}");
    }
}

#[test]
fn every_flipped_bit_is_noticed_even_with_a_digest_that_fits() {
    let packed = packed();
    let contents = [&packed.bytes[..HEADER_BYTES], &packed.bytes[HEADER_BYTES..]];
    assert!(contents.iter().all(|part| !part.is_empty()));
    let mut unnoticed = Vec::new();
    for at in 0..packed.bytes.len() {
        for bit in 0..8 {
            let mut bytes = packed.bytes.clone();
            bytes[at] ^= 1 << bit;
            if check_bytes(bytes).is_ok() {
                unnoticed.push(at);
            }
        }
    }
    // A newer writer and older readers are fine, the writer's name is a remark, and zeros between sections belong to none. All else is held by a
    // digest, by a fixed value or by the file's size.
    let covered = |at: &&usize| **at < HEADER_BYTES && !(8..=12).contains(*at) && !(96..128).contains(*at);
    assert_eq!(unnoticed.iter().filter(covered).collect::<Vec<_>>(), Vec::<&usize>::new());
    assert!(unnoticed.iter().filter(|at| **at >= HEADER_BYTES).all(|at| packed.bytes[*at] == 0));
}

#[test]
fn what_is_not_the_announced_file_is_refused() {
    let packed = packed();
    let short = &packed.bytes[..packed.bytes.len() - 1];
    assert!(matches!(read(short, packed.digest, size(&packed)), Err(SnapshotError::Size { .. })));
    assert!(matches!(read(short, packed.digest, size(&packed) - 1), Err(SnapshotError::Digest { .. })));
    let huge = read(&packed.bytes, packed.digest, SNAPSHOT_BYTES_MAX + 1);
    assert!(matches!(huge, Err(SnapshotError::Size { .. })));
    let folder = tempfile::tempdir().unwrap();
    let mut folder = File::open(folder.path()).unwrap();
    let refused = Sealed::read(&mut folder, packed.digest, 1, Admission::PreferSealed);
    assert!(matches!(refused, Err(SnapshotError::NotAFile)));
    assert!(matches!(check_bytes(b"not a snapshot".to_vec()), Err(SnapshotError::NotASnapshot)));
}

#[test]
fn other_versions_formats_and_sections_are_named() {
    let change = |at: usize, value: u8| {
        let mut bytes = packed().bytes;
        bytes[at] = value;
        check_bytes(bytes)
    };
    assert!(
        matches!(change(12, 9), Err(SnapshotError::Version { reader_min: 9, .. })),
        "for newer readers only"
    );
    assert!(
        matches!(change(8, 0), Err(SnapshotError::Version { container: 0, .. })),
        "from before the first"
    );
    assert!(matches!(change(8, 8), Ok(())), "newer, but readable by us");
    assert!(matches!(change(16, 2), Err(SnapshotError::Format)), "big-endian");
    assert!(matches!(change(32, 0), Err(SnapshotError::Shapes { .. })), "other tables");
    // The last section's id: 0x8002 becomes 0x8003, which nobody knows and which is marked as required.
    assert!(matches!(change(256 + 6 * 64, 3), Err(SnapshotError::UnknownSection(0x8003))));
}

#[test]
fn a_golden_vector_that_is_decided_otherwise_is_named() {
    let vector = Vector { model: "m".to_owned(), decision: [1; 32], ..Vector::default() };
    let packed = Draft::new(&tables()).unwrap().finish(&Golden { vectors: vec![vector] }, "0.1.0").unwrap();
    let refused = Sealed::from_packed(&packed).check().unwrap().verify(|_, _| Digest([2; 32]));
    assert!(matches!(refused.map(drop), Err(SnapshotError::Golden { index: 0, .. })));
    let accepted = Sealed::from_packed(&packed).check().unwrap().verify(|_, _| Digest([1; 32]));
    assert!(accepted.is_ok());
}

/// Packs changed tables and expects the semantic pass to name the table.
fn check_semantic(table: &str, change: impl FnOnce(&mut Tables)) {
    let mut tables = tables();
    change(&mut tables);
    let packed = Draft::new(&tables).unwrap().finish(&Golden::default(), "0.1.0").unwrap();
    match Sealed::from_packed(&packed).check().map(drop) {
        Err(SnapshotError::Semantic { table: found, .. }) => assert_eq!(found, table),
        other => panic!("{table}: {other:?}"),
    }
}

#[test]
fn rows_that_refer_to_nothing_are_named() {
    check_semantic("names", |tables| tables.names.ends = vec![1, 6, 8]);
    check_semantic("names", |tables| tables.names.ends = vec![6, 1, 7]);
    check_semantic("consumers", |tables| tables.routing.consumers[0].team = 0);
    check_semantic("keys", |tables| tables.routing.keys[0].chain = 1);
    check_semantic("keys", |tables| tables.routing.keys[0].models = Rows { start: u32::MAX, len: 2 });
    check_semantic("key digests", |tables| tables.routing.digests[0].key = 4);
    check_semantic("radix index", |tables| tables.routing.radix = vec![0, 0]);
    check_semantic("chains", |tables| tables.routing.chains[0].rules = Rows { start: 0, len: 1 });
    check_semantic("source map", |tables| tables.places.keys.clear());
}

#[test]
fn more_golden_vectors_than_the_limit_are_refused() {
    let vectors = vec![Vector::default(); GOLDEN_VECTORS_MAX + 1];
    let packed = Draft::new(&tables()).unwrap().finish(&Golden { vectors }, "0.1.0").unwrap();
    let refused = Sealed::from_packed(&packed).check().map(drop);
    assert!(matches!(refused, Err(SnapshotError::Semantic { table: "golden vectors", .. })));
}
