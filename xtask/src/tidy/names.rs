//! A file is named after what it is; names that fit anything are refused, and so is `mod.rs`.

use super::{Finding, tree::Tree};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] =
    ["common", "helper", "helpers", "manager", "misc", "util", "utilities", "utils"];

/// Finds Rust files and folders with names that say nothing.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in tree.rust() {
        let stem = path.strip_suffix(".rs").unwrap_or(path);
        if stem.rsplit('/').next() == Some("mod") {
            findings.push(Finding::new(path, 1, "`foo.rs` beside `foo/`, never `mod.rs`"));
        }
        if let Some(name) = stem.split('/').find(|name| EMPTY_NAMES.contains(name)) {
            let why =
                format!("`{name}` fits anything: name it by what it is, or put it beside its only caller");
            findings.push(Finding::new(path, 1, why));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::check_tree;
    use super::*;

    #[test]
    fn empty_names_are_found() {
        check_tree(check, &[("a/src/lease.rs", ""), ("utils/readme.md", ""), ("a/utilsmith.rs", "")], &[]);
        let bad = [("a/mod.rs", ""), ("a/utils.rs", ""), ("common/x.rs", "")];
        let expected = [
            "a/mod.rs:1: `foo.rs` beside `foo/`, never `mod.rs`",
            "a/utils.rs:1: `utils` fits anything: name it by what it is, or put it beside its only caller",
            "common/x.rs:1: `common` fits anything: name it by what it is, or put it beside its only caller",
        ];
        check_tree(check, &bad, &expected);
    }
}
