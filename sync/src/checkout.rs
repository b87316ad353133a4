//! A policy's folder as it lies on disk, without what Git ignores.
//!
//! A secret in an ignored file is on this machine only, and where it belongs: `.env` beside the policy is no leak. A file
//! that is tracked is searched, ignored or not. Deliberately no effect on policy files: what is decided depends on the
//! folder alone, in a Git repository or without one.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use git2::Repository;
use pointsman_compiler::tree_source::Directory;

use crate::revision::below_root;

/// The folder as a tree.
pub fn checkout(policy: &Path) -> Directory {
    let directory = Directory::new(policy);
    let repository = Repository::discover(policy).ok();
    let found = repository.and_then(|repository| Some((below_root(&repository, policy)?, repository)));
    let Some((below, repository)) = found else { return directory };
    let repository = Mutex::new(repository);
    directory.ignoring(move |path| {
        // A thread that panicked while it asked changed nothing.
        let repository = repository.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let path = below.join(path);
        repository.is_path_ignored(&path).unwrap_or(false) && !is_tracked(&repository, path)
    })
}

/// Whether Git's index holds a file, or one in a folder.
fn is_tracked(repository: &Repository, path: PathBuf) -> bool {
    let Ok(index) = repository.index() else { return false };
    let is_folder = path.as_os_str().as_encoded_bytes().ends_with(b"/");
    if is_folder { index.find_prefix(path).is_ok() } else { index.get_path(&path, 0).is_some() }
}

#[cfg(test)]
mod tests {
    use pointsman_compiler::tree_source::Tree as _;

    use super::*;
    use crate::repository::{commit_all, init_empty};

    #[test]
    fn what_git_ignores_is_not_searched() {
        let folder = tempfile::tempdir().unwrap();
        let policy = folder.path().join("policies");
        let write = |path: &str, text: &str| {
            let path = policy.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("pointsman.yaml", "pointsman: 1\n");
        write("kept.env", "A=1");
        init_empty(folder.path()).unwrap();
        commit_all(folder.path(), "first").unwrap();
        write(".gitignore", "*.env\n.venv/\npointsman.yaml\n");
        write(".env", "A=1");
        write("prod.env", "A=1");
        write(".venv/x.py", "1");
        write("notes.txt", "1");
        let listing = checkout(&policy).list().unwrap();
        assert_eq!(listing.paths, ["pointsman.yaml"]);
        assert_eq!(listing.beside, [".gitignore", "kept.env", "notes.txt"]);
        let bare = tempfile::tempdir().unwrap();
        std::fs::write(bare.path().join(".env"), "A=1").unwrap();
        assert_eq!(checkout(bare.path()).list().unwrap().beside, [".env"]);
    }
}
