//! Every kind of the language, written in YAML and in KDL: `testdata/language/<topic>/{yaml,kdl}`.
//!
//! The invariant: both spellings of a topic compile without a finding and to one decision digest.

#![cfg(test)]

use std::path::{Path, PathBuf};

use pointsman_compiler::check::{Options, check};
use pointsman_compiler::compile::snapshot;
use pointsman_compiler::tree_source::Directory;
use pointsman_schema::digest::Digest;

fn topics() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/language");
    let mut topics: Vec<PathBuf> = root.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    topics.sort();
    topics
}

fn digest(workspace: &Path) -> Digest {
    let tree = Directory::new(workspace);
    let checked = check(&tree, &Options::default()).unwrap();
    let found: Vec<String> = checked
        .diagnostics
        .iter()
        .map(|found| {
            format!("{}: {} ({})", found.slug, found.headline, checked.sources.file(found.primary.file).path)
        })
        .collect();
    assert!(found.is_empty(), "{}: {found:#?}", workspace.display());
    snapshot(&checked.policy().unwrap()).unwrap().decisions
}

#[test]
fn both_spellings_of_every_topic_mean_the_same() {
    let topics = topics();
    assert!(!topics.is_empty());
    for topic in topics {
        assert_eq!(digest(&topic.join("yaml")), digest(&topic.join("kdl")), "{}", topic.display());
    }
}
