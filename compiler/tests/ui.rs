//! Every finding as people see it: one folder a rule under `testdata/ui`, one folder a case in it.
//!
//! A case is `input/` (a workspace), an optional `args.txt` (`--as-of DATE`, `--pad PATH` to make a file too large) and `expected.txt`: the findings at 80
//! columns without colour, and the exit code as the last line. `BLESS=1 cargo test -p pointsman-compiler --test ui`
//! writes the expected files anew; review them like code. The invariant: a case of a rule shows that rule and nothing
//! else, except in the folder `many`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use pointsman_compiler::check::{Checked, Options, check};
use pointsman_compiler::render::human::{HumanOptions, render};
use pointsman_compiler::rules;
use pointsman_compiler::tree_source::{Directory, Memory, Tree as _};
use pointsman_schema::limits::SOURCE_FILE_BYTES_MAX;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/ui")
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn run(case: &Path) -> Checked {
    let arguments = fs::read_to_string(case.join("args.txt")).unwrap_or_default();
    let input = Directory::new(case.join("input"));
    let mut options = Options::default();
    let mut words = arguments.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "--as-of" => options.as_of = Some(words.next().unwrap().parse().unwrap()),
            "--pad" => return check(&padded(&input, words.next().unwrap()), &options).unwrap(),
            other => panic!("{}: {other} is no argument of a case", case.display()),
        }
    }
    check(&input, &options).unwrap()
}

/// The same files, one of them made one byte too large with spaces at its end.
fn padded(input: &Directory, path: &str) -> Memory {
    let mut files: Memory = Memory::new();
    for listed in input.list().unwrap().paths {
        let mut bytes = input.read(&listed).unwrap();
        if listed == path {
            bytes.resize(SOURCE_FILE_BYTES_MAX + 1, b' ');
        }
        files.insert(listed, bytes);
    }
    files
}

fn text(checked: &Checked) -> String {
    let findings = render(&checked.diagnostics, &checked.sources, HumanOptions::default());
    // The command line's `--fail-level` is `error` unless someone says otherwise.
    let code = i32::from(checked.has_errors());
    format!("{findings}\nexit code {code}\n")
}

fn check_case(rule: &str, case: &Path) -> Option<String> {
    let checked = run(case);
    let expected = case.join("expected.txt");
    let found = text(&checked);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&expected, &found).unwrap();
    }
    let wrong: Vec<_> = checked.diagnostics.iter().map(|d| d.slug).filter(|slug| *slug != rule).collect();
    let shows = checked.diagnostics.iter().any(|diagnostic| diagnostic.slug == rule);
    if rule != "many" && (!shows || !wrong.is_empty()) {
        return Some(format!("{}: expected {rule} alone, found also {wrong:?}\n{found}", case.display()));
    }
    let expected = fs::read_to_string(&expected).unwrap_or_default();
    (expected != found).then(|| format!("{}: expected\n{expected}\nfound\n{found}", case.display()))
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
