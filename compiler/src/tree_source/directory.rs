//! A folder on disk as a tree.
//!
//! Deliberately follows a symbolic link only while it stays inside the workspace (Kubernetes mounts volumes that way),
//! never in a circle, and no more than a bounded number of entries: links beside each other could otherwise show one
//! folder under more names than anyone has time for. The invariant: no byte from outside the folder is read.
//!
//! Read next: [`super::Tree`].

use std::fmt;
use std::fs::{self, DirEntry, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pointsman_schema::limits::SOURCE_FILE_BYTES_MAX;

use super::{
    BESIDE_FILES_MAX, ENTRIES_MAX, FILES_MAX, FOLDER_DEPTH_MAX, Listing, Tree, TreeError, is_policy_path,
    is_skipped,
};

/// A folder on disk.
#[derive(Clone)]
pub struct Directory {
    root: PathBuf,
    ignores: Option<Arc<Ignores>>,
}

/// Whether a path below the folder is nobody's but this machine's; a folder's path ends with a slash.
type Ignores = dyn Fn(&str) -> bool + Send + Sync;

impl Directory {
    /// A folder; it need not exist until it is listed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), ignores: None }
    }

    /// The same without some of the files that are not policy: those that Git ignores, or whoever keeps the folder. A
    /// folder's path ends with a slash. Policy files are read all the same: what is decided never depends on it.
    #[must_use]
    pub fn ignoring(self, ignores: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { ignores: Some(Arc::new(ignores)), ..self }
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Directory").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Tree for Directory {
    fn list(&self) -> Result<Listing, TreeError> {
        let root = self.root.canonicalize().map_err(|source| io_error(&self.root, source))?;
        let ignores = self.ignores.as_deref();
        let left = Left { entries: ENTRIES_MAX, hidden: BESIDE_FILES_MAX.saturating_mul(2) };
        Walk { root, ignores, listing: Listing::default(), left }.run()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        self.read_start(path, SOURCE_FILE_BYTES_MAX.saturating_add(1))
    }

    fn read_start(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, TreeError> {
        let full = self.inside(path)?;
        let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        let read = File::open(&full).and_then(|file| {
            let length = file.metadata()?.len().min(limit);
            // One more than the length, so that the end is seen without growing.
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0).saturating_add(1));
            file.take(limit).read_to_end(&mut bytes)?;
            Ok(bytes)
        });
        read.map_err(|source| io_error(&full, source))
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

struct Walk<'i> {
    root: PathBuf,
    ignores: Option<&'i Ignores>,
    listing: Listing,
    left: Left,
}

/// How much of the folder may still be looked at.
struct Left {
    /// **Unit**: entries of folders, each counted once for every name that leads to it.
    entries: usize,
    /// **Unit**: the same in hidden folders, which hold no policy and may be somebody's cache.
    hidden: usize,
}

impl Walk<'_> {
    fn run(mut self) -> Result<Listing, TreeError> {
        let root = self.root.clone();
        self.folder("", &mut vec![root])?;
        self.listing.paths.sort_unstable();
        self.listing.escapes.sort_unstable();
        self.listing.beside.sort_unstable();
        Ok(self.listing)
    }

    /// Lists the last of `above`, which are the real folders from the root to this one.
    fn folder(&mut self, relative: &str, above: &mut Vec<PathBuf>) -> Result<(), TreeError> {
        let Some(folder) = above.last().cloned().filter(|_| above.len() <= FOLDER_DEPTH_MAX) else {
            self.cut();
            return if is_hidden(relative) { Ok(()) } else { Err(TreeError::TooLarge) };
        };
        let entries = fs::read_dir(&folder).and_then(Iterator::collect::<io::Result<Vec<DirEntry>>>);
        let mut entries = match entries {
            // Not for policy: what cannot be listed there is not searched.
            Err(_) if is_hidden(relative) => {
                self.cut();
                return Ok(());
            }
            entries => entries.map_err(|source| io_error(&folder, source))?,
        };
        // What is cut off at a limit does not depend on the disk.
        entries.sort_unstable_by_key(DirEntry::file_name);
        entries.iter().try_for_each(|entry| self.entry(relative, entry, above))
    }

    fn entry(&mut self, relative: &str, entry: &DirEntry, above: &mut Vec<PathBuf>) -> Result<(), TreeError> {
        let name = entry.file_name();
        let Some(name) = name.to_str() else {
            if has_policy_ending(&entry.path()) && !is_hidden(relative) {
                return Err(TreeError::PathNotUtf8(entry.path().display().to_string()));
            }
            return Ok(());
        };
        if is_skipped(name) {
            return Ok(());
        }
        let path = if relative.is_empty() { name.to_owned() } else { format!("{relative}/{name}") };
        if is_hidden(&path) {
            let Some(left) = self.left.hidden.checked_sub(1) else {
                self.cut();
                return Ok(());
            };
            self.left.hidden = left;
        } else {
            self.left.entries = self.left.entries.checked_sub(1).ok_or(TreeError::TooLarge)?;
        }
        let kind = entry.file_type().map_err(|source| io_error(&entry.path(), source))?;
        if kind.is_symlink() {
            self.link(path, &entry.path(), above)
        } else if kind.is_dir() {
            self.enter(&path, entry.path(), above)
        } else if kind.is_file() {
            self.file(path)
        } else {
            Ok(())
        }
    }

    /// Leaves out files that are not policy.
    fn cut(&mut self) {
        self.listing.is_beside_cut = true;
    }

    fn enter(&mut self, relative: &str, folder: PathBuf, above: &mut Vec<PathBuf>) -> Result<(), TreeError> {
        let is_ignored = |ignores: &Ignores| ignores(&format!("{relative}/"));
        if is_hidden(relative) && self.ignores.is_some_and(is_ignored) {
            return Ok(());
        }
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
            if (is_folder && !is_hidden(&path)) || is_policy_path(&path) {
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
            return if self.listing.paths.len() > FILES_MAX { Err(TreeError::TooLarge) } else { Ok(()) };
        }
        if self.ignores.is_some_and(|ignores| ignores(&path)) {
            return Ok(());
        }
        if self.listing.beside.len() >= BESIDE_FILES_MAX {
            self.cut();
        } else {
            self.listing.beside.push(path);
        }
        Ok(())
    }
}

/// Whether a path is or lies in something hidden.
fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
}

fn has_policy_ending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml" || ending == "kdl")
}

fn io_error(path: &Path, source: io::Error) -> TreeError {
    TreeError::Io { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
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
            let left = Left { entries: entries_left, hidden: 0 };
            let walk = Walk { root, ignores: None, listing: Listing::default(), left };
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
    fn other_files_are_listed_apart() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let files = [
            ".env",
            ".git/config",
            ".github/workflows/ci.yaml",
            "a.test.yaml",
            "README.md",
            "a.yaml",
            "build/x.txt",
            "..data/b.yaml",
            "node_modules/x.js",
            ".venv/lib/x.py",
        ];
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        symlink("/", root.join(".venv/root")).unwrap();
        let check = |tree: &Directory, expected: &[&str]| {
            let listing = tree.list().unwrap();
            assert_eq!(listing.paths, ["a.yaml"]);
            assert_eq!(listing.beside, expected);
            assert!(listing.escapes.is_empty() && !listing.is_beside_cut);
        };
        let all = [
            ".env",
            ".github/workflows/ci.yaml",
            ".venv/lib/x.py",
            "README.md",
            "a.test.yaml",
            "build/x.txt",
        ];
        let tree = Directory::new(root);
        check(&tree, &all);
        let tree = tree.ignoring(|path| path == ".venv/" || path.starts_with("build/") || path == "a.yaml");
        check(&tree, &[".env", ".github/workflows/ci.yaml", "README.md", "a.test.yaml"]);
        assert_eq!(tree.read_start(".env", 0).unwrap(), b"");
        let root = root.canonicalize().unwrap();
        let left = Left { entries: 100, hidden: 1 };
        let cut = Walk { root, ignores: None, listing: Listing::default(), left }.run().unwrap();
        assert!(cut.is_beside_cut && cut.beside.contains(&".env".to_owned()), "{cut:?}");
    }

    #[test]
    fn a_missing_folder_is_an_error_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let missing = Directory::new(folder.path().join("none"));
        assert!(matches!(missing.list(), Err(TreeError::Io { .. })));
    }
}
