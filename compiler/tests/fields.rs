//! Every field of the language does something: changing its value changes a decision or a finding.
//!
//! The fields come from their definitions, through the JSON Schema that is generated from them, so a field that is added
//! without a case fails here. A case is a topic of `testdata/language` and a change of its text. The invariants: the
//! change is one of that field's value alone, the reader accepts the new value, and either the decision digest or a
//! finding differs.
//!
//! Read next: `fields/definition.rs`, which walks the definitions; `fields/cases.rs`, the cases by noun.

#![cfg(test)]

#[path = "fields/cases.rs"]
mod cases;
#[path = "fields/definition.rs"]
mod definition;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pointsman_compiler::check::{Options, check};
use pointsman_compiler::compile::snapshot;
use pointsman_compiler::file::FileAnalysis;
use pointsman_compiler::tree_source::{Directory, Memory, Tree};
use pointsman_schema::digest::Digest;

use self::cases::Case;
use self::definition::{Definition, changed};

type Files = BTreeMap<String, String>;

/// What a policy means: its decisions, unless it has errors, and what is found in it.
#[derive(Debug, PartialEq, Eq)]
struct Meaning {
    decisions: Option<Digest>,
    findings: Vec<(&'static str, String)>,
}

#[test]
fn every_field_has_a_case() {
    let cases: Vec<&str> = cases::all().map(|case| case.field).collect();
    let known: BTreeSet<&str> = cases.iter().copied().collect();
    assert_eq!(known.len(), cases.len(), "a field has two cases");
    let fields = Definition::all().iter().flat_map(Definition::fields).collect::<BTreeSet<_>>();
    let fields: BTreeSet<&str> = fields.iter().map(String::as_str).collect();
    let missing: Vec<_> = fields.difference(&known).collect();
    assert!(missing.is_empty(), "write a case in compiler/tests/fields/ for {missing:#?}");
    let gone: Vec<_> = known.difference(&fields).collect();
    assert!(gone.is_empty(), "no definition has the fields {gone:#?}");
}

#[test]
fn every_field_changes_a_decision_or_a_finding() {
    let mut topics = BTreeMap::new();
    let failures: Vec<String> = cases::all()
        .filter_map(|case| {
            let (files, before) = topics.entry(case.topic).or_insert_with(|| topic(case.topic));
            check_case(case, files, before).err().map(|why| format!("{} ({}): {why}", case.field, case.topic))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The policy of a topic in YAML, and what it means.
fn topic(name: &str) -> (Files, Meaning) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/language").join(name).join("yaml");
    let tree = Directory::new(folder);
    let text = |path: &String| String::from_utf8(tree.read(path).unwrap()).unwrap();
    let files: Files =
        tree.list().unwrap().paths.into_iter().map(|path| (path.clone(), text(&path))).collect();
    let meaning = meaning(&files);
    assert!(meaning.findings.is_empty(), "{name}: {meaning:#?}");
    (files, meaning)
}

fn meaning(files: &Files) -> Meaning {
    let tree: Memory = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let checked = check(&tree, &Options { as_of: Some(jiff::civil::date(2026, 11, 25)) }).unwrap();
    let decisions = checked.policy().map(|policy| snapshot(&policy).unwrap().decisions);
    let findings = checked.diagnostics.into_iter().map(|found| (found.slug, found.headline)).collect();
    Meaning { decisions, findings }
}

fn check_case(case: &Case, files: &Files, before: &Meaning) -> Result<(), String> {
    let Case { field, topic: _, from, to } = case;
    let places: usize = files.values().map(|text| text.matches(from).count()).sum();
    if places != 1 {
        return Err(format!("expected one place with {from:?}, found {places}"));
    }
    let edited: Files = files.iter().map(|(path, text)| (path.clone(), text.replacen(from, to, 1))).collect();
    let mut found = BTreeSet::new();
    for (path, text) in &edited {
        let problems = FileAnalysis::of(path, text.as_bytes()).problems.shape;
        // The language's version has one value, so that any other is refused.
        if !problems.is_empty() && *field != "workspace.pointsman" {
            return Err(format!("the reader refuses the new value: {problems:?}"));
        }
        found.extend(changed(path, &files[path], text));
    }
    if found.iter().map(String::as_str).collect::<Vec<_>>() != [*field] {
        return Err(format!("the change is one of {found:?}"));
    }
    let after = meaning(&edited);
    if let Some((slug, headline)) = after.findings.iter().find(|(slug, _)| slug.starts_with("unknown-")) {
        return Err(format!("the new value leads nowhere: {slug}: {headline}"));
    }
    if after == *before { Err("nothing differs: the field does nothing".to_owned()) } else { Ok(()) }
}
