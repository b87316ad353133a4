//! The `--state` folder: the last generation and the last good snapshot, for a start while everything else is down.
//!
//! It has the layout of a published folder (`current`, `<sha256>.pms`), so it is read by the same code and passes the
//! same checks. Writing to it can fail without any request noticing; the failure is reported and tried again.
//!
//! Invariant: `current` names a snapshot that was whole on the disk before `current` was.

pub mod disk;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use pointsman_schema::digest::Digest;
use rustix::fs::FlockOperation;

use disk::Disk;

/// Why nothing could be kept. The operator's to mend; serving goes on.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The disk is full, read-only or broken.
    #[error("cannot {what} {}: {source}", path.display())]
    Disk {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The published file is no longer what was loaded from it, so there is nothing good to copy.
    #[error("the published snapshot changed after it was loaded: it has digest {0} now")]
    Changed(Digest),
}

/// A state folder.
pub struct StateFolder<D> {
    path: PathBuf,
    disk: D,
}

impl<D: Disk> StateFolder<D> {
    /// The folder at `path`.
    pub fn new(path: PathBuf, disk: D) -> Self {
        Self { path, disk }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps a snapshot that is in force: its file first, then the announcement that names it.
    pub fn keep(
        &self,
        announcement: &[u8],
        digest: Digest,
        published: &mut dyn Read,
    ) -> Result<(), StateError> {
        let blob = self.path.join(blob_name(digest));
        if !self.disk.has(&blob, digest) {
            let temporary = self.path.join(NEW_BLOB);
            let written =
                self.disk.copy_flushed(published, &temporary).map_err(failed("write", &temporary))?;
            if written != digest {
                return Err(StateError::Changed(written));
            }
            self.disk.rename(&temporary, &blob).map_err(failed("replace", &blob))?;
        }
        // Also where the file was there: its move may not have lasted, and a disk need not keep the order of moves.
        self.disk.flush_folder(&self.path).map_err(failed("flush", &self.path))?;
        let (temporary, current) = (self.path.join(NEW_CURRENT), self.path.join(CURRENT));
        let mut text = announcement;
        self.disk.copy_flushed(&mut text, &temporary).map_err(failed("write", &temporary))?;
        self.disk.rename(&temporary, &current).map_err(failed("replace", &current))?;
        self.disk.flush_folder(&self.path).map_err(failed("flush", &self.path))?;
        self.disk.remove_blobs_but(&self.path, &blob);
        Ok(())
    }
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StateError {
    let path = path.to_owned();
    move |source| StateError::Disk { what, path, source }
}

/// The name of a snapshot's file.
pub fn blob_name(digest: Digest) -> String {
    format!("{digest}{BLOB_SUFFIX}")
}

/// Makes sure that no other process uses a state folder, for as long as the returned file is open.
///
/// **Errors**: `WouldBlock` when another process does; any other when the folder cannot be written to.
pub fn claim(folder: &Path) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let lock = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
    rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
    Ok(lock)
}

/// The announcement's name in a published folder and in a state folder.
pub const CURRENT: &str = "current";
/// What a snapshot's name ends with.
pub const BLOB_SUFFIX: &str = ".pms";
const NEW_BLOB: &str = ".new-snapshot";
const NEW_CURRENT: &str = ".new-current";
const LOCK: &str = ".lock";

#[cfg(test)]
mod tests;
