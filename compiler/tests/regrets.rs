//! Configurations that broke other gateways in public, in our language: `testdata/regrets`, one folder each.
//!
//! A folder is a case as in `testdata/ui`, with a `README.md` that names the incident. The invariants: each is refused, by
//! an error or by a warning with `--fail-level warning`; its page links the incident and names the finding; and
//! `docs/regrets.md` lists it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "ui/case.rs"]
mod case;

use std::fs;
use std::path::{Path, PathBuf};

use pointsman_compiler::rule::Severity;

use self::case::{folders, name, run};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn check_regret(folder: &Path, list: &str) -> Option<String> {
    let (checked, difference) = run(folder);
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let refused_by = if checked.has_errors() { Severity::Error } else { Severity::Warning };
    let findings: Vec<_> =
        checked.diagnostics.iter().filter(|finding| finding.severity == refused_by).collect();
    let name = name(folder);
    let problem = if findings.is_empty() {
        "nothing refuses it".to_owned()
    } else if let Some(unnamed) = findings.iter().find(|found| !readme.contains(&format!("`{}`", found.slug)))
    {
        format!("its page does not name {}", unnamed.slug)
    } else if !readme.contains(&format!("**{}**", refused_by.word())) {
        format!("its page does not say that it is an {}", refused_by.word())
    } else if !readme.contains("(https://github.com/") {
        "its page links no incident".to_owned()
    } else if !list.contains(&format!("](../testdata/regrets/{name}/README.md)")) {
        "docs/regrets.md does not list it".to_owned()
    } else {
        return difference;
    };
    Some(format!("{name}: {problem}"))
}

#[test]
fn every_regret_is_refused() {
    let regrets = folders(&root().join("testdata/regrets"));
    assert!(regrets.len() >= 9, "only {} regrets", regrets.len());
    let list = fs::read_to_string(root().join("docs/regrets.md")).unwrap();
    let failures: Vec<_> = regrets.iter().filter_map(|folder| check_regret(folder, &list)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
