//! Tables to bytes: the writing half of the snapshot format.
//!
//! The same tables give the same bytes on every machine: sections in the order of their ids, padding of zeros, no time,
//! no host. Only the compiler writes snapshots; this file keeps no policy logic.

use rkyv::rancor::BoxedError;
use rkyv::util::AlignedVec;

use super::View;
use super::header::{CONTAINER_VERSION, Header, Section, SectionKind, decision_digest};
use crate::archive::golden::Golden;
use crate::archive::money::Money;
use crate::archive::names::Names;
use crate::archive::places::Places;
use crate::archive::providers::Providers;
use crate::archive::routing::Routing;
use crate::archive::shape_hash;
use crate::archive::unserved::Unserved;
use crate::digest::Digest;
use crate::limits::{HEADER_BYTES, SECTION_ALIGN, SNAPSHOT_BYTES_MAX};

/// Why tables could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The archive could not be written: a section of 2 GiB or more.
    #[error("a section is too large for the archive format")]
    Archive(#[source] BoxedError),
    /// The policy is too large for one snapshot.
    #[error("the snapshot would have {bytes} bytes; the limit is {SNAPSHOT_BYTES_MAX}")]
    TooLarge {
        /// What it would have.
        bytes: u64,
    },
}

/// The tables of a snapshot, before their golden vectors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables {
    /// Texts.
    pub names: Names,
    /// Keys, consumers, chains, rules.
    pub routing: Routing,
    /// Providers, credentials, models, backends.
    pub providers: Providers,
    /// Prices.
    pub money: Money,
    /// What no gateway of this release acts on.
    pub unserved: Unserved,
    /// Files and lines.
    pub places: Places,
}

/// Archived tables, readable before the file is complete, so that golden vectors can be decided on them.
pub struct Draft {
    names: AlignedVec,
    routing: AlignedVec,
    providers: AlignedVec,
    money: AlignedVec,
    unserved: AlignedVec,
    places: AlignedVec,
    no_golden: AlignedVec,
}

/// A complete snapshot file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes: its name.
    pub digest: Digest,
    /// The decision digest.
    pub decisions: Digest,
}

impl Draft {
    /// Archives the tables.
    pub fn new(tables: &Tables) -> Result<Self, PackError> {
        let Tables { names, routing, providers, money, unserved, places } = tables;
        Ok(Self {
            names: rkyv::to_bytes(names).map_err(PackError::Archive)?,
            routing: rkyv::to_bytes(routing).map_err(PackError::Archive)?,
            providers: rkyv::to_bytes(providers).map_err(PackError::Archive)?,
            money: rkyv::to_bytes(money).map_err(PackError::Archive)?,
            unserved: rkyv::to_bytes(unserved).map_err(PackError::Archive)?,
            places: rkyv::to_bytes(places).map_err(PackError::Archive)?,
            no_golden: rkyv::to_bytes(&Golden::default()).map_err(PackError::Archive)?,
        })
    }

    /// The archived tables, without golden vectors. Its lookups may index without a check only because the compiler
    /// that lowered the tables is trusted; a gateway never sees a draft.
    pub fn view(&self) -> Result<View<'_>, PackError> {
        Ok(View {
            names: rkyv::access(&self.names).map_err(PackError::Archive)?,
            routing: rkyv::access(&self.routing).map_err(PackError::Archive)?,
            providers: rkyv::access(&self.providers).map_err(PackError::Archive)?,
            money: rkyv::access(&self.money).map_err(PackError::Archive)?,
            unserved: rkyv::access(&self.unserved).map_err(PackError::Archive)?,
            places: rkyv::access(&self.places).map_err(PackError::Archive)?,
            golden: rkyv::access(&self.no_golden).map_err(PackError::Archive)?,
        })
    }

    /// Adds the golden vectors and writes the file.
    pub fn finish(self, golden: &Golden, compiler: &str) -> Result<Packed, PackError> {
        let golden = rkyv::to_bytes(golden).map_err(PackError::Archive)?;
        let Self { names, routing, providers, money, unserved, places, no_golden: _ } = self;
        let contents = [names, routing, providers, money, unserved, places, golden];
        let mut offset = HEADER_BYTES;
        let mut sections = Vec::new();
        for (kind, content) in SectionKind::ALL.into_iter().zip(&contents) {
            sections.push(Section {
                id: kind.id(),
                required: true,
                offset: wide(offset),
                length: wide(content.len()),
                digest: Digest::of(content),
            });
            offset = offset.saturating_add(content.len()).next_multiple_of(SECTION_ALIGN);
        }
        if wide(offset) > SNAPSHOT_BYTES_MAX {
            return Err(PackError::TooLarge { bytes: wide(offset) });
        }
        let header = Header {
            container: CONTAINER_VERSION,
            reader_min: CONTAINER_VERSION,
            shapes: shape_hash(),
            decisions: decision_digest(&sections),
            compiler: compiler.to_owned(),
            file_bytes: wide(offset),
            sections,
        };
        let mut bytes = header.write();
        bytes.reserve_exact(offset.saturating_sub(bytes.len()));
        for content in &contents {
            bytes.extend_from_slice(content);
            bytes.resize(bytes.len().next_multiple_of(SECTION_ALIGN), 0);
        }
        Ok(Packed { digest: Digest::of(&bytes), decisions: header.decisions, bytes })
    }
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
