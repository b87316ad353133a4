//! The few things that the state folder does to a disk, so that tests can let each of them fail.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;

use pointsman_schema::digest::{Digest, Hasher};

use super::BLOB_SUFFIX;
use crate::regular_file;

/// A disk.
pub trait Disk {
    /// Whether a whole file with this digest is there already.
    fn has(&self, path: &Path, digest: Digest) -> bool;
    /// Writes all of `source` to `path`, over what was there, flushes it, and returns the digest of what was written.
    fn copy_flushed(&self, source: &mut dyn Read, path: &Path) -> io::Result<Digest>;
    /// Moves a file over another.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes moves in a folder last.
    fn flush_folder(&self, folder: &Path) -> io::Result<()>;
    /// Removes the snapshots of a folder except one. What cannot be removed stays until the next time.
    fn remove_blobs_but(&self, folder: &Path, kept: &Path);
}

/// The disk of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    fn has(&self, path: &Path, digest: Digest) -> bool {
        let hashed = regular_file::open(path).and_then(|mut file| copy(&mut file, &mut io::sink()));
        hashed.is_ok_and(|actual| actual == digest)
    }

    fn copy_flushed(&self, source: &mut dyn Read, path: &Path) -> io::Result<Digest> {
        let mut file = File::create(path)?;
        let digest = copy(source, &mut file)?;
        file.flush()?;
        file.sync_all()?;
        Ok(digest)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn flush_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    fn remove_blobs_but(&self, folder: &Path, kept: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let stem = name.strip_suffix(BLOB_SUFFIX).unwrap_or_default();
            if path != kept && Digest::parse(stem).is_ok() {
                drop(std::fs::remove_file(&path));
            }
        }
    }
}

fn copy(source: &mut dyn Read, target: &mut dyn io::Write) -> io::Result<Digest> {
    let mut hasher = Hasher::new();
    let mut buffer = vec![0; COPY_BYTES];
    loop {
        let read = source.read(&mut buffer)?;
        let piece = buffer.get(..read).unwrap_or_default();
        if piece.is_empty() {
            return Ok(hasher.finish());
        }
        hasher.update(piece);
        target.write_all(piece)?;
    }
}

/// **Unit**: bytes copied and hashed at a time.
const COPY_BYTES: usize = 256 << 10;
