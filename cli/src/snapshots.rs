//! Opening a published folder or a snapshot file, with all the checks of a gateway.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use pointsman_routing::golden::decide_digest;
use pointsman_schema::digest::Digest;
use pointsman_schema::limits::{ANNOUNCEMENT_BYTES_MAX, SNAPSHOT_BYTES_MAX};
use pointsman_schema::snapshot::announced::{self, AnnouncedError};
use pointsman_schema::snapshot::announcement::AnnouncementError;
use pointsman_schema::snapshot::{Admission, Announcement, Envelope, Sealed, SnapshotError, Verified};

/// Why a snapshot could not be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    Missing(PathBuf),
    Policy(PathBuf),
    Io(PathBuf, std::io::Error),
    Announcement(PathBuf, AnnouncementError),
    Announced(PathBuf, AnnouncedError),
    Snapshot(PathBuf, SnapshotError),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(path) => write!(
                out,
                "{} is neither a published folder nor a snapshot file\n\n\
                 hint: `pointsman compile POLICY -o {}` publishes one",
                path.display(),
                path.display()
            ),
            Self::Policy(path) => write!(
                out,
                "{0} is a policy repository, and nothing is published in it\n\n\
                 hint: `pointsman compile {0} -o FOLDER` publishes it; ask about FOLDER",
                path.display()
            ),
            Self::Io(path, error) => write!(out, "cannot read {}: {error}", path.display()),
            Self::Announcement(path, error) => write!(out, "{}: {error}", path.display()),
            Self::Announced(path, error) => write!(out, "{}: {error}", path.display()),
            Self::Snapshot(path, error) => write!(out, "{}: {error}", path.display()),
        }
    }
}

/// A snapshot, and its announcement where it was opened through one.
pub(crate) struct Opened {
    pub(crate) snapshot: Verified,
    pub(crate) announcement: Option<Announcement>,
    pub(crate) bytes: u64,
}

/// Opens the current snapshot of a folder, or a snapshot file.
pub(crate) fn open(path: &Path) -> Result<Opened, OpenError> {
    let current = path.join("current");
    if path.is_dir() && current.exists() {
        let limit = u64::try_from(ANNOUNCEMENT_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
        let bytes = read(&current, limit).map_err(|error| OpenError::Io(current.clone(), error))?;
        let announcement = Envelope::parse(&bytes).and_then(|envelope| envelope.announcement());
        let announcement = announcement.map_err(|error| OpenError::Announcement(current, error))?;
        return announced(path, announcement);
    }
    if !path.is_file() {
        let is_policy = ["pointsman.yaml", "pointsman.kdl"].iter().any(|name| path.join(name).is_file());
        let missing = if is_policy { OpenError::Policy } else { OpenError::Missing };
        return Err(missing(path.to_owned()));
    }
    alone(path)
}

/// What a published folder announces, with the checks of a gateway.
fn announced(folder: &Path, announcement: Announcement) -> Result<Opened, OpenError> {
    let path = folder.join(format!("{}.pms", announcement.snapshot.sha256.0));
    let mut file = File::open(&path).map_err(|error| OpenError::Io(path.clone(), error))?;
    let snapshot = announced::load(&announcement, &mut file, Admission::PreferSealed, decide_digest)
        .map_err(|error| OpenError::Announced(path, error))?;
    let bytes = announcement.snapshot.size;
    Ok(Opened { snapshot, announcement: Some(announcement), bytes })
}

/// A snapshot file that nobody announces here.
fn alone(path: &Path) -> Result<Opened, OpenError> {
    let io = |error| OpenError::Io(path.to_owned(), error);
    let wrong = |error| OpenError::Snapshot(path.to_owned(), error);
    let mut file = File::open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    // A file that is named by its digest is held to it; any other is taken as it is.
    let digest = match path.file_stem().and_then(|stem| Digest::parse(&stem.to_string_lossy()).ok()) {
        Some(digest) => digest,
        None => Digest::of(&read(path, SNAPSHOT_BYTES_MAX).map_err(io)?),
    };
    let sealed = Sealed::read(&mut file, digest, size, Admission::PreferSealed).map_err(wrong)?;
    let snapshot = sealed.check().and_then(|checked| checked.verify(decide_digest)).map_err(wrong)?;
    Ok(Opened { snapshot, announcement: None, bytes: size })
}

/// The first bytes of a file, at most `limit` of them.
fn read(path: &Path, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
