//! A revision of a Git repository as a tree of policy files, read from its objects without checking it out.
//!
//! Deliberately local: nothing is fetched. Files that are not policy are what Git tracks. The invariant: a link is followed only to a file of the same revision below the
//! policy's folder; any other is listed as one that leads out, as in a folder on disk.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use git2::{ObjectType, Repository, TreeWalkMode, TreeWalkResult};
use pointsman_compiler::tree_source::{
    BESIDE_FILE_BYTES_MAX, BESIDE_FILES_MAX, BESIDE_TOTAL_BYTES_MAX, FILES_MAX, Listing, Tree, TreeError,
    is_beside_path, is_policy_path,
};
use pointsman_schema::limits::SOURCE_FILE_BYTES_MAX;

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// The folder is in no repository.
    #[error("{folder} is not in a Git repository, so it has no revision {revision}")]
    NoRepository {
        /// The policy's folder.
        folder: String,
        /// The revision asked for.
        revision: String,
    },
    /// Git knows no such commit.
    #[error("Git knows no revision {revision} ({source}); a shallow clone has only its newest commits")]
    Unknown {
        /// As it was asked for.
        revision: String,
        /// What Git said.
        source: git2::Error,
    },
    /// The revision has no such folder.
    #[error("revision {revision} has no folder {folder}")]
    NoFolder {
        /// As it was asked for.
        revision: String,
        /// Relative to the repository.
        folder: String,
    },
    /// The objects cannot be read.
    #[error("revision {revision} cannot be read: {source}")]
    Damaged {
        /// As it was asked for.
        revision: String,
        /// What Git said.
        source: git2::Error,
    },
    /// More files than a policy may have.
    #[error("revision {revision} has more than {FILES_MAX} policy files")]
    TooLarge {
        /// As it was asked for.
        revision: String,
    },
}

/// The policy files of one revision.
#[derive(Debug, Default)]
pub struct Revision {
    files: BTreeMap<String, Vec<u8>>,
    escapes: Vec<String>,
    beside: BTreeMap<String, Vec<u8>>,
    is_beside_cut: bool,
}

impl Revision {
    /// Reads the files below `folder` as they are in `revision`: a branch, a tag, a commit or what else Git understands.
    pub fn read(folder: &Path, revision: &str) -> Result<Self, RevisionError> {
        let name = || revision.to_owned();
        let no_repository =
            || RevisionError::NoRepository { folder: folder.display().to_string(), revision: name() };
        let repository = Repository::discover(folder).map_err(|_| no_repository())?;
        let below = below_root(&repository, folder).ok_or_else(no_repository)?;
        let unknown = |source| RevisionError::Unknown { revision: name(), source };
        let damaged = |source| RevisionError::Damaged { revision: name(), source };
        let commit =
            repository.revparse_single(revision).and_then(|found| found.peel_to_commit()).map_err(unknown)?;
        let mut tree = commit.tree().map_err(damaged)?;
        if !below.as_os_str().is_empty() {
            let entry = tree.get_path(&below).and_then(|entry| entry.to_object(&repository));
            let no_folder =
                |_| RevisionError::NoFolder { revision: name(), folder: below.display().to_string() };
            tree = entry.and_then(|object| object.peel_to_tree()).map_err(no_folder)?;
        }
        let entries = entries(&tree).map_err(damaged)?;
        if policy_files(&entries) > FILES_MAX {
            return Err(RevisionError::TooLarge { revision: name() });
        }
        Self::of(&repository, &tree, entries).map_err(damaged)
    }

    fn of(repository: &Repository, tree: &git2::Tree<'_>, entries: Vec<Entry>) -> Result<Self, git2::Error> {
        let mut found = Self::default();
        let mut bytes_left = BESIDE_TOTAL_BYTES_MAX;
        for Entry { path, id, is_link } in entries {
            if !is_policy_path(&path) {
                if found.beside.len() >= BESIDE_FILES_MAX || bytes_left == 0 {
                    found.is_beside_cut = true;
                    continue;
                }
                let content: Vec<u8> =
                    repository.find_blob(id)?.content().iter().copied().take(BESIDE_FILE_BYTES_MAX).collect();
                bytes_left = bytes_left.saturating_sub(content.len());
                found.beside.insert(path, content);
                continue;
            }
            let content = repository.find_blob(id)?.content().to_vec();
            if !is_link {
                found.files.insert(path, limited(content));
                continue;
            }
            let target = linked(&path, &content).and_then(|target| tree.get_path(&target).ok());
            match target.filter(|entry| entry.kind() == Some(ObjectType::Blob) && entry.filemode() != LINK) {
                Some(entry) => {
                    let content = repository.find_blob(entry.id())?.content().to_vec();
                    found.files.insert(path, limited(content));
                }
                None => found.escapes.push(path),
            }
        }
        Ok(found)
    }
}

/// Git's file mode of a symbolic link.
const LINK: i32 = 0o12_0000;

struct Entry {
    path: String,
    id: git2::Oid,
    is_link: bool,
}

fn entries(tree: &git2::Tree<'_>) -> Result<Vec<Entry>, git2::Error> {
    let mut found = Vec::new();
    let (mut policy, mut beside, mut is_aborted) = (0_usize, 0_usize, false);
    tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
        // What no finding could name is no policy file.
        let Ok(name) = entry.name() else { return TreeWalkResult::Ok };
        let path = format!("{folder}{name}");
        if entry.kind() != Some(ObjectType::Blob) {
            return TreeWalkResult::Ok;
        }
        let is_link = entry.filemode() == LINK;
        if is_policy_path(&path) {
            policy = policy.saturating_add(1);
            found.push(Entry { path, id: entry.id(), is_link });
        } else if is_beside_path(&path) && !is_link && beside <= BESIDE_FILES_MAX {
            // One more than is searched shows that there are more.
            beside = beside.saturating_add(1);
            found.push(Entry { path, id: entry.id(), is_link });
        }
        // One more than allowed shows that there are too many.
        is_aborted = policy > FILES_MAX;
        if is_aborted { TreeWalkResult::Abort } else { TreeWalkResult::Ok }
    })
    .or_else(|error| if is_aborted { Ok(()) } else { Err(error) })?;
    Ok(found)
}

fn policy_files(entries: &[Entry]) -> usize {
    entries.iter().filter(|entry| is_policy_path(&entry.path)).count()
}

/// Where a folder lies in its repository's tree of files.
pub(crate) fn below_root(repository: &Repository, folder: &Path) -> Option<PathBuf> {
    let root = repository.workdir()?.canonicalize().ok()?;
    folder.canonicalize().ok()?.strip_prefix(root).ok().map(Path::to_owned)
}

/// The path that a link means, when it stays below the policy's folder.
fn linked(path: &str, target: &[u8]) -> Option<PathBuf> {
    let target = Path::new(std::str::from_utf8(target).ok()?);
    let mut parts: Vec<Component<'_>> = Path::new(path).parent()?.components().collect();
    for part in target.components() {
        match part {
            Component::Normal(_) => parts.push(part),
            Component::CurDir => {}
            Component::ParentDir => _ = parts.pop()?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.into_iter().collect())
}

/// At most one byte more than a file may have, which is enough to see that it is too large.
fn limited(mut content: Vec<u8>) -> Vec<u8> {
    content.truncate(SOURCE_FILE_BYTES_MAX.saturating_add(1));
    content
}

impl Tree for Revision {
    fn list(&self) -> Result<Listing, TreeError> {
        let Self { files, escapes, beside, is_beside_cut } = self;
        Ok(Listing {
            paths: files.keys().cloned().collect(),
            escapes: escapes.clone(),
            beside: beside.keys().cloned().collect(),
            is_beside_cut: *is_beside_cut,
        })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        self.files.get(path).cloned().ok_or_else(|| TreeError::Missing(path.to_owned()))
    }

    fn read_start(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, TreeError> {
        let found = self.files.get(path).or_else(|| self.beside.get(path));
        let bytes = found.ok_or_else(|| TreeError::Missing(path.to_owned()))?;
        Ok(bytes.iter().copied().take(bytes_max).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::{commit_all, init_empty};

    fn repository() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policies");
        std::fs::create_dir_all(policy.join("teams/a")).unwrap();
        std::fs::write(policy.join("pointsman.yaml"), "pointsman: 1\n").unwrap();
        std::fs::write(policy.join("teams/a/keys.kdl"), "consumer \"web\"\n").unwrap();
        std::fs::write(policy.join("README.md"), "text\n").unwrap();
        std::os::unix::fs::symlink("keys.kdl", policy.join("teams/a/same.kdl")).unwrap();
        std::os::unix::fs::symlink("../../../secret.kdl", policy.join("teams/a/out.kdl")).unwrap();
        init_empty(folder.path()).unwrap();
        commit_all(folder.path(), "first").unwrap();
        folder
    }

    #[test]
    fn a_commit_is_read_whatever_the_folder_holds_now() {
        let folder = repository();
        let policy = folder.path().join("policies");
        std::fs::write(policy.join("teams/a/keys.kdl"), "changed").unwrap();
        let revision = Revision::read(&policy, "HEAD").unwrap();
        let listing = revision.list().unwrap();
        assert_eq!(listing.paths, ["pointsman.yaml", "teams/a/keys.kdl", "teams/a/same.kdl"]);
        assert_eq!(listing.escapes, ["teams/a/out.kdl"]);
        assert_eq!(listing.beside, ["README.md"]);
        assert_eq!(revision.read_start("README.md", 2).unwrap(), b"te");
        assert_eq!(revision.read("teams/a/same.kdl").unwrap(), b"consumer \"web\"\n");
        assert!(matches!(revision.read("none.kdl"), Err(TreeError::Missing(_))));
    }

    #[test]
    fn what_is_not_there_is_told_apart() {
        let folder = repository();
        let check = |folder: &Path, revision: &str, said: &str| {
            let error = Revision::read(folder, revision).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        };
        check(folder.path(), "none", "Git knows no revision none");
        std::fs::create_dir(folder.path().join("new")).unwrap();
        check(&folder.path().join("new"), "HEAD", "revision HEAD has no folder new");
        check(tempfile::tempdir().unwrap().path(), "HEAD", "is not in a Git repository");
    }
}
