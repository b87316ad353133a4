//! The bytes of a snapshot in memory, and the views into them: the crate's only unsafe code.
//!
//! Two things are trusted here and nowhere else. First, that mapped bytes do not change: only a memory file that is
//! sealed against writing, shrinking and growing is mapped, so no process can change or truncate it and the mapping
//! cannot fault. Second, that checked bytes stay valid: a [`Mapped`] is immutable, and [`Mapped::check`] must have
//! accepted it before [`Mapped::view`] reads it without checking again; the order is kept by the types in
//! [`super::load`].

use std::fs::File;
use std::ops::Range;

use rkyv::rancor::BoxedError;
use rkyv::util::AlignedVec;

use super::View;
use super::header::SectionKind;
use crate::archive::golden::ArchivedGolden;
use crate::archive::money::ArchivedMoney;
use crate::archive::names::ArchivedNames;
use crate::archive::places::ArchivedPlaces;
use crate::archive::providers::ArchivedProviders;
use crate::archive::routing::ArchivedRouting;
use crate::archive::unserved::ArchivedUnserved;
use crate::limits::SECTION_ALIGN;

/// An aligned private copy, where no sealed memory file can be had.
pub(super) type Heap = AlignedVec<SECTION_ALIGN>;

/// Immutable bytes, aligned to at least [`SECTION_ALIGN`].
pub(super) enum Bytes {
    /// A private read-only mapping of a sealed memory file.
    Mapped(memmap2::Mmap),
    /// On the heap.
    Heap(Heap),
}

impl Bytes {
    /// Maps a memory file whose seals were set and read back by the caller.
    pub(super) fn map(sealed: &File) -> std::io::Result<Self> {
        // SAFETY: the file is sealed against write, shrink and grow, so its bytes and length cannot change while the
        // mapping lives.
        let map = unsafe { memmap2::MmapOptions::new().map_copy_read_only(sealed) }?;
        Ok(Self::Mapped(map))
    }

    /// All bytes.
    pub(super) fn as_slice(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Heap(heap) => heap,
        }
    }
}

/// Where each known section lies, in the order of `SectionKind::ALL`.
pub(super) type Sections = [Range<usize>; SectionKind::ALL.len()];

/// Bytes and where their sections lie.
pub(super) struct Mapped {
    bytes: Bytes,
    sections: Sections,
}

impl Mapped {
    pub(super) fn new(bytes: Bytes, sections: Sections) -> Self {
        Self { bytes, sections }
    }

    fn section(&self, range: &Range<usize>) -> &[u8] {
        self.bytes.as_slice().get(range.clone()).unwrap_or_default()
    }

    /// Checks that every section is a valid archive of its type and returns the view.
    pub(super) fn check(&self) -> Result<View<'_>, BoxedError> {
        let [names, routing, providers, money, unserved, places, golden] = &self.sections;
        Ok(View {
            names: rkyv::access::<ArchivedNames, BoxedError>(self.section(names))?,
            routing: rkyv::access::<ArchivedRouting, BoxedError>(self.section(routing))?,
            providers: rkyv::access::<ArchivedProviders, BoxedError>(self.section(providers))?,
            money: rkyv::access::<ArchivedMoney, BoxedError>(self.section(money))?,
            unserved: rkyv::access::<ArchivedUnserved, BoxedError>(self.section(unserved))?,
            places: rkyv::access::<ArchivedPlaces, BoxedError>(self.section(places))?,
            golden: rkyv::access::<ArchivedGolden, BoxedError>(self.section(golden))?,
        })
    }

    /// The view of bytes that [`Self::check`] accepted.
    pub(super) fn view(&self) -> View<'_> {
        let [names, routing, providers, money, unserved, places, golden] = &self.sections;
        // SAFETY: `check` accepted these very bytes as archives of these types, and they are immutable since. Callers
        // hold a `Checked` or `Verified`, which only a successful `check` makes.
        unsafe {
            View {
                names: rkyv::access_unchecked::<ArchivedNames>(self.section(names)),
                routing: rkyv::access_unchecked::<ArchivedRouting>(self.section(routing)),
                providers: rkyv::access_unchecked::<ArchivedProviders>(self.section(providers)),
                money: rkyv::access_unchecked::<ArchivedMoney>(self.section(money)),
                unserved: rkyv::access_unchecked::<ArchivedUnserved>(self.section(unserved)),
                places: rkyv::access_unchecked::<ArchivedPlaces>(self.section(places)),
                golden: rkyv::access_unchecked::<ArchivedGolden>(self.section(golden)),
            }
        }
    }
}
