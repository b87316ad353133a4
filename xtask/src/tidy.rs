//! The checks that no compiler can make, over every tracked file at once.
//!
//! Each check is a pure function from a [`Tree`] to findings, in a file of its own, tested on made-up trees. This file
//! only runs them all and prints what they found, in order of path and line, as `path:line: message`. It never edits.
//!
//! Read next: [`tree`], what a check is given; [`edges`], the crate map as a table.

mod edges;
mod links;
mod machine;
mod map;
mod marks;
mod menu;
mod names;
mod opening;
mod reach;
mod sizes;
mod slugs;
mod tree;

use std::{
    fmt,
    io::{self, Write},
};

use self::tree::Tree;

/// Something to change, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    message: String,
}

/// A check of the whole repository.
type Check = fn(&Tree) -> Vec<Finding>;

const CHECKS: [Check; 11] = [
    edges::check,
    links::check,
    machine::check,
    map::check,
    marks::check,
    menu::check,
    names::check,
    opening::check,
    reach::check,
    sizes::check,
    slugs::check,
];

/// Runs every check over the files that Git tracks or would track; says whether nothing was found.
pub(crate) fn run() -> io::Result<bool> {
    let tree = Tree::of_repository()?;
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(&tree)).collect();
    findings.sort();
    let mut out = io::stdout().lock();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    writeln!(out, "tidy: {} files, {} findings", tree.len(), findings.len())?;
    Ok(findings.is_empty())
}

impl Finding {
    /// A finding at a line, counted from one.
    fn new(path: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Runs one check over a made-up tree and compares what it prints.
#[cfg(test)]
fn check_tree(check: Check, files: &[(&str, &str)], expected: &[&str]) {
    let mut findings = check(&Tree::of(files));
    findings.sort();
    let printed: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(printed, expected);
}
