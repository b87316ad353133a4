//! A folder on disk as a tree.
//!
//! Deliberately follows a symbolic link only while it stays inside the workspace (Kubernetes mounts volumes that way),
//! never in a circle, and no more than a bounded number of entries: links beside each other could otherwise show one
//! folder under more names than anyone has time for. The invariant: no byte from outside the folder is read.
//!
//! Read next: [`super::Tree`].

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use pointsman_schema::limits::SOURCE_FILE_BYTES_MAX;

use super::{ENTRIES_MAX, FILES_MAX, FOLDER_DEPTH_MAX, Listing, Tree, TreeError, is_policy_path, is_skipped};

/// A folder on disk.
#[derive(Debug, Clone)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// A folder; it need not exist until it is listed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

impl Tree for Directory {
    fn list(&self) -> Result<Listing, TreeError> {
        let root = self.root.canonicalize().map_err(|source| io_error(&self.root, source))?;
        Walk { root, listing: Listing::default(), entries_left: ENTRIES_MAX }.run()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        let full = self.inside(path)?;
        let limit = u64::try_from(SOURCE_FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
        let mut bytes = Vec::new();
        let read = File::open(&full).and_then(|file| file.take(limit).read_to_end(&mut bytes));
        read.map_err(|source| io_error(&full, source))?;
        Ok(bytes)
    }
}

impl Directory {
    /// The real path of a file. Checked again here: a link may have changed since the listing.
    fn inside(&self, path: &str) -> Result<PathBuf, TreeError> {
        let full = self.root.join(path);
        let real = self.root.canonicalize().and_then(|root| Ok((root, full.canonicalize()?)));
        let (root, real) = real.map_err(|source| io_error(&full, source))?;
        if real.starts_with(root) { Ok(real) } else { Err(TreeError::Missing(path.to_owned())) }
    }
}

struct Walk {
    root: PathBuf,
    listing: Listing,
    /// **Unit**: entries of folders, each counted once for every name that leads to it.
    entries_left: usize,
}

impl Walk {
    fn run(mut self) -> Result<Listing, TreeError> {
        let root = self.root.clone();
        self.folder("", &mut vec![root])?;
        self.listing.paths.sort_unstable();
        self.listing.escapes.sort_unstable();
        Ok(self.listing)
    }

    /// Lists the last of `above`, which are the real folders from the root to this one.
    fn folder(&mut self, relative: &str, above: &mut Vec<PathBuf>) -> Result<(), TreeError> {
        let Some(folder) = above.last().cloned().filter(|_| above.len() <= FOLDER_DEPTH_MAX) else {
            return Err(TreeError::TooLarge);
        };
        let entries = std::fs::read_dir(&folder).map_err(|source| io_error(&folder, source))?;
        for entry in entries {
            let entry = entry.map_err(|source| io_error(&folder, source))?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                if has_policy_ending(&entry.path()) {
                    return Err(TreeError::PathNotUtf8(entry.path().display().to_string()));
                }
                continue;
            };
            if is_skipped(name) {
                continue;
            }
            self.entries_left = self.entries_left.checked_sub(1).ok_or(TreeError::TooLarge)?;
            let path = if relative.is_empty() { name.to_owned() } else { format!("{relative}/{name}") };
            let kind = entry.file_type().map_err(|source| io_error(&entry.path(), source))?;
            if kind.is_symlink() {
                self.link(path, &entry.path(), above)?;
            } else if kind.is_dir() {
                self.enter(&path, entry.path(), above)?;
            } else if kind.is_file() {
                self.file(path)?;
            }
        }
        Ok(())
    }

    fn enter(&mut self, relative: &str, folder: PathBuf, above: &mut Vec<PathBuf>) -> Result<(), TreeError> {
        above.push(folder);
        let done = self.folder(relative, above);
        above.pop();
        done
    }

    /// Follows a link to something inside. A link that leaves matters only where policy would be read through it.
    fn link(&mut self, path: String, full: &Path, above: &mut Vec<PathBuf>) -> Result<(), TreeError> {
        let real = full.canonicalize().ok();
        let is_folder = real.as_ref().is_some_and(|real| real.is_dir());
        let Some(real) = real.filter(|real| real.starts_with(&self.root)) else {
            if is_folder || is_policy_path(&path) {
                self.listing.escapes.push(path);
            }
            return Ok(());
        };
        match is_folder {
            true if above.contains(&real) => Ok(()),
            true => self.enter(&path, real, above),
            false if real.is_file() => self.file(path),
            false => Ok(()),
        }
    }

    fn file(&mut self, path: String) -> Result<(), TreeError> {
        if is_policy_path(&path) {
            self.listing.paths.push(path);
        }
        if self.listing.paths.len() > FILES_MAX { Err(TreeError::TooLarge) } else { Ok(()) }
    }
}

fn has_policy_ending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml" || ending == "kdl")
}

fn io_error(path: &Path, source: io::Error) -> TreeError {
    TreeError::Io { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_followed_only_inside() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.yaml"), "a: 1").unwrap();
        let inside = tempfile::tempdir().unwrap();
        let root = inside.path();
        fs::create_dir_all(root.join("..data/teams/a")).unwrap();
        fs::write(root.join("..data/teams/a/chains.yaml"), "b: 2").unwrap();
        symlink("..data/teams", root.join("teams")).unwrap();
        symlink(outside.path().join("secret.yaml"), root.join("escape.yaml")).unwrap();
        symlink(outside.path(), root.join("folder")).unwrap();
        symlink(".", root.join("circle")).unwrap();
        symlink("nowhere.yaml", root.join("dangling.yaml")).unwrap();
        let tree = Directory::new(root);
        let listing = tree.list().unwrap();
        assert_eq!(listing.paths, ["teams/a/chains.yaml"]);
        assert_eq!(listing.escapes, ["dangling.yaml", "escape.yaml", "folder"]);
        assert!(matches!(tree.read("escape.yaml"), Err(TreeError::Missing(_))));
        assert_eq!(tree.read("teams/a/chains.yaml").unwrap(), b"b: 2");
    }

    #[test]
    fn links_beside_each_other_end() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        // Each folder leads to the next by two names: 2^24 names for the last.
        for depth in 0..24 {
            fs::create_dir(root.join(format!("{depth:02}"))).unwrap();
        }
        for depth in 0..23 {
            let next = format!("../{:02}", depth + 1);
            symlink(&next, root.join(format!("{depth:02}/a"))).unwrap();
            symlink(&next, root.join(format!("{depth:02}/b"))).unwrap();
        }
        let check = |entries_left: usize, expected: bool| {
            let root = root.canonicalize().unwrap();
            let walk = Walk { root, listing: Listing::default(), entries_left };
            assert_eq!(walk.run().is_ok(), expected, "{entries_left}");
        };
        check(2_000, false);
        for depth in 4..23 {
            fs::remove_file(root.join(format!("{depth:02}/b"))).unwrap();
        }
        check(2_000, true);
        check(24, false);
    }

    #[test]
    fn a_missing_folder_is_an_error_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Directory::new(folder.path().join("none"));
        assert!(matches!(missing.list(), Err(TreeError::Io { .. })));
    }
}
