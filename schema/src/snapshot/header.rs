//! The snapshot header: 4 KiB of our own layout, so that a reader can say what is wrong before it trusts any archive.
//!
//! All integers are little-endian. Bytes that the table does not name are zero, and a reader refuses others.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 8 | magic `PMSNAP\x0d\x0a` |
//! | 8 | 4 | container version: what wrote it |
//! | 12 | 4 | oldest container version of a reader that can serve it |
//! | 16 | 4 | archive format: endianness (1 little), alignment (1 aligned), pointer width in bits, rkyv minor version |
//! | 20 | 4 | number of sections |
//! | 24 | 8 | length of the file in bytes |
//! | 32 | 32 | shape hash of the archive types |
//! | 64 | 32 | decision digest |
//! | 96 | 32 | compiler version, ASCII, zero padded |
//! | 256 | 64 each | section table, ascending by id |
//!
//! A section table entry: id (4), flags (4; bit 0: a reader that does not know the section must refuse the file),
//! offset (8), length (8), SHA-256 (32), zeros (8).

use super::SnapshotError;
use crate::archive::shape_hash;
use crate::digest::{Digest, Hasher};
use crate::limits::{HEADER_BYTES, SECTION_ALIGN, SECTIONS_MAX, SNAPSHOT_BYTES_MAX};

/// The first bytes of every snapshot; the line ending shows a transfer that changed it.
pub const MAGIC: [u8; 8] = *b"PMSNAP\r\n";
/// The container version that this build writes and reads.
pub const CONTAINER_VERSION: u32 = 8;
/// rkyv 0.8, little-endian, aligned, 32-bit relative pointers.
const FORMAT: [u8; 4] = [1, 1, 32, 8];
const TABLE_OFFSET: usize = 256;
const ENTRY_BYTES: usize = 64;
const FLAG_REQUIRED: u32 = 1;

/// What a section holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SectionKind {
    /// [`crate::archive::names::Names`].
    Names,
    /// [`crate::archive::routing::Routing`].
    Routing,
    /// [`crate::archive::providers::Providers`].
    Providers,
    /// [`crate::archive::money::Money`].
    Money,
    /// [`crate::archive::unserved::Unserved`].
    Unserved,
    /// [`crate::archive::places::Places`]; not part of the decision digest.
    Places,
    /// [`crate::archive::golden::Golden`]; not part of the decision digest.
    Golden,
}

impl SectionKind {
    /// All sections that this build knows, ascending by id.
    pub const ALL: [Self; 7] = [
        Self::Names,
        Self::Routing,
        Self::Providers,
        Self::Money,
        Self::Unserved,
        Self::Places,
        Self::Golden,
    ];

    /// The id in the section table. Ids from 0x8000 on do not count for decisions.
    pub const fn id(self) -> u32 {
        match self {
            Self::Names => 1,
            Self::Routing => 2,
            Self::Providers => 3,
            Self::Money => 4,
            Self::Unserved => 0x7fff,
            Self::Places => 0x8001,
            Self::Golden => 0x8002,
        }
    }

    /// Whether it is part of the decision digest.
    pub const fn decides(self) -> bool {
        decides(self.id())
    }

    /// The word in messages.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Routing => "routing",
            Self::Providers => "providers",
            Self::Money => "money",
            Self::Unserved => "unserved",
            Self::Places => "source map",
            Self::Golden => "golden vectors",
        }
    }
}

/// Whether a section of this id is part of the decision digest.
const fn decides(id: u32) -> bool {
    id < 0x8000
}

/// One entry of the section table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What it holds.
    pub id: u32,
    /// Whether a reader that does not know it must refuse the file.
    pub required: bool,
    /// **Unit**: bytes from the start of the file.
    pub offset: u64,
    /// **Unit**: bytes.
    pub length: u64,
    /// Of its bytes.
    pub digest: Digest,
}

/// A header that was read or will be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Container version of the writer.
    pub container: u32,
    /// Oldest container version of a reader that can serve it.
    pub reader_min: u32,
    /// Of the archive types.
    pub shapes: Digest,
    /// Over the sections that decide.
    pub decisions: Digest,
    /// The compiler that wrote it.
    pub compiler: String,
    /// **Unit**: bytes of the whole file.
    pub file_bytes: u64,
    /// Ascending by id.
    pub sections: Vec<Section>,
}

/// SHA-256 over (id, SHA-256) of every section that decides.
pub fn decision_digest(sections: &[Section]) -> Digest {
    let mut hasher = Hasher::new();
    for section in sections.iter().filter(|section| decides(section.id)) {
        hasher.update(&section.id.to_le_bytes());
        hasher.update(&section.digest.0);
    }
    hasher.finish()
}

impl Header {
    /// The bytes of the header.
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BYTES);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&self.container.to_le_bytes());
        out.extend_from_slice(&self.reader_min.to_le_bytes());
        out.extend_from_slice(&FORMAT);
        out.extend_from_slice(&u32::try_from(self.sections.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&self.file_bytes.to_le_bytes());
        out.extend_from_slice(&self.shapes.0);
        out.extend_from_slice(&self.decisions.0);
        out.extend(self.compiler.bytes().take(32));
        out.resize(TABLE_OFFSET, 0);
        for section in &self.sections {
            out.extend_from_slice(&section.id.to_le_bytes());
            out.extend_from_slice(&(if section.required { FLAG_REQUIRED } else { 0 }).to_le_bytes());
            out.extend_from_slice(&section.offset.to_le_bytes());
            out.extend_from_slice(&section.length.to_le_bytes());
            out.extend_from_slice(&section.digest.0);
            out.extend_from_slice(&[0; 8]);
        }
        out.resize(HEADER_BYTES, 0);
        out
    }

    /// Reads and checks the header of a file that is `actual_bytes` long.
    pub fn read(bytes: &[u8], actual_bytes: u64) -> Result<Self, SnapshotError> {
        let bytes = bytes.get(..HEADER_BYTES).ok_or(SnapshotError::NotASnapshot)?;
        let mut fields = Fields(bytes);
        if fields.array::<8>() != MAGIC {
            return Err(SnapshotError::NotASnapshot);
        }
        let (container, reader_min) = (fields.u32(), fields.u32());
        if !(1..=CONTAINER_VERSION).contains(&reader_min) || container < CONTAINER_VERSION {
            return Err(SnapshotError::Version { container, reader_min, ours: CONTAINER_VERSION });
        }
        if fields.array::<4>() != FORMAT {
            return Err(SnapshotError::Format);
        }
        let (count, file_bytes) = (fields.u32(), fields.u64());
        let header = Self {
            container,
            reader_min,
            shapes: Digest(fields.array()),
            decisions: Digest(fields.array()),
            compiler: compiler_name(&fields.array::<32>())?,
            file_bytes,
            sections: read_table(bytes, count)?,
        };
        header.check(actual_bytes)?;
        // Whatever the fields did not cover must be what the writer would have put there: zeros and padding.
        (header.write() == bytes)
            .then_some(header)
            .ok_or(SnapshotError::Header("bytes outside its fields are not zero"))
    }

    fn check(&self, actual_bytes: u64) -> Result<(), SnapshotError> {
        if self.file_bytes != actual_bytes || actual_bytes > SNAPSHOT_BYTES_MAX {
            return Err(SnapshotError::Size { expected: self.file_bytes, actual: actual_bytes });
        }
        if self.shapes != shape_hash() {
            return Err(SnapshotError::Shapes { theirs: self.shapes, ours: shape_hash() });
        }
        let mut free = u64::try_from(HEADER_BYTES).unwrap_or(u64::MAX);
        let mut last_id = 0;
        for section in &self.sections {
            let end = section.offset.saturating_add(section.length);
            let aligned = section.offset.is_multiple_of(u64::try_from(SECTION_ALIGN).unwrap_or(u64::MAX));
            if section.offset < free || end > self.file_bytes || !aligned || section.id <= last_id {
                return Err(SnapshotError::Header("its section table is not in order"));
            }
            let known = SectionKind::ALL.iter().any(|kind| kind.id() == section.id);
            if section.required != known {
                let optional =
                    SnapshotError::Header("a section that every reader needs is marked as optional");
                return Err(if known { optional } else { SnapshotError::UnknownSection(section.id) });
            }
            (free, last_id) = (end, section.id);
        }
        if decision_digest(&self.sections) != self.decisions {
            return Err(SnapshotError::Header("its decision digest is not that of its sections"));
        }
        Ok(())
    }
}

fn compiler_name(bytes: &[u8; 32]) -> Result<String, SnapshotError> {
    let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    let printable = text.iter().all(u8::is_ascii_graphic);
    printable
        .then(|| text.iter().copied().map(char::from).collect())
        .ok_or(SnapshotError::Header("its compiler version is not text"))
}

fn read_table(bytes: &[u8], count: u32) -> Result<Vec<Section>, SnapshotError> {
    let count = usize::try_from(count).ok().filter(|count| *count <= SECTIONS_MAX);
    let count = count.ok_or(SnapshotError::Header("it has too many sections"))?;
    let table = bytes.get(TABLE_OFFSET..).unwrap_or_default();
    let entry = |bytes: &[u8]| {
        let mut fields = Fields(bytes);
        let (id, flags) = (fields.u32(), fields.u32());
        Section {
            id,
            required: flags & FLAG_REQUIRED != 0,
            offset: fields.u64(),
            length: fields.u64(),
            digest: Digest(fields.array()),
        }
    };
    Ok(table.chunks_exact(ENTRY_BYTES).take(count).map(entry).collect())
}

/// Reads fixed-size fields one after the other; past the end it reads zeros, which no check accepts.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let Some((first, rest)) = self.0.split_first_chunk::<N>() else { return [0; N] };
        self.0 = rest;
        *first
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }
}
