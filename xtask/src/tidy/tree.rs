//! The files that a check looks at: path to text, sorted, as Git sees them.
//!
//! Binary files are left out; no check has anything to say about them. Only [`Tree::of_repository`] reads the disk, so
//! that every check is a function of values.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// Text files by path, with `/` between the parts.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Reads every file that Git tracks or would track, from the repository this crate lies in.
    pub(crate) fn of_repository() -> io::Result<Self> {
        let root = root();
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&root)
            .output()?;
        if !listed.status.success() {
            let reason = String::from_utf8_lossy(&listed.stderr).trim().to_owned();
            return Err(io::Error::other(format!("git ls-files: {reason}")));
        }
        let mut tree = Self::default();
        for path in String::from_utf8_lossy(&listed.stdout).split_terminator('\0') {
            match fs::read(root.join(path)).map(String::from_utf8) {
                Ok(Ok(text)) => drop(tree.files.insert(path.to_owned(), text)),
                // Not text; or deleted in the working copy but still in the index.
                Ok(Err(_)) => {}
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::IsADirectory) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(tree)
    }

    /// How many files there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// The text of one file.
    pub(crate) fn get(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// All files with their text, in order of their paths.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The Rust files among them.
    pub(crate) fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(|(path, _)| is(path, "rs"))
    }

    /// The files below a folder whose name ends in `/`, by the rest of their path.
    pub(crate) fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files().filter_map(move |(path, text)| Some((path.strip_prefix(folder)?, text)))
    }

    /// The folders of packages (without the final `/`) with the text of their manifests.
    pub(crate) fn packages(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files()
            .filter_map(|(path, text)| Some((path.strip_suffix("/Cargo.toml")?, text)))
            .filter(|(_, text)| text.lines().any(|line| line.trim() == "[package]"))
    }

    /// A tree of these files.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self { files: files.iter().map(owned).collect() }
    }
}

/// Whether a path has this extension.
pub(crate) fn is(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// The lines of a text, counted from one.
pub(crate) fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines())
}

/// The workspace that this crate is a member of. Cargo says where it runs; a binary built elsewhere may not know.
fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.parent().unwrap_or(&here).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<'a>(found: impl Iterator<Item = (&'a str, &'a str)>, expected: &[&str]) {
        assert_eq!(found.map(|(path, _)| path).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn files_are_found_by_kind_and_place() {
        let package = "[package]\nname = \"a\"";
        let tree = Tree::of(&[
            ("Cargo.toml", "[workspace]"),
            ("a/Cargo.toml", package),
            ("a/b.rs", ""),
            ("c/d.md", ""),
        ]);
        check(tree.rust(), &["a/b.rs"]);
        check(tree.packages(), &["a"]);
        check(tree.below("c/"), &["d.md"]);
        assert_eq!((tree.len(), tree.get("nothing")), (4, None));
    }
}
