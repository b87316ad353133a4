//! Publishing a snapshot into a folder that gateways follow.
//!
//! In this order, so that a crash at any step leaves either the old publication or the new one, never a mixture:
//!
//! 1. verify the snapshot as a gateway would;
//! 2. write it under a temporary name, flush, rename to `<sha256>.pms`, flush the folder;
//! 3. create `announcements/<generation>` exclusively, with its content: of two publishers one wins, the other takes
//!    the next generation;
//! 4. rename a copy of the announcement over `current`, flush the folder;
//! 5. remove snapshots that are neither current nor among the last [`SNAPSHOTS_KEPT`].
//!
//! Snapshot files are never modified. The announcement is not signed here; its envelope has the place for it.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use pointsman_routing::golden;
use pointsman_schema::digest::Digest;
use pointsman_schema::limits::SNAPSHOTS_KEPT;
use pointsman_schema::snapshot::announcement::{AnnouncementError, Blob, Commit, DigestText};
use pointsman_schema::snapshot::{Announcement, Envelope, Packed, Sealed, SnapshotError};

use crate::files::Files;

/// Why a snapshot was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The file system refused: full, read-only, or not ours.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The snapshot does not pass the checks of a gateway: a defect of the compiler.
    #[error("the compiled snapshot does not verify; this is a defect of the compiler: {0}")]
    Verify(#[from] SnapshotError),
    /// The folder's `current` is there and cannot be read.
    #[error("{} is not an announcement: {source}; move it away and publish again", path.display())]
    Current {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: AnnouncementError,
    },
    /// The announcement could not be written as text.
    #[error("the announcement could not be written: {0}")]
    Announcement(AnnouncementError),
    /// Other publishers won every generation that was tried.
    #[error("other publishers announced {0} generations meanwhile; try again")]
    Contended(u64),
}

/// What is said about a publication besides the snapshot itself.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// RFC 3339 in UTC.
    pub time: String,
    /// The commit that was compiled, when it was one.
    pub source: Option<Commit>,
}

/// A publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its generation.
    pub generation: u64,
    /// The snapshot's digest.
    pub snapshot: Digest,
    /// The decision digest.
    pub decisions: Digest,
    /// Whether anything new was announced.
    pub novelty: Novelty,
}

/// Whether a publication changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Novelty {
    /// A new generation was announced.
    Announced,
    /// This very snapshot is the current one already.
    AlreadyCurrent,
}

/// **Unit**: generations tried when other publishers win.
const TRIES_MAX: u64 = 16;

/// Publishes a snapshot into `folder`. The caller holds [`crate::files::FolderLock`] where there is a real folder.
pub fn publish(
    files: &impl Files,
    folder: &Path,
    packed: &Packed,
    provenance: &Provenance,
) -> Result<Published, PublishError> {
    Sealed::from_packed(packed).check()?.verify(golden::decide_digest)?;
    let announcements = folder.join("announcements");
    files.create_folder(&announcements).map_err(io_error("create", &announcements))?;
    let current = read_current(files, folder)?;
    let file = folder.join(format!("{}.pms", packed.digest));
    store(files, folder, &file, packed)?;
    if let Some(current) = &current
        && current.snapshot.sha256.0 == packed.digest
    {
        return Ok(published(current.generation, packed, Novelty::AlreadyCurrent));
    }
    let (generation, text) = announce(files, &announcements, current.as_ref(), (packed, provenance))?;
    replace(files, folder, &folder.join("current"), text.as_bytes())?;
    prune(files, folder, &announcements);
    Ok(published(generation, packed, Novelty::Announced))
}

fn published(generation: u64, packed: &Packed, novelty: Novelty) -> Published {
    Published { generation, snapshot: packed.digest, decisions: packed.decisions, novelty }
}

fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PublishError {
    let path = path.to_owned();
    move |source| PublishError::Io { what, path, source }
}

fn read_current(files: &impl Files, folder: &Path) -> Result<Option<Announcement>, PublishError> {
    let path = folder.join("current");
    let Some(bytes) = files.read(&path).map_err(io_error("read", &path))? else { return Ok(None) };
    let announcement = Envelope::parse(&bytes).and_then(|envelope| envelope.announcement());
    announcement.map(Some).map_err(|source| PublishError::Current { path, source })
}

/// Puts the snapshot under its own name, unless it is there already and whole.
fn store(files: &impl Files, folder: &Path, file: &Path, packed: &Packed) -> Result<(), PublishError> {
    let present = files.read(file).map_err(io_error("read", file))?;
    if present.is_some_and(|bytes| Digest::of(&bytes) == packed.digest) {
        return Ok(());
    }
    replace(files, folder, file, &packed.bytes)
}

/// Writes a temporary file, flushes it, moves it over `target`, and flushes the folder.
fn replace(files: &impl Files, folder: &Path, target: &Path, bytes: &[u8]) -> Result<(), PublishError> {
    let temporary = temporary(folder, target);
    let written = files.write_flushed(&temporary, bytes).map_err(io_error("write", &temporary));
    let moved = written.and_then(|()| files.rename(&temporary, target).map_err(io_error("replace", target)));
    if moved.is_err() {
        // The disk may be full because of this very file; that it cannot be removed adds nothing to the error.
        drop(files.remove(&temporary));
    }
    moved.and_then(|()| files.flush_folder(folder).map_err(io_error("flush", folder)))
}

/// A name that no other publication uses: process and a count within it.
fn temporary(folder: &Path, target: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    folder.join(format!("{}{count}-{name}", own_temporaries()))
}

fn own_temporaries() -> String {
    format!("{TEMPORARY}{}-", std::process::id())
}

const TEMPORARY: &str = ".new-";

/// Creates the first free announcement after the current one, with its content.
fn announce(
    files: &impl Files,
    announcements: &Path,
    current: Option<&Announcement>,
    (packed, provenance): (&Packed, &Provenance),
) -> Result<(u64, String), PublishError> {
    let names = files.list(announcements).map_err(io_error("list", announcements))?;
    let announced = names.iter().filter_map(|name| name.parse::<u64>().ok()).max();
    let parent = current.map(|current| current.generation);
    let first = announced.max(parent).unwrap_or(0).saturating_add(1);
    for generation in first..first.saturating_add(TRIES_MAX) {
        let text = announcement_text(generation, parent, packed, provenance)?;
        let target = announcements.join(generation.to_string());
        let temporary = temporary(announcements, &target);
        files.write_flushed(&temporary, text.as_bytes()).map_err(io_error("write", &temporary))?;
        let linked = files.link(&temporary, &target);
        // A second name that stays is removed by the next publication.
        drop(files.remove(&temporary));
        match linked {
            Ok(()) => {
                files.flush_folder(announcements).map_err(io_error("flush", announcements))?;
                return Ok((generation, text));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io_error("create", &target)(error)),
        }
    }
    Err(PublishError::Contended(TRIES_MAX))
}

fn announcement_text(
    generation: u64,
    parent: Option<u64>,
    packed: &Packed,
    provenance: &Provenance,
) -> Result<String, PublishError> {
    let announcement = Announcement {
        generation,
        snapshot: Blob {
            sha256: DigestText(packed.digest),
            size: u64::try_from(packed.bytes.len()).unwrap_or(u64::MAX),
        },
        decisions: DigestText(packed.decisions),
        parent,
        source: provenance.source.clone(),
        audit_head: None,
        time: provenance.time.clone(),
    };
    let envelope = Envelope::unsigned(&announcement).and_then(|envelope| envelope.to_text());
    envelope.map_err(PublishError::Announcement)
}

fn is_snapshot(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "pms")
}

/// Removes what no rollback needs. Failing to is no error: the publication is complete, the next one tries again.
fn prune(files: &impl Files, folder: &Path, announcements: &Path) {
    // Where an announcement cannot be read, what it keeps is not known: then nothing is removed.
    let Ok(kept) = kept(files, announcements) else { return };
    let snapshots = files.list(folder).unwrap_or_default();
    let own = own_temporaries();
    // Of a publisher of this machine that died; the lock keeps living ones away.
    let abandoned = |name: &String| name.starts_with(TEMPORARY) && !name.starts_with(&own);
    let outdated = |name: &String| is_snapshot(name) && !name.starts_with(TEMPORARY) && !kept.contains(name);
    for name in snapshots.iter().filter(|name| abandoned(name) || outdated(name)) {
        drop(files.remove(&folder.join(name)));
    }
}

/// The snapshot files of the last announcements; older announcements are removed.
fn kept(files: &impl Files, announcements: &Path) -> io::Result<BTreeSet<String>> {
    let names = files.list(announcements)?;
    let mut generations: Vec<u64> = names.iter().filter_map(|name| name.parse().ok()).collect();
    generations.sort_unstable_by(|one, other| other.cmp(one));
    let mut kept = BTreeSet::new();
    for generation in generations {
        let path = announcements.join(generation.to_string());
        if kept.len() >= SNAPSHOTS_KEPT {
            drop(files.remove(&path));
            continue;
        }
        let Some(bytes) = files.read(&path)? else { continue };
        let announced = Envelope::parse(&bytes).and_then(|envelope| envelope.announcement());
        let announced = announced.map_err(io::Error::other)?;
        kept.insert(format!("{}.pms", announced.snapshot.sha256.0));
    }
    Ok(kept)
}
