//! The demo's folder: a Git repository with the policy, and `.pointsman/` beside it for what is not policy.
//!
//! A folder is made whole or not at all: it is built under a temporary name and moved into place. A folder that is not a
//! demo is never touched.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::{fs, net};

use pointsman_sync::files::FolderLock;
use pointsman_sync::new_key::{NewKey, NoRandomness};
use pointsman_sync::repository::{self, RepositoryError};
use serde::{Deserialize, Serialize};

use crate::example::{self, Local};

/// Why there is no folder to run on.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Something of that name is there, and it is not a demo.
    #[error("{} exists and is not a Pointsman demo; it was not touched\n\nhint: choose another folder with --dir", .0.display())]
    NotADemo(PathBuf),
    /// Another demo runs in it.
    #[error("another demo runs in {}; end it first, or choose another folder with --dir", .0.display())]
    InUse(PathBuf),
    /// A file could not be written or read.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No key could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// No repository could be made.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

/// What a demo remembers about itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Memory {
    version: u32,
    key: String,
    upstream: SocketAddr,
}

/// A demo's folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    memory: Memory,
    /// Keeps other demos out while this one runs.
    _held: FolderLock,
}

/// Beside the policy, ignored by the compiler and by Git.
const OWN: &str = ".pointsman";
const MEMORY: &str = "demo.json";

impl Folder {
    /// Opens the demo at `path`, or makes one there when nothing is.
    pub fn open_or_make(path: &Path) -> Result<Self, FolderError> {
        if fs::symlink_metadata(path).is_ok() {
            let memory = fs::read(path.join(OWN).join(MEMORY)).ok();
            let memory = memory.and_then(|bytes| serde_json::from_slice::<Memory>(&bytes).ok());
            let memory = memory.filter(|memory| memory.version == 1);
            let memory = memory.ok_or_else(|| FolderError::NotADemo(path.to_owned()))?;
            return Self::hold(path, memory);
        }
        let building = building(path);
        let made = make(&building);
        let made = made
            .and_then(|memory| fs::rename(&building, path).map(|()| memory).map_err(io_error("make", path)));
        if made.is_err() {
            // What was built so far helps nobody; the first error is the one to report.
            drop(fs::remove_dir_all(&building));
        }
        Self::hold(path, made?)
    }

    fn hold(path: &Path, memory: Memory) -> Result<Self, FolderError> {
        let held = FolderLock::take(&path.join(OWN)).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => FolderError::InUse(path.to_owned()),
            _ => io_error("hold", path)(error),
        })?;
        Ok(Self { path: path.to_owned(), memory, _held: held })
    }

    /// The policy repository.
    pub fn policy(&self) -> &Path {
        &self.path
    }

    /// Where snapshots are published.
    pub fn snapshots(&self) -> PathBuf {
        self.path.join(OWN).join("snapshots")
    }

    /// Where the providers' secrets are.
    pub fn secrets(&self) -> PathBuf {
        self.path.join(OWN).join("secrets")
    }

    /// The key that the demo shows.
    pub fn key(&self) -> &str {
        &self.memory.key
    }

    /// Where the policy expects the upstream.
    pub fn upstream(&self) -> SocketAddr {
        self.memory.upstream
    }

    /// Makes the policy expect the upstream elsewhere.
    pub fn move_upstream(&mut self, upstream: SocketAddr) -> Result<(), FolderError> {
        let (old, new) = (format!("http://{}/", self.memory.upstream), format!("http://{upstream}/"));
        let platform = self.path.join("platform");
        for entry in fs::read_dir(&platform).map_err(io_error("read", &platform))? {
            let path = entry.map_err(io_error("read", &platform))?.path();
            let Ok(text) = fs::read_to_string(&path) else { continue };
            if text.contains(&old) {
                write(&path, text.replace(&old, &new).as_bytes(), 0o644)?;
            }
        }
        self.memory.upstream = upstream;
        remember(&self.path, &self.memory)
    }
}

fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let path = path.to_owned();
    move |source| FolderError::Io { what, path, source }
}

fn building(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.new-{}", std::process::id()))
}

fn make(folder: &Path) -> Result<Memory, FolderError> {
    let NewKey { text: key, digest } = pointsman_sync::new_key::generate()?;
    let upstream = free_address().map_err(io_error("find a free port for", folder))?;
    let local = Local::of_example(upstream, digest);
    for (path, text) in example::FILES {
        let (text, credentials) = example::localise(path, text, &local);
        write(&folder.join(path), text.as_bytes(), 0o644)?;
        for credential in credentials {
            let secret = format!("demo-secret-of-{credential}\n");
            write(&folder.join(OWN).join("secrets").join(credential), secret.as_bytes(), 0o600)?;
        }
    }
    // Git's own list for this clone alone, so that the repository differs from the example in no file more.
    let exclude = folder.join(".git/info/exclude");
    let memory = Memory { version: 1, key, upstream };
    remember(folder, &memory)?;
    repository::init_empty(folder)?;
    write(&exclude, format!("/{OWN}/\n").as_bytes(), 0o644)?;
    repository::commit_all(folder, "The example policy of Pointsman, for this machine")?;
    Ok(memory)
}

/// An address of this machine that was free a moment ago.
fn free_address() -> io::Result<SocketAddr> {
    net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()
}

fn remember(folder: &Path, memory: &Memory) -> Result<(), FolderError> {
    let path = folder.join(OWN).join(MEMORY);
    let text =
        serde_json::to_vec_pretty(memory).map_err(io::Error::from).map_err(io_error("write", &path))?;
    write(&path, &text, 0o600)
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FolderError> {
    if let Some(parent) = path.parent() {
        let private = if mode == 0o600 { 0o700 } else { 0o755 };
        let created = fs::DirBuilder::new().recursive(true).mode(private).create(parent);
        created.map_err(io_error("make", parent))?;
    }
    let file = fs::OpenOptions::new().create(true).write(true).truncate(true).mode(mode).open(path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(io_error("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_is_used_again_and_anything_else_is_not_touched() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("demo");
        let key = Folder::open_or_make(&path).unwrap().key().to_owned();
        let running = Folder::open_or_make(&path).unwrap();
        assert_eq!(running.key(), key);
        assert!(matches!(Folder::open_or_make(&path), Err(FolderError::InUse(_))), "one demo at a time");
        assert!(path.join(".git").is_dir());
        assert_eq!(
            repository::clean_head(&path).map(|commit| commit.len()),
            Some(40),
            "everything is committed"
        );
        for other in ["file", "folder"] {
            let path = parent.path().join(other);
            if other == "file" {
                fs::write(&path, "mine").unwrap();
            } else {
                fs::create_dir(&path).unwrap();
            }
            assert!(matches!(Folder::open_or_make(&path), Err(FolderError::NotADemo(_))));
        }
        assert_eq!(fs::read(parent.path().join("file")).unwrap(), b"mine");
        assert_eq!(fs::read_dir(parent.path().join("folder")).unwrap().count(), 0);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 3, "nothing else is left behind");
    }

    #[test]
    fn the_upstream_can_move() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("demo");
        let mut folder = Folder::open_or_make(&path).unwrap();
        folder.move_upstream(SocketAddr::from(([127, 0, 0, 1], 9))).unwrap();
        drop(folder);
        let folder = Folder::open_or_make(&path).unwrap();
        assert_eq!(folder.upstream().port(), 9);
        let providers: String = fs::read_dir(path.join("platform"))
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        assert!(providers.contains("http://127.0.0.1:9/providers/"));
    }
}
