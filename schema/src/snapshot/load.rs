//! The arrows from bytes to something that can be served, each the only way to make the next type.
//!
//! 1. [`Sealed::read`] copies a file into a memory file while hashing, compares the digest, seals, and maps.
//! 2. [`Sealed::check`] reads the header, compares every section's digest, checks the archives, and checks that every
//!    index lies in its table.
//! 3. [`Checked::verify`] decides the golden vectors again with the caller's own decision function.
//!
//! Nothing here follows announcements or keeps a last good copy: that is the gateway's.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::ops::Range;
use std::sync::Arc;

use rustix::fs::{MemfdFlags, SealFlags};

use super::header::{Header, SectionKind};
use super::mapping::{Bytes, Heap, Mapped};
use super::{View, semantic};
use crate::archive::golden::ArchivedVector;
use crate::digest::{Digest, Hasher};
use crate::limits::SNAPSHOT_BYTES_MAX;

/// Why a snapshot cannot be served. Nothing here is a client's fault: the file, its transfer or its writer is.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file could not be read, or memory for it could not be had.
    #[error("the snapshot could not be read: {0}")]
    Io(#[from] std::io::Error),
    /// A folder, a pipe or a device.
    #[error("the snapshot is not a regular file")]
    NotAFile,
    /// It does not begin like a snapshot.
    #[error("the file is not a Pointsman snapshot")]
    NotASnapshot,
    /// Its length is not what was announced or what its header says, or is over the limit.
    #[error("the snapshot has {actual} bytes, {expected} were expected (the limit is {SNAPSHOT_BYTES_MAX})")]
    Size {
        /// Announced or declared.
        expected: u64,
        /// Found.
        actual: u64,
    },
    /// Its bytes are not those that were announced: damaged or replaced.
    #[error(
        "the snapshot's digest is {actual}, announced was {expected}: the file is damaged or was replaced"
    )]
    Digest {
        /// Announced.
        expected: Digest,
        /// Found.
        actual: Digest,
    },
    /// Written for another generation of readers.
    #[error(
        "the snapshot has container version {container} for readers from {reader_min} on, this gateway reads {ours}: \
         use a compiler and a gateway of the same release"
    )]
    Version {
        /// Of the writer.
        container: u32,
        /// Oldest reader.
        reader_min: u32,
        /// This reader's.
        ours: u32,
    },
    /// Archived with other format settings.
    #[error("the snapshot's archive format is not this gateway's")]
    Format,
    /// The archive types differ.
    #[error("the snapshot's tables have shape {theirs}, this gateway reads {ours}: use one release of both")]
    Shapes {
        /// In the file.
        theirs: Digest,
        /// Of this build.
        ours: Digest,
    },
    /// A section that must be understood and is not.
    #[error("the snapshot has a section {0:#x} that this gateway does not know and must not ignore")]
    UnknownSection(u32),
    /// A section that every snapshot has is missing.
    #[error("the snapshot has no {0} section")]
    MissingSection(&'static str),
    /// The header contradicts itself.
    #[error("the snapshot's header is damaged: {0}")]
    Header(&'static str),
    /// A section's bytes are not those of the table.
    #[error("the snapshot's {0} section is damaged")]
    Section(&'static str),
    /// A section is not a valid archive.
    #[error("the snapshot's tables are damaged: {0}")]
    Archive(#[source] rkyv::rancor::BoxedError),
    /// A row refers to something that is not there, or breaks a rule of the tables.
    #[error("the snapshot's table `{table}` is wrong at row {row}: {what}")]
    Semantic {
        /// Which table.
        table: &'static str,
        /// Which row, from 0.
        row: usize,
        /// What is wrong.
        what: &'static str,
    },
    /// This build decides otherwise than the compiler did.
    #[error(
        "golden vector {index} is decided otherwise here than by compiler {compiler}: the gateway and the compiler \
         are not of one release"
    )]
    Golden {
        /// Which vector, from 0.
        index: usize,
        /// Who wrote the snapshot.
        compiler: String,
    },
}

/// Where a snapshot's bytes should lie.
#[derive(Debug, Clone, Copy)]
pub enum Admission {
    /// In a sealed memory file, or on the heap where none can be had.
    PreferSealed,
    /// The same, with memory files from elsewhere than `memfd_create`.
    PreferSealedIn(fn() -> std::io::Result<File>),
    /// On the heap.
    Heap,
}

/// Where a snapshot's bytes lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Residence {
    /// A memory file that nobody can change.
    SealedMemoryFile,
    /// A private copy, and why no memory file could be had.
    Heap {
        /// For `/status`.
        reason: String,
    },
}

/// Bytes with the announced digest, which nothing can change any more.
pub struct Sealed {
    bytes: Bytes,
    digest: Digest,
    residence: Residence,
}

impl Sealed {
    /// Copies `file` while hashing and accepts it when it has exactly the announced digest and size.
    pub fn read(
        file: &mut File,
        digest: Digest,
        size: u64,
        admission: Admission,
    ) -> Result<Self, SnapshotError> {
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(SnapshotError::NotAFile);
        }
        if metadata.len() != size || size > SNAPSHOT_BYTES_MAX {
            return Err(SnapshotError::Size { expected: size, actual: metadata.len() });
        }
        let memory = match admission {
            Admission::Heap => Err(std::io::Error::other("not asked for")),
            Admission::PreferSealed => memory_file(),
            Admission::PreferSealedIn(make) => make(),
        };
        let sealed =
            memory.map_or_else(|error| Ok(Err(error)), |memory| sealed_copy(file, memory, digest, size));
        let refused = match sealed? {
            Ok(bytes) => return Ok(Self { bytes, digest, residence: Residence::SealedMemoryFile }),
            Err(error) => format!("no sealed memory file: {error}"),
        };
        file.rewind()?;
        let mut heap = Heap::with_capacity(usize::try_from(size).unwrap_or(usize::MAX));
        copy(file, digest, size, |piece| {
            heap.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(Self { bytes: Bytes::Heap(heap), digest, residence: Residence::Heap { reason: refused } })
    }

    /// Accepts bytes already in memory: a snapshot that was just packed.
    pub fn from_packed(packed: &super::Packed) -> Self {
        let mut heap = Heap::with_capacity(packed.bytes.len());
        heap.extend_from_slice(&packed.bytes);
        let residence = Residence::Heap { reason: "just packed".to_owned() };
        Self { bytes: Bytes::Heap(heap), digest: packed.digest, residence }
    }

    /// Where the bytes lie.
    pub fn residence(&self) -> &Residence {
        &self.residence
    }

    /// Checks everything that the bytes alone can show.
    pub fn check(self) -> Result<Checked, SnapshotError> {
        let all = self.bytes.as_slice();
        let header = Header::read(all, u64::try_from(all.len()).unwrap_or(u64::MAX))?;
        for section in &header.sections {
            let content = all.get(range(section.offset, section.length)).unwrap_or_default();
            if Digest::of(content) != section.digest {
                return Err(SnapshotError::Section(section_word(section.id)));
            }
        }
        let mut sections = [const { 0..0 }; SectionKind::ALL.len()];
        for (slot, kind) in sections.iter_mut().zip(SectionKind::ALL) {
            let section = header.sections.iter().find(|section| section.id == kind.id());
            let section = section.ok_or(SnapshotError::MissingSection(kind.word()))?;
            *slot = range(section.offset, section.length);
        }
        let mapped = Mapped::new(self.bytes, sections);
        semantic::check(&mapped.check().map_err(SnapshotError::Archive)?)?;
        Ok(Checked(Parts { mapped, header, digest: self.digest, residence: self.residence }))
    }
}

fn section_word(id: u32) -> &'static str {
    SectionKind::ALL.iter().find(|kind| kind.id() == id).map_or("unknown", |kind| kind.word())
}

fn range(offset: u64, length: u64) -> Range<usize> {
    let narrow = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    narrow(offset)..narrow(offset.saturating_add(length))
}

fn memory_file() -> std::io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    Ok(File::from(rustix::fs::memfd_create("pointsman-snapshot", flags)?))
}

/// The file's bytes in a sealed memory file, or why the system gives none. A file that cannot be read, or is not the
/// announced one, is an error either way.
fn sealed_copy(
    file: &mut File,
    mut memory: File,
    digest: Digest,
    size: u64,
) -> Result<Result<Bytes, std::io::Error>, SnapshotError> {
    let mut unwritten = None;
    let copied = copy(file, digest, size, |piece| {
        memory.write_all(piece).map_err(|error| {
            let kind = error.kind();
            unwritten = Some(error);
            kind.into()
        })
    });
    match unwritten {
        Some(error) => Ok(Err(error)),
        None => copied.map(|()| seal(&memory)),
    }
}

/// Sealed before it is mapped: a mapping that can write would make the seal fail.
fn seal(memory: &File) -> Result<Bytes, std::io::Error> {
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    rustix::fs::fcntl_add_seals(memory, seals)?;
    if !rustix::fs::fcntl_get_seals(memory)?.contains(seals) {
        return Err(std::io::Error::other("the seals did not hold"));
    }
    Bytes::map(memory)
}

/// Reads exactly `size` bytes in pieces, hands each on, and compares the digest of all.
fn copy(
    file: &mut File,
    expected: Digest,
    size: u64,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<(), SnapshotError> {
    let mut hasher = Hasher::new();
    let mut buffer =
        vec![0; usize::try_from(size.saturating_add(1)).map_or(COPY_BYTES, |size| size.min(COPY_BYTES))];
    // One byte more than announced is enough to notice a file that grows while it is read.
    let mut source = file.take(size.saturating_add(1));
    let mut copied = 0_u64;
    loop {
        let read = source.read(&mut buffer)?;
        let piece = buffer.get(..read).unwrap_or_default();
        if piece.is_empty() {
            break;
        }
        copied = copied.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if copied > size {
            break;
        }
        hasher.update(piece);
        take(piece)?;
    }
    if copied != size {
        return Err(SnapshotError::Size { expected: size, actual: copied });
    }
    let actual = hasher.finish();
    if actual == expected { Ok(()) } else { Err(SnapshotError::Digest { expected, actual }) }
}

/// **Unit**: bytes copied and hashed at a time.
const COPY_BYTES: usize = 1 << 20;

struct Parts {
    mapped: Mapped,
    header: Header,
    digest: Digest,
    residence: Residence,
}

/// A snapshot whose bytes, archives and indices are right, but whose decisions are not yet proved.
pub struct Checked(Parts);

impl Checked {
    /// The tables.
    pub fn view(&self) -> View<'_> {
        self.0.mapped.view()
    }

    /// Decides every golden vector with `decide` and accepts the snapshot when all agree.
    pub fn verify(
        self,
        mut decide: impl FnMut(&View<'_>, &ArchivedVector) -> Digest,
    ) -> Result<Verified, SnapshotError> {
        let view = self.0.mapped.view();
        let disagrees = |vector: &ArchivedVector| decide(&view, vector).0 != vector.decision;
        if let Some(index) = view.golden.vectors.iter().position(disagrees) {
            return Err(SnapshotError::Golden { index, compiler: self.0.header.compiler.clone() });
        }
        Ok(Verified(Arc::new(self.0)))
    }
}

/// A snapshot that can be served. Cheap to clone; the bytes are let go with the last clone.
#[derive(Clone)]
pub struct Verified(Arc<Parts>);

impl Verified {
    /// The tables.
    pub fn view(&self) -> View<'_> {
        self.0.mapped.view()
    }

    /// The file's digest.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.0.header
    }

    /// The decision digest.
    pub fn decisions(&self) -> Digest {
        self.0.header.decisions
    }

    /// Where the bytes lie.
    pub fn residence(&self) -> &Residence {
        &self.0.residence
    }
}
