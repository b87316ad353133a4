//! Every Rust file opens by saying what it is for.
//!
//! Whether the words are good is for a reader to judge; that they are there is checked.

use super::{Finding, tree::Tree};

/// Finds Rust files without an opening `//!`.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .filter(|(_, text)| !opens(text))
        .map(|(path, _)| {
            Finding::new(path, 1, "the file must open with `//!`: what it is for, and what it is not")
        })
        .collect()
}

/// Whether the first line is inner documentation with words in it.
fn opens(text: &str) -> bool {
    text.lines()
        .next()
        .and_then(|line| line.strip_prefix("//!"))
        .is_some_and(|words| words.trim().len() >= WORDS_BYTES_MIN)
}

/// **Unit**: bytes of an opening line; less cannot say what a file is for.
const WORDS_BYTES_MIN: usize = 10;

#[cfg(test)]
mod tests {
    use super::super::check_tree;
    use super::*;

    #[test]
    fn a_file_without_an_opening_is_found() {
        check_tree(check, &[("a.rs", "//! What a file is for.\n"), ("b.md", "")], &[]);
        let expected = ["a.rs:1: the file must open with `//!`: what it is for, and what it is not"];
        for text in ["", "use x;\n//! What a file is for.", "//! x", "// What a file is for."] {
            check_tree(check, &[("a.rs", text)], &expected);
        }
    }
}
