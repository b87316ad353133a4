//! What one case of a single rule cannot show: caching, secrets in words, order, and a policy handed out.

use super::*;
use crate::render::human::HumanOptions;
use crate::tree_source::Memory;

fn check(files: &[(&str, &str)]) -> Checked {
    let tree: Memory = files.iter().map(|(path, text)| (*path, *text)).collect();
    super::check(&tree, &Options::default()).unwrap()
}

fn slugs(checked: &Checked) -> Vec<&'static str> {
    checked.diagnostics.iter().map(|diagnostic| diagnostic.slug).collect()
}

const WORKSPACE: (&str, &str) = ("pointsman.yaml", "pointsman: 1\n");

#[test]
fn a_policy_is_handed_out_only_without_errors() {
    let good = check(&[WORKSPACE, ("teams/a/c.kdl", "consumer \"web\"\n")]);
    assert_eq!(slugs(&good), [""; 0]);
    assert_eq!(good.policy().unwrap().consumers.keys().collect::<Vec<_>>(), ["a/web"]);
    let bad = check(&[WORKSPACE, ("teams/a/c.kdl", "consumer \"web\" { tag \"x\"; }\n")]);
    assert_eq!(slugs(&bad), ["unknown-field"]);
    assert!(bad.policy().is_none());
}

#[test]
fn a_file_that_nobody_could_read_may_hold_the_name() {
    let broken = ("platform/b.yaml", "backends: [\n");
    let chain = "chains:\n  c:\n    rules:\n      - { name: r, fallback: [b] }\n";
    assert_eq!(slugs(&check(&[WORKSPACE, broken, ("teams/a/c.yaml", chain)])), ["yaml-syntax"]);
    let elsewhere = ("teams/z/b.yaml", "backends: [\n");
    let found = check(&[WORKSPACE, elsewhere, ("teams/a/c.yaml", chain)]);
    assert_eq!(slugs(&found), ["unknown-backend", "yaml-syntax"]);
}

#[test]
fn no_word_of_a_finding_holds_a_secret() {
    let key = pointsman_schema::api_key::assemble(b"0123456789ABCDEFGHIJabcdefghij");
    let text =
        format!("keys:\n  {key}: {{ consumer: {key}, chain: {key}, digests: [{key}] }}\n# {key}\n{key}: 1\n");
    let found = check(&[WORKSPACE, ("a.yaml", &text)]);
    assert!(slugs(&found).contains(&"literal-secret"));
    let human = crate::render::human::render(&found.diagnostics, &found.sources, HumanOptions::default());
    let machine = crate::render::json::render(&found.diagnostics, &found.sources);
    for shown in [human, machine, format!("{:?}", found.diagnostics)] {
        assert!(!shown.contains(&key), "{shown}");
    }
}
