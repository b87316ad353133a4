//! The pages of the findings are executed.
//!
//! A fenced block with the information `yaml bad PATH` (or `kdl`) is a file of a workspace with the finding, `yaml good
//! PATH` one of a workspace without it. The blocks of one page and one syntax form one workspace; `as-of=DATE` in a
//! block gives the day. Every workspace also has the files that `docs/rules/README.md` shows, unless a block has their
//! path, whatever its ending; one with a key has those of `base-keys`, too,
//! and one that limits something those of `base-limited`. The invariant: a bad workspace has the page's finding and no other.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pointsman_compiler::check::{Options, check};
use pointsman_compiler::rules;
use pointsman_compiler::tree_source::Memory;

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules")
}

/// One fenced block: the words of its first line, and its text.
struct Block {
    words: Vec<String>,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => {
                let words = info.split_whitespace().map(str::to_owned).collect();
                open = Some(Block { words, text: String::new() });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

/// The files that every example may rely on: those of a word, `base`, `base-keys` or `base-limited`.
fn base(of: &str) -> BTreeMap<String, String> {
    let readme = fs::read_to_string(pages().join("README.md")).unwrap();
    let files = blocks(&readme).into_iter().filter(|block| block.words.get(1).is_some_and(|word| word == of));
    files.map(|block| (block.words[2].clone(), block.text)).collect()
}

/// Whether a file declares something of a kind, by its word in YAML and in KDL.
fn declares(files: &BTreeMap<String, String>, yaml: &str, kdl: &str) -> bool {
    files.values().flat_map(|text| text.lines()).any(|line| line.starts_with(yaml) || line.starts_with(kdl))
}

type Workspaces = BTreeMap<(String, String), (BTreeMap<String, String>, Options)>;

/// The workspaces of a page, by kind (`bad`, `good`) and syntax.
fn workspaces(page: &str) -> Workspaces {
    let mut found = Workspaces::new();
    for Block { words, text } in blocks(page) {
        let [syntax, kind, path, rest @ ..] = words.as_slice() else { continue };
        assert!(kind == "bad" || kind == "good", "{words:?}");
        let (files, options) = found
            .entry((kind.clone(), syntax.clone()))
            .or_insert_with(|| (BTreeMap::new(), Options::default()));
        for word in rest {
            options.as_of = Some(word.strip_prefix("as-of=").unwrap().parse().unwrap());
        }
        files.insert(path.clone(), text);
    }
    for (files, _) in found.values_mut() {
        complete(files);
    }
    found
}

/// Adds what the example does not show.
fn complete(files: &mut BTreeMap<String, String>) {
    let mut below = base("base");
    if declares(files, "keys:", "key \"") {
        below.extend(base("base-keys"));
        if declares(files, "budgets:", "budget \"") || declares(files, "limits:", "limit \"") {
            below.extend(base("base-limited"));
        }
    }
    let stem = |path: &String| path.rsplit_once('.').map(|(stem, _)| stem.to_owned());
    let shown: Vec<_> = files.keys().map(stem).collect();
    files.extend(below.into_iter().filter(|(path, _)| !shown.contains(&stem(path))));
}

fn check_page(slug: &str, page: &str) -> Vec<String> {
    let mut failures = Vec::new();
    for ((kind, syntax), (mut files, options)) in workspaces(page) {
        // A page about the missing workspace file shows its absence with an empty block.
        files.retain(|_, text| !text.trim().is_empty());
        let tree: Memory = files.into_iter().collect();
        let checked = check(&tree, &options).unwrap();
        let mut slugs: Vec<_> = checked.diagnostics.iter().map(|diagnostic| diagnostic.slug).collect();
        slugs.dedup();
        let expected: &[&str] = if kind == "bad" { &[slug] } else { &[] };
        if slugs != expected {
            failures.push(format!(
                "{slug}: the {kind} {syntax} example has {slugs:?}: {:#?}",
                checked.diagnostics
            ));
        }
    }
    failures
}

#[test]
fn every_example_does_what_its_page_says() {
    let failures: Vec<_> = rules::ALL.iter().flat_map(|rule| check_page(rule.slug, rule.page)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_page_has_a_good_and_a_bad_example() {
    // What no text block can show: bytes, links, sizes, and secrets, which other scanners would find here.
    const NOT_TEXT: &[&str] =
        &["bad-encoding", "file-too-large", "literal-secret", "symlink-escape", "unsearched-file"];
    for rule in rules::ALL.iter().filter(|rule| !NOT_TEXT.contains(&rule.slug)) {
        let kinds: Vec<_> = workspaces(rule.page).into_keys().map(|(kind, _)| kind).collect();
        for kind in ["bad", "good"] {
            assert!(kinds.iter().any(|found| found == kind), "{}: no {kind} example", rule.slug);
        }
    }
}

#[test]
fn the_list_of_pages_is_whole() {
    let readme = fs::read_to_string(pages().join("README.md")).unwrap();
    for rule in rules::ALL {
        let line = format!("| [`{0}`]({0}.md) | {1} | {2} |", rule.slug, rule.severity.word(), rule.summary);
        assert!(readme.contains(&line), "docs/rules/README.md lacks the line\n{line}");
    }
}
