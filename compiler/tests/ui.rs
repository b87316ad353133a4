//! Every finding as people see it: one folder a rule under `testdata/ui`, one folder a case in it.
//!
//! What a case is stands in `ui/case.rs`. `BLESS=1 cargo test -p pointsman-compiler --test ui` writes the expected files
//! anew; review them like code. The invariant: a case of a rule shows that rule and nothing else, except in the folder
//! `many`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "ui/case.rs"]
mod case;

use std::path::{Path, PathBuf};

use pointsman_compiler::rules;

use self::case::{folders, name, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/ui")
}

fn check_case(rule: &str, case: &Path) -> Option<String> {
    let (checked, difference) = run(case);
    let wrong: Vec<_> = checked.diagnostics.iter().map(|d| d.slug).filter(|slug| *slug != rule).collect();
    let shows = checked.diagnostics.iter().any(|diagnostic| diagnostic.slug == rule);
    if rule != "many" && (!shows || !wrong.is_empty()) {
        return Some(format!("{}: expected {rule} alone, found also {wrong:?}", case.display()));
    }
    difference
}

#[test]
fn every_case_reads_as_it_was_blessed() {
    let mut failures = Vec::new();
    for rule in folders(&root()) {
        let cases = folders(&rule);
        assert!(!cases.is_empty(), "{} has no case", rule.display());
        failures.extend(cases.iter().filter_map(|case| check_case(&name(&rule), case)));
    }
    assert!(failures.is_empty(), "{} cases differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_rule_has_cases_and_every_folder_is_a_rule() {
    let folders: Vec<_> =
        folders(&root()).iter().map(|folder| name(folder)).filter(|name| name != "many").collect();
    let slugs: Vec<_> = rules::ALL.iter().map(|rule| rule.slug.to_owned()).collect();
    assert_eq!(folders, slugs);
}
