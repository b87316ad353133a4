//! Where a policy's files come from: paths and bytes, nothing else.
//!
//! Deliberately not a file system: a directory and memory look the same from here, and so does a Git revision. The
//! invariant: the paths of a listing are sorted, relative to the workspace, with forward slashes, and only such that
//! [`is_policy_path`] or [`is_beside_path`] accepts.
//!
//! Read next: [`directory`], the one implementation that touches a disk; [`crate::file`], which reads what a tree gives.

mod directory;
mod edited;

use std::collections::BTreeMap;

pub use self::directory::Directory;
pub use self::edited::Edited;
use pointsman_schema::limits::SOURCE_FILE_BYTES_MAX;
use pointsman_schema::tree::Syntax;

use crate::secret::masked;

/// A set of files, which more than one thread may read.
pub trait Tree: Sync {
    /// Every policy file, every link that is not one, and every other file, which is only searched for secrets.
    fn list(&self) -> Result<Listing, TreeError>;
    /// The bytes of a file; at most one more than [`SOURCE_FILE_BYTES_MAX`], so that a larger file shows as such.
    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError>;
    /// The first bytes of a file.
    fn read_start(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, TreeError>;
}

/// What a tree holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Policy files.
    pub paths: Vec<String>,
    /// Symbolic links that are not followed because they lead out of the workspace, or nowhere.
    pub escapes: Vec<String>,
    /// Files that are not policy: tests, hidden files, documentation, whatever else lies there.
    pub beside: Vec<String>,
    /// Whether there are more of these than [`BESIDE_FILES_MAX`].
    pub is_beside_cut: bool,
}

/// Why a tree could not be read. The policy is not at fault: nothing can be decided.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The disk, or a permission.
    #[error("{} cannot be read: {source}", masked(path))]
    Io {
        /// Which file or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A path that is not UTF-8, so that no diagnostic could name it.
    #[error("{} has a name that is not UTF-8", masked(.0))]
    PathNotUtf8(String),
    /// A path that the listing does not hold.
    #[error("{} does not exist", masked(.0))]
    Missing(String),
    /// More than [`FILES_MAX`] policy files or [`ENTRIES_MAX`] entries, or folders deeper than [`FOLDER_DEPTH_MAX`].
    #[error(
        "more than {FILES_MAX} policy files, {ENTRIES_MAX} files in all, or folders more than {FOLDER_DEPTH_MAX} \
         deep, links counted as what they lead to; is this the right folder?"
    )]
    TooLarge,
}

/// The syntax that a path's ending says, if it is one of the policy language.
pub fn syntax_of(path: &str) -> Option<Syntax> {
    match path.rsplit_once('.')?.1 {
        "yaml" | "yml" => Some(Syntax::Yaml),
        "kdl" => Some(Syntax::Kdl),
        _ => None,
    }
}

/// Whether a path is a policy file: neither a test, nor in a folder that tools use, nor hidden.
pub fn is_policy_path(path: &str) -> bool {
    let Some(name) = path.rsplit('/').next() else { return false };
    let is_test = name.rsplit('.').nth(1) == Some("test");
    syntax_of(name).is_some()
        && !is_test
        && path.split('/').all(|part| !is_skipped(part) && !part.starts_with('.'))
}

/// Whether a path is that of a file which is not policy and may still hold a secret.
pub fn is_beside_path(path: &str) -> bool {
    !is_policy_path(path) && path.split('/').all(|part| !is_skipped(part))
}

/// Folders of tools, which nobody writes by hand, and the copies that Kubernetes keeps of a mounted volume.
fn is_skipped(part: &str) -> bool {
    part.starts_with("..")
        || matches!(part, ".git" | ".hg" | ".jj" | ".pointsman" | "target" | "node_modules")
}

/// Files in memory, by path.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// An empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces a file.
    pub fn insert(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }
}

impl<P: Into<String>, B: Into<Vec<u8>>> FromIterator<(P, B)> for Memory {
    fn from_iter<I: IntoIterator<Item = (P, B)>>(files: I) -> Self {
        Self { files: files.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect() }
    }
}

impl Tree for Memory {
    fn list(&self) -> Result<Listing, TreeError> {
        let paths: Vec<_> = self.files.keys().filter(|path| is_policy_path(path)).cloned().collect();
        if paths.len() > FILES_MAX {
            return Err(TreeError::TooLarge);
        }
        let mut beside: Vec<_> = self.files.keys().filter(|path| is_beside_path(path)).cloned().collect();
        let is_beside_cut = beside.len() > BESIDE_FILES_MAX;
        beside.truncate(BESIDE_FILES_MAX);
        Ok(Listing { paths, escapes: Vec::new(), beside, is_beside_cut })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        self.read_start(path, SOURCE_FILE_BYTES_MAX.saturating_add(1))
    }

    fn read_start(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, TreeError> {
        let bytes = self.files.get(path).ok_or_else(|| TreeError::Missing(path.to_owned()))?;
        Ok(bytes.iter().copied().take(bytes_max).collect())
    }
}

/// **Unit**: policy files of one workspace.
pub const FILES_MAX: usize = 100_000;
/// **Unit**: files, folders and links of one workspace; what is reached by two names counts twice.
pub const ENTRIES_MAX: usize = 200_000;
/// **Unit**: folders inside each other.
pub const FOLDER_DEPTH_MAX: usize = 32;
/// **Unit**: files that are not policy and are searched for secrets.
pub const BESIDE_FILES_MAX: usize = 10_000;
/// **Unit**: bytes from the start of such a file that are searched.
pub const BESIDE_FILE_BYTES_MAX: usize = 1 << 20;
/// **Unit**: bytes of all such files that are searched.
pub const BESIDE_TOTAL_BYTES_MAX: usize = 64 << 20;
const _: () = assert!(FILES_MAX < ENTRIES_MAX && BESIDE_FILES_MAX < ENTRIES_MAX);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: bool) {
        assert_eq!(is_policy_path(path), expected, "{path}");
    }

    #[test]
    fn tests_hidden_files_and_other_endings_are_not_policy() {
        check("pointsman.yaml", true);
        check("teams/a/b/chains.kdl", true);
        check("teams/a/short.yml", true);
        check("teams/a/chains.test.yaml", false);
        check("teams/a/chains.test.kdl", false);
        check(".github/workflows/ci.yaml", false);
        check("teams/.x/a.yaml", false);
        check("web/node_modules/x/a.yaml", false);
        check("target/a.kdl", false);
        check("README.md", false);
        check("yaml", false);
    }

    #[test]
    fn memory_lists_and_reads() {
        let tree: Memory = [("b.yaml", "1"), ("a.kdl", "2"), ("c.txt", "3")].into_iter().collect();
        assert_eq!(tree.list().unwrap().paths, ["a.kdl", "b.yaml"]);
        assert_eq!(tree.read("a.kdl").unwrap(), b"2");
        assert!(matches!(tree.read("none"), Err(TreeError::Missing(_))));
    }
}
