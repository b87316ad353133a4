//! Publishing a snapshot into a folder that gateways follow.
//!
//! In this order, so that a crash at any step leaves either the old publication or the new one, never a mixture:
//!
//! 1. verify the snapshot as a gateway would;
//! 2. write it under a temporary name, flush, rename to `<sha256>.pms`, flush the folder;
//! 3. create `announcements/<generation>` exclusively, with its content: of two publishers one wins, the other takes
//!    the next generation;
//! 4. put the newest announcement whose snapshot is there in place as `current`, unless it is there already, and look
//!    again until nothing is left to do;
//! 5. remove what is old: temporary files, and snapshots that no rollback needs (see [`prune`]).
//!
//! Publishers on several machines need nothing but these steps. Each puts in place what another announced, if that is
//! newer, and looks again after it has moved `current`; so when the last of them has finished, `current` names the highest
//! generation, and nobody has removed its file.
//!
//! The bytes of a snapshot file are never changed. An announcement is signed by the keys that the
//! caller has; one that is current already but not signed by them is announced anew.

pub mod prune;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use pointsman_routing::golden;
use pointsman_schema::digest::Digest;
use pointsman_schema::snapshot::announcement::{AnnouncementError, Blob, Commit, DigestText};
use pointsman_schema::snapshot::{Announcement, Envelope, Packed, Sealed, SnapshotError};

use crate::files::Files;
use crate::signer::SigningKey;

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
    /// The folder's `current`, or a newer announcement, is there and cannot be read.
    #[error("{} is not an announcement: {source}; move it away and publish again", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: AnnouncementError,
    },
    /// The announcement could not be written as text.
    #[error("the announcement could not be written: {0}")]
    Announcement(AnnouncementError),
    /// No number is left after this one: a mistake, or somebody's bad will.
    #[error(
        "{} has generation {generation}, and none above {GENERATION_MAX} is announced; remove it and publish again",
        path.display()
    )]
    TooHigh {
        /// Where the number stands.
        path: PathBuf,
        /// The number.
        generation: u64,
    },
    /// Other publishers won every generation that was tried, or moved `current` every time.
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
    /// Who signs it; nobody where it is not signed.
    pub signers: Vec<Arc<SigningKey>>,
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

/// **Unit**: generations tried when other publishers win, and moves of `current`.
const TRIES_MAX: u64 = 16;
/// **Unit**: generations. The greatest whole number that every reader of JSON keeps exactly.
pub const GENERATION_MAX: u64 = (1 << 53) - 1;

/// Publishes a snapshot into `folder`. The caller holds [`crate::files::FolderLock`] where there is a real folder.
pub fn publish(
    files: &impl Files,
    folder: &Path,
    packed: &Packed,
    provenance: &Provenance,
) -> Result<Published, PublishError> {
    Sealed::from_packed(packed).check()?.verify(golden::decide_digest)?;
    let publication = Publication { files, folder, announcements: folder.join("announcements"), packed };
    publication.run(provenance)
}

/// An announcement as it was read.
struct Announced {
    announcement: Announcement,
    envelope: Envelope,
    text: Vec<u8>,
}

impl Announced {
    /// Whether each of them signed it.
    fn is_signed_by(&self, signers: &[Arc<SigningKey>]) -> bool {
        let is_by = |id: String| self.envelope.signatures().iter().any(|signature| signature.keyid == id);
        signers.iter().all(|signer| is_by(signer.public().id()))
    }
}

/// One publication.
struct Publication<'p, F> {
    files: &'p F,
    folder: &'p Path,
    announcements: PathBuf,
    packed: &'p Packed,
}

impl<F: Files> Publication<'_, F> {
    fn run(&self, provenance: &Provenance) -> Result<Published, PublishError> {
        let Self { files, folder, announcements, packed } = self;
        files.create_folder(announcements).map_err(io_error("create", announcements))?;
        let current = self.current()?;
        let highest = self.highest()?;
        // One that is announced and not in place yet is newer than what is current: it may be put in place any moment.
        let newest = current
            .as_ref()
            .filter(|current| highest.is_none_or(|highest| highest <= current.announcement.generation));
        if let Some(current) = newest
            && current.announcement.snapshot.sha256.0 == packed.digest
            && current.is_signed_by(&provenance.signers)
        {
            if !self.is_present()? {
                self.replace(folder, &self.file(), &packed.bytes)?;
            }
            return Ok(self.published(current.announcement.generation, Novelty::AlreadyCurrent));
        }
        // Also where it is there: an old file might be removed by another publisher before it is announced.
        self.replace(folder, &self.file(), &packed.bytes)?;
        let parent = current.map(|current| current.announcement.generation);
        let generation = self.announce(highest.max(parent), parent, provenance)?;
        self.settle(generation)?;
        if let Ok(Some(now)) = files.modified(&announcements.join(generation.to_string())) {
            prune::prune(*files, folder, announcements, now);
        }
        Ok(self.published(generation, Novelty::Announced))
    }

    fn published(&self, generation: u64, novelty: Novelty) -> Published {
        let Packed { digest, decisions, .. } = *self.packed;
        Published { generation, snapshot: digest, decisions, novelty }
    }

    fn file(&self) -> PathBuf {
        self.folder.join(format!("{}.pms", self.packed.digest))
    }

    /// Whether the snapshot is there and whole.
    fn is_present(&self) -> Result<bool, PublishError> {
        let file = self.file();
        let present = self.files.read(&file).map_err(io_error("read", &file))?;
        Ok(present.is_some_and(|bytes| Digest::of(&bytes) == self.packed.digest))
    }

    fn current(&self) -> Result<Option<Announced>, PublishError> {
        let path = self.folder.join("current");
        let Some(current) = self.read(&path)? else { return Ok(None) };
        within_limit(current.announcement.generation, &path)?;
        Ok(Some(current))
    }

    /// What a file announces.
    fn read(&self, path: &Path) -> Result<Option<Announced>, PublishError> {
        let Some(text) = self.files.read(path).map_err(io_error("read", path))? else { return Ok(None) };
        let read = Envelope::parse(&text).and_then(|envelope| Ok((envelope.announcement()?, envelope)));
        match read {
            Ok((announcement, envelope)) => Ok(Some(Announced { announcement, envelope, text })),
            Err(source) => Err(PublishError::Unreadable { path: path.to_owned(), source }),
        }
    }

    /// The highest generation that is announced.
    fn highest(&self) -> Result<Option<u64>, PublishError> {
        let announcements = &self.announcements;
        let all = generations(self.files, announcements).map_err(io_error("list", announcements))?;
        let Some(highest) = all.last().copied() else { return Ok(None) };
        within_limit(highest, &announcements.join(highest.to_string()))?;
        Ok(Some(highest))
    }

    /// Creates the first free announcement after the last one, with its content.
    fn announce(
        &self,
        last: Option<u64>,
        parent: Option<u64>,
        provenance: &Provenance,
    ) -> Result<u64, PublishError> {
        let Self { files, announcements, .. } = self;
        let first = last.unwrap_or(0).saturating_add(1);
        for generation in first..first.saturating_add(TRIES_MAX) {
            let text = announcement_text(generation, parent, self.packed, provenance)?;
            let target = announcements.join(generation.to_string());
            let temporary = temporary(announcements, &target)?;
            let written = files.write_flushed(&temporary, text.as_bytes());
            let linked = written.map(|()| files.link(&temporary, &target));
            // A second name that stays is removed by a later publication.
            drop(files.remove(&temporary));
            match linked.map_err(io_error("write", &temporary))? {
                Ok(()) => {
                    files.flush_folder(announcements).map_err(io_error("flush", announcements))?;
                    return Ok(generation);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(io_error("create", &target)(error)),
            }
        }
        Err(PublishError::Contended(TRIES_MAX))
    }

    /// Moves `current` on until it names the newest announcement whose snapshot is there, which is ours or a newer one.
    fn settle(&self, ours: u64) -> Result<(), PublishError> {
        for _ in 0..TRIES_MAX {
            if !self.is_present()? {
                self.replace(self.folder, &self.file(), &self.packed.bytes)?;
            }
            let newest = self.newest(ours)?;
            // Last, so that what another publisher has put in place meanwhile is not put back.
            let current = self.current()?.map(|current| current.announcement.generation);
            let Some((generation, text)) =
                newest.filter(|(newest, _)| current.is_none_or(|now| now < *newest))
            else {
                return Ok(());
            };
            tracing::debug!(generation, ours, "put in place");
            self.replace(self.folder, &self.folder.join("current"), &text)?;
        }
        Err(PublishError::Contended(TRIES_MAX))
    }

    /// The newest announcement from `ours` on whose snapshot is there.
    fn newest(&self, ours: u64) -> Result<Option<(u64, Vec<u8>)>, PublishError> {
        let Self { files, folder, announcements, .. } = self;
        let all = generations(*files, announcements).map_err(io_error("list", announcements))?;
        for generation in all.into_iter().rev().take_while(|generation| *generation >= ours) {
            let path = announcements.join(generation.to_string());
            let Some(Announced { announcement, text, .. }) = self.read(&path)? else { continue };
            let file = folder.join(format!("{}.pms", announcement.snapshot.sha256.0));
            if files.modified(&file).map_err(io_error("look at", &file))?.is_some() {
                return Ok(Some((generation, text)));
            }
        }
        Ok(None)
    }

    fn replace(&self, folder: &Path, target: &Path, bytes: &[u8]) -> Result<(), PublishError> {
        replace(self.files, folder, target, bytes)
    }
}

/// Writes a temporary file, flushes it, moves it over `target`, and flushes the folder.
pub(crate) fn replace(
    files: &impl Files,
    folder: &Path,
    target: &Path,
    bytes: &[u8],
) -> Result<(), PublishError> {
    let temporary = temporary(folder, target)?;
    let written = files.write_flushed(&temporary, bytes).map_err(io_error("write", &temporary));
    let moved = written.and_then(|()| files.rename(&temporary, target).map_err(io_error("replace", target)));
    if moved.is_err() {
        // The disk may be full because of this very file; that it cannot be removed adds nothing to the error.
        drop(files.remove(&temporary));
    }
    moved.and_then(|()| files.flush_folder(folder).map_err(io_error("flush", folder)))
}

fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PublishError {
    let path = path.to_owned();
    move |source| PublishError::Io { what, path, source }
}

fn within_limit(generation: u64, path: &Path) -> Result<(), PublishError> {
    if generation < GENERATION_MAX {
        return Ok(());
    }
    Err(PublishError::TooHigh { path: path.to_owned(), generation })
}

/// The generations that a folder of announcements has, in order.
fn generations(files: &impl Files, announcements: &Path) -> io::Result<Vec<u64>> {
    let number = |name: &String| name.parse().ok().filter(|number: &u64| number.to_string() == *name);
    let mut all: Vec<u64> = files.list(announcements)?.iter().filter_map(number).collect();
    all.sort_unstable();
    Ok(all)
}

/// A name that no other publication uses, on no machine.
fn temporary(folder: &Path, target: &Path) -> Result<PathBuf, PublishError> {
    let mut random = [0; 8];
    let no_name = |_| io_error("name", target)(io::Error::other("the system's random generator failed"));
    SystemRandom::new().fill(&mut random).map_err(no_name)?;
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(folder.join(format!("{TEMPORARY}{:016x}-{name}", u64::from_le_bytes(random))))
}

/// What the name of a file begins with that is being written.
const TEMPORARY: &str = ".new-";

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
    let signed = Envelope::unsigned(&announcement).and_then(|mut envelope| {
        provenance.signers.iter().try_for_each(|signer| signer.sign(&mut envelope))?;
        envelope.to_text()
    });
    signed.map_err(PublishError::Announcement)
}
