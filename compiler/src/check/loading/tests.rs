//! A secret that only its position gives away stays hidden elsewhere, however many secrets there are.

use pointsman_schema::tree::Span;

use super::*;
use crate::check::{Options, check};
use crate::render::human::{HumanOptions, render};
use crate::tree_source::Memory;

/// Put together at run time, so that this file holds nothing that looks like a secret.
fn sample() -> String {
    ["kR7wQz2N", "b9TfXp4L", "m3VcYd8J", "h6SgWa1E"].concat()
}

/// A tree with one secret at its position and elsewhere, and as many others as wanted.
fn tree(others: usize) -> Memory {
    let secret = sample();
    let many: Vec<_> = (0..others).map(|n| format!("sk-ant-{}{n:05}", &secret[..20])).collect();
    let files = [
        ("pointsman.yaml", "pointsman: 1\n".to_owned()),
        ("teams/a/c.yaml", format!("consumers: {{ web: {{ tag: {secret} }} }} # {secret}\n")),
        ("notes.txt", many.join("\n")),
        ("settings.txt", format!("password: {secret}\n")),
    ];
    files.iter().map(|(path, text)| (*path, text.as_str())).collect()
}

#[test]
fn what_has_a_place_once_is_hidden_everywhere() {
    for others in [0, 20, 10_001] {
        let (tree, secret) = (tree(others), sample());
        let loaded = load(&tree, &mut Cache::default()).unwrap();
        assert!(loaded.secrets.len() > others && loaded.secrets.contains(&secret), "{others}");
        for (_, file) in loaded.source_map.files() {
            let shown = file.shown(Span::new(0, file.text.len()));
            assert!(!shown.text().contains(&secret), "{others}: {}", file.path);
        }
        let checked = check(&tree, &Options::default()).unwrap();
        assert!(!checked.diagnostics.is_empty());
        let human = render(&checked.diagnostics, &checked.sources, HumanOptions::default());
        assert!(!human.contains(&secret), "{others}");
    }
}
