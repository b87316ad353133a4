//! No file knows the machine on which it was written.
//!
//! An absolute path into somebody's home or checkout works nowhere else and says more than it should. Paths that every
//! machine has (`/usr`, `/etc`, `/tmp`) are fine.

use super::{
    Finding,
    tree::{Tree, numbered},
};

/// Folders that belong to one machine or one person. Written in halves, so that this file does not find itself.
const PLACES: [&str; 5] = [
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/tmp/", "target-"),
];

/// Finds absolute paths of one machine.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files() {
        for (number, line) in numbered(text) {
            if let Some(place) = PLACES.into_iter().find(|place| names(line, place)) {
                findings.push(Finding::new(path, number, format!("`{place}` is a path of one machine")));
            }
        }
    }
    findings
}

/// Whether the line has the path from its root: nothing that continues a path or an address stands before it.
fn names(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|letter| {
            letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '}' | '*' | ')' | '>')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::check_tree;
    use super::*;

    #[test]
    fn absolute_paths_are_found() {
        let [work, root, ..] = PLACES;
        let good = format!("a{work}b https://x.dev{root}y ./{}\n", &work[1..]);
        check_tree(check, &[("a.md", &good)], &[]);
        let bad = format!("cd {work}x\nx=\"{root}y\"\n");
        let expected = [
            format!("a.md:1: `{work}` is a path of one machine"),
            format!("a.md:2: `{root}` is a path of one machine"),
        ];
        check_tree(check, &[("a.md", &bad)], &expected.each_ref().map(String::as_str));
    }
}
