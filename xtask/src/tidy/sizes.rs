//! How long a Rust file may be: past 400 lines without its tests it wants a second noun, past 600 in all it fails.
//!
//! Functions are measured by clippy (`too-many-lines-threshold`), not here.

use super::{Finding, tree::Tree};

/// **Unit**: lines of one file.
const LINES_MAX: usize = 600;
/// **Unit**: lines of one file before its tests.
const LINES_WITHOUT_TESTS_MAX: usize = 400;

/// Finds files that are too long.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter_map(|(path, text)| too_long(text).map(|(line, why)| Finding::new(path, line, why)))
        .collect()
}

fn too_long(text: &str) -> Option<(usize, String)> {
    let all = text.lines().count();
    if all > LINES_MAX {
        return Some((LINES_MAX + 1, format!("{all} lines, the limit is {LINES_MAX}: split the file")));
    }
    let before_tests = text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count();
    (before_tests > LINES_WITHOUT_TESTS_MAX).then(|| {
        let why = format!(
            "{before_tests} lines before the tests, the limit is {LINES_WITHOUT_TESTS_MAX}: split the file"
        );
        (LINES_WITHOUT_TESTS_MAX + 1, why)
    })
}

#[cfg(test)]
mod tests {
    use super::super::check_tree;
    use super::*;

    #[test]
    fn long_files_are_found() {
        let plain = "x\n".repeat(400);
        let tested = format!("{plain}#[cfg(test)]\n{}", "x\n".repeat(199));
        check_tree(check, &[("a.rs", &plain), ("b.rs", &tested), ("c.md", &"x\n".repeat(999))], &[]);
        let more = format!("x\n{plain}");
        let all = format!("{tested}x\n");
        let expected = [
            "a.rs:401: 401 lines before the tests, the limit is 400: split the file",
            "b.rs:601: 601 lines, the limit is 600: split the file",
        ];
        check_tree(check, &[("a.rs", &more), ("b.rs", &all)], &expected);
    }
}
