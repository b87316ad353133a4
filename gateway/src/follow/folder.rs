//! A folder that snapshots are published to, as a reader sees it.
//!
//! Reads only regular files, only up to their limits, and follows links, since mounted volumes are made of them.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use pointsman_schema::digest::Digest;
use pointsman_schema::limits::ANNOUNCEMENT_BYTES_MAX;

use super::load::{Announced, LoadError};
use crate::regular_file;
use crate::state::{CURRENT, blob_name};

/// A published folder, or a state folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at `path`, which may not exist yet.
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The bytes of `current`.
    pub fn read_current(&self) -> Result<Vec<u8>, LoadError> {
        let path = self.0.join(CURRENT);
        let limit = u64::try_from(ANNOUNCEMENT_BYTES_MAX).unwrap_or(u64::MAX);
        regular_file::read(&path, limit).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => LoadError::NothingPublished(self.0.clone()),
            _ => LoadError::Unreadable { path, source },
        })
    }

    /// What `current` announces.
    pub fn announced(&self) -> Result<Announced, LoadError> {
        Announced::parse(self.read_current()?)
    }

    /// Opens a snapshot's file.
    pub fn open(&self, digest: Digest) -> Result<File, LoadError> {
        let path = self.0.join(blob_name(digest));
        regular_file::open(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => LoadError::Missing(digest),
            _ => LoadError::Unreadable { path, source },
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}
