//! No dead file: every Rust file is reached from a crate's root by `mod` declarations.
//!
//! Roots are what Cargo finds by itself (`src/lib.rs`, `src/main.rs`, binaries, tests, benches, examples, `build.rs`)
//! and what a manifest names with `path = "….rs"`. It reads lines, not Rust: a declaration stands on a line of its own,
//! as rustfmt writes it.

use std::collections::BTreeSet;

use super::{Finding, tree::Tree};

/// Finds Rust files that nothing includes.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<(String, Role)> = tree
        .packages()
        .flat_map(|(folder, manifest)| {
            let files = tree.rust().filter(move |(path, _)| is_root(path, folder, manifest));
            files.map(|(path, _)| (path.to_owned(), Role::Root))
        })
        .collect();
    while let Some((path, role)) = open.pop() {
        let Some(text) = tree.get(&path) else { continue };
        if reached.insert(path.clone()) {
            open.extend(children(&path, role, text).into_iter().map(|child| (child, Role::Module)));
        }
    }
    let dead = tree.rust().filter(|(path, _)| !reached.contains(*path));
    dead.map(|(path, _)| Finding::new(path, 1, "no crate includes this file")).collect()
}

/// Where the modules that a file declares are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Beside it: it is the root of a crate.
    Root,
    /// In the folder of its name.
    Module,
}

/// Whether Cargo takes the file for a crate's root.
fn is_root(path: &str, folder: &str, manifest: &str) -> bool {
    let Some(inside) = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) else {
        return false;
    };
    let parts: Vec<&str> = inside.split('/').collect();
    let found = matches!(
        parts.as_slice(),
        ["build.rs"]
            | ["src", "lib.rs" | "main.rs"]
            | ["src", "bin", _]
            | ["src", "bin", _, "main.rs"]
            | ["tests" | "benches" | "examples", _]
            | ["tests" | "benches" | "examples", _, "main.rs"]
    );
    found || manifest.contains(&format!("path = \"{inside}\""))
}

/// The paths that the `mod` lines of a file may mean.
fn children(path: &str, role: Role, text: &str) -> Vec<String> {
    let (parent, file) = path.rsplit_once('/').unwrap_or(("", path));
    let beside = match (role, file.strip_suffix(".rs")) {
        (Role::Module, Some(stem)) => format!("{parent}/{stem}"),
        _ => parent.to_owned(),
    };
    let mut found = Vec::new();
    let mut given = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[path = \"") {
            given = rest.split('"').next().map(|named| format!("{parent}/{named}"));
        } else if let Some(name) = declared(line) {
            found.push(given.take().unwrap_or_else(|| format!("{beside}/{name}.rs")));
        }
    }
    found
}

/// The name in `mod name;`, whatever its visibility.
fn declared(line: &str) -> Option<&str> {
    let line = line.strip_suffix(';')?;
    let line = match line.strip_prefix("pub") {
        Some(rest) => rest.split_once(')').filter(|_| rest.starts_with('(')).map_or(rest, |(_, rest)| rest),
        None => line,
    };
    let name = line.trim_start().strip_prefix("mod ")?;
    name.chars().all(|letter| letter.is_alphanumeric() || letter == '_').then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::check_tree;
    use super::*;

    #[test]
    fn every_file_is_reached_from_a_root() {
        let files = [
            ("a/Cargo.toml", "[package]\n[[bin]]\npath = \"targets/x.rs\"\n"),
            ("a/src/lib.rs", "pub mod one;\npub(crate) mod two;\n"),
            ("a/src/one.rs", "mod inner;\n"),
            ("a/src/one/inner.rs", "#[cfg(test)]\n#[path = \"cases.rs\"]\nmod tests;\n"),
            ("a/src/one/cases.rs", ""),
            ("a/src/two.rs", ""),
            ("a/targets/x.rs", ""),
            ("a/tests/t.rs", "mod client;"),
            ("a/tests/client.rs", ""),
        ];
        check_tree(check, &files, &[]);
    }

    #[test]
    fn dead_files_are_found() {
        let files = [
            ("a/Cargo.toml", "[package]"),
            ("a/src/lib.rs", "// mod dead;\nmod gone;\n"),
            ("a/src/dead.rs", "mod deader;\n"),
            ("a/src/dead/deader.rs", ""),
            ("stray.rs", ""),
        ];
        let expected = [
            "a/src/dead.rs:1: no crate includes this file",
            "a/src/dead/deader.rs:1: no crate includes this file",
        ];
        check_tree(check, &files, &[&expected[..], &["stray.rs:1: no crate includes this file"]].concat());
    }
}
