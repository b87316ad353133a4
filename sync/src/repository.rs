//! Local Git: making a repository of a folder and recording its files.
//!
//! Only what needs no network. libgit2 is built in, so no `git` program is needed.

use std::path::Path;

/// Why a folder could not be recorded.
#[derive(Debug, thiserror::Error)]
#[error("Git refused: {0}")]
pub struct RepositoryError(#[from] git2::Error);

/// Makes `folder` a repository on branch `main`, without a commit.
pub fn init_empty(folder: &Path) -> Result<(), RepositoryError> {
    let mut options = git2::RepositoryInitOptions::new();
    options.initial_head("main").no_reinit(true);
    git2::Repository::init_opts(folder, &options)?;
    Ok(())
}

/// Commits all files of a repository without a commit, as the person that Git knows or as nobody.
pub fn commit_all(folder: &Path, message: &str) -> Result<(), RepositoryError> {
    let repository = git2::Repository::open(folder)?;
    let mut index = repository.index()?;
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None)?;
    index.write()?;
    let tree = repository.find_tree(index.write_tree()?)?;
    let author =
        repository.signature().or_else(|_| git2::Signature::now("Pointsman", "nobody@pointsman.invalid"))?;
    repository.commit(Some("HEAD"), &author, &author, message, &tree, &[])?;
    Ok(())
}

/// The commit that `HEAD` names, when `folder` is in a repository and nothing below it differs from that commit.
pub fn clean_head(folder: &Path) -> Option<String> {
    let repository = git2::Repository::discover(folder).ok()?;
    let mut options = git2::StatusOptions::new();
    options.include_untracked(true);
    let within = folder.canonicalize().ok()?;
    let root = repository.workdir()?.canonicalize().ok()?;
    let below = within.strip_prefix(&root).ok()?;
    if below.as_os_str().is_empty() {
        options.pathspec("*")
    } else {
        options.pathspec(below)
    };
    let clean = repository.statuses(Some(&mut options)).ok()?.is_empty();
    let head = repository.head().ok()?.peel_to_commit().ok()?;
    clean.then(|| head.id().to_string())
}
