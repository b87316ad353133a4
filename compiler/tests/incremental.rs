//! A check with a cache finds what a check from nothing finds, whatever was edited before it.
//!
//! Deliberately over the generated policy, small, with edits that nobody would make: lines that move, vanish or stand
//! twice, words of other files, files that end early, are gone or come back.

#![cfg(test)]

#[path = "incremental/generate.rs"]
mod generate;

use pointsman_compiler::check::{Options, check, check_with};
use pointsman_compiler::file::cache::Cache;
use pointsman_compiler::render::json;
use pointsman_compiler::tree_source::Memory;
use proptest::prelude::*;

/// Each number is taken modulo what there is: a file, what is done to it, and where.
type Edit = (usize, usize, usize);

fn edited(files: &mut [(String, String)], original: &[(String, String)], (file, how, at): Edit) {
    let (file, other) = (file % files.len(), (file + at) % files.len());
    let donor = files[other].1.clone();
    let text = &mut files[file].1;
    let mut lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        lines.push("");
    }
    let at = at % lines.len();
    *text = match how % 8 {
        0 => original[file].1.clone(),
        1 => [&lines[..at], &lines[at + 1..]].concat().join("\n"),
        2 => [&lines[..at], &lines[at..=at], &lines[at..]].concat().join("\n"),
        3 => donor,
        4 => lines[..at].join("\n"),
        5 => format!("{} allow unused-chain: edited\n{text}", if text.starts_with('"') { "//" } else { "#" }),
        6 => lines.join("\n").replacen("app-0000", "app-0001", 1 + at % 3),
        _ => lines.join("\n").replacen("gpt-4o", "gpt-5", 1 + at % 3),
    };
}

fn found(checked: &pointsman_compiler::check::Checked) -> String {
    json::render(&checked.diagnostics, &checked.sources)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_cache_changes_no_finding(edits in prop::collection::vec((0..64_usize, 0..8_usize, 0..512_usize), 1..10)) {
        let original = generate::files(generate::Size { keys: 40, chains: 12 }, 3);
        let (mut files, mut cache, options) = (original.clone(), Cache::new(), Options::default());
        for edit in edits {
            edited(&mut files, &original, edit);
            // An empty file stands for one that is gone.
            let tree: Memory = files.iter().filter(|(_, text)| !text.is_empty()).cloned().collect();
            let again = check_with(&tree, &options, &mut cache).unwrap();
            let cold = check(&tree, &options).unwrap();
            prop_assert_eq!(&again.diagnostics, &cold.diagnostics);
            prop_assert_eq!(found(&again), found(&cold));
        }
    }
}

#[test]
fn the_generated_policy_has_no_finding() {
    let tree: Memory = generate::files(generate::Size { keys: 400, chains: 30 }, 3).into_iter().collect();
    let checked = check(&tree, &Options::default()).unwrap();
    assert_eq!(found(&checked).matches("\"slug\"").count(), 0, "{}", found(&checked));
}
