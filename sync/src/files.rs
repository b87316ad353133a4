//! The few file operations of a publication, behind a trait, so that tests can fail or stop at each one.
//!
//! Two implementations: [`Disk`], and the fault injector of `tests/publish_faults.rs`. Nothing else belongs here.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::FlockOperation;

/// What publishing does to a file system.
pub trait Files {
    /// Makes a folder and its parents; an existing one is fine.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Writes a new read-only file and flushes it to the disk. A file that exists is replaced: only temporary names are
    /// written this way.
    fn write_flushed(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Moves a file over another in one step.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives a file a second name; fails when that name exists.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Flushes a folder's entries to the disk.
    fn flush_folder(&self, path: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// The names in a folder, in order; empty when there is no such folder.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;
    /// A file's bytes, `None` when there is no such file.
    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>>;
    /// When a file was written, by the file system's clock; `None` when there is no such file.
    fn modified(&self, path: &Path) -> io::Result<Option<SystemTime>>;
}

/// The real file system.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Files for Disk {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn write_flushed(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o444).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn flush_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn modified(&self, path: &Path) -> io::Result<Option<SystemTime>> {
        match fs::metadata(path) {
            Ok(metadata) => metadata.modified().map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Holds a folder for one process of this machine; let go when dropped. Publishers on other machines are kept apart
/// by what [`mod@crate::publish`] does.
#[derive(Debug)]
pub struct FolderLock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

impl FolderLock {
    /// Waits until no other publisher of this machine holds the folder.
    pub fn hold(folder: &Path) -> io::Result<Self> {
        Self::lock(folder, FlockOperation::LockExclusive)
    }

    /// Takes the folder, or fails with [`io::ErrorKind::WouldBlock`] when somebody holds it.
    pub fn take(folder: &Path) -> io::Result<Self> {
        Self::lock(folder, FlockOperation::NonBlockingLockExclusive)
    }

    fn lock(folder: &Path, how: FlockOperation) -> io::Result<Self> {
        let path: PathBuf = folder.join(".lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        rustix::fs::flock(&file, how)?;
        Ok(Self(file))
    }
}
