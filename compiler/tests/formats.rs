//! Every format over every UI case: the same findings, valid documents, and no secret in any of them.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use pointsman_compiler::check::{Checked, Options, check};
use pointsman_compiler::fingerprint::fingerprints;
use pointsman_compiler::render::human::HumanOptions;
use pointsman_compiler::render::{compact, github, human, json, junit, markdown, sarif};
use pointsman_compiler::rule::Severity;
use pointsman_compiler::tree_source::{Directory, Memory, Tree as _};
use serde_json::Value as Json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata")
}

/// The checked workspaces of all UI cases, with their names.
fn cases() -> Vec<(String, Checked)> {
    let folders = |folder: &Path| {
        let mut found: Vec<PathBuf> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        found.retain(|path| path.is_dir());
        found.sort();
        found
    };
    let mut cases = Vec::new();
    for slug in folders(&root().join("ui")) {
        for case in folders(&slug) {
            let checked = check(&Directory::new(case.join("input")), &Options::default()).unwrap();
            cases.push((case.display().to_string(), checked));
        }
    }
    assert!(cases.len() > 100);
    cases
}

#[test]
fn sarif_is_valid_and_has_every_finding() {
    let schema: Json =
        serde_json::from_str(&fs::read_to_string(root().join("sarif/sarif-2.1.0.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (case, checked) in cases() {
        let document: Json =
            serde_json::from_str(&sarif::render(&checked.diagnostics, &checked.sources, "policies")).unwrap();
        let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{case}: {errors:#?}");
        let results = document["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), checked.diagnostics.len(), "{case}");
        let mut prints: Vec<&Json> =
            results.iter().map(|result| &result["partialFingerprints"]["pointsman/v1"]).collect();
        prints.sort_by_key(ToString::to_string);
        prints.dedup();
        assert_eq!(prints.len(), results.len(), "{case}: one fingerprint a finding");
    }
}

/// Lines that come or go above a finding leave it the finding that it was.
#[test]
fn fingerprints_do_not_depend_on_lines() {
    let mut compared = 0;
    for (case, checked) in cases() {
        let input = Path::new(&case).join("input");
        let tree = Directory::new(&input);
        let listing = tree.list().unwrap();
        let mut moved = Memory::new();
        for path in &listing.paths {
            let bytes = tree.read(path).unwrap();
            let is_text = std::str::from_utf8(&bytes).is_ok_and(|text| !text.starts_with('\u{feff}'));
            let begin: &[u8] = if is_text { b"\n\n" } else { b"" };
            moved.insert(path.as_str(), [begin, &bytes].concat());
        }
        let moved = check(&moved, &Options::default()).unwrap();
        // What only a folder on disk has is not in this memory.
        if moved.diagnostics.len() == checked.diagnostics.len() {
            let prints = |checked: &Checked| fingerprints(&checked.diagnostics, &checked.sources);
            assert_eq!(prints(&moved), prints(&checked), "{case}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn compact_and_junit_have_every_finding() {
    for (case, checked) in cases() {
        let (found, sources) = (&checked.diagnostics, &checked.sources);
        assert_eq!(compact::render(found, sources).lines().count(), found.len(), "{case}");
        let errors = found.iter().filter(|found| found.severity == Severity::Error).count();
        for (level, failures) in [(Severity::Error, errors), (Severity::Warning, found.len())] {
            let report = junit::render(found, sources, level);
            assert_eq!(report.matches("<testcase ").count(), found.len(), "{case}");
            assert_eq!(report.matches("<failure ").count(), failures, "{case}");
            let counted = format!("tests=\"{}\" failures=\"{failures}\"", found.len());
            assert!(report.lines().nth(1).unwrap().contains(&counted), "{case}: {report}");
            well_formed(&case, &report);
        }
    }
}

/// Tags close in the order in which they opened, and nothing else is markup.
fn well_formed(case: &str, document: &str) {
    let mut open: Vec<&str> = Vec::new();
    let body = document.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap_or_else(|| panic!("{case}: `<{part}`"));
        assert!(!text.contains('>'), "{case}: {text}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{case}"),
            None => open.push(tag.split(' ').next().unwrap()),
        }
        for reference in part.split('&').skip(1) {
            let name = reference.split(';').next().unwrap();
            assert!(matches!(name, "amp" | "lt" | "gt" | "quot"), "{case}: &{reference}");
        }
    }
    assert!(open.is_empty(), "{case}: {open:?}");
}

#[test]
fn markdown_holds_no_markup_of_a_source() {
    for (case, checked) in cases() {
        let comment = markdown::render(&checked.diagnostics, &checked.sources);
        for line in comment.lines().filter(|line| line.starts_with("- ")) {
            let plain = line.replace("<code>", "").replace("</code>", "");
            assert!(!plain.contains(['<', '>', '`', '*', '[', '|', '\\']), "{case}: {line}");
        }
    }
}

#[test]
fn no_format_shows_a_secret() {
    let mut hidden = 0;
    for (case, checked) in cases() {
        let (found, sources) = (&checked.diagnostics, &checked.sources);
        let secrets: Vec<&str> = checked
            .files
            .iter()
            .zip(sources.files())
            .flat_map(|(file, (_, source))| {
                let secrets = file.problems.secrets.iter().map(|secret| secret.span);
                let spans = secrets.chain(file.problems.hidden.iter().copied());
                spans.filter_map(|span| source.text.get(span.range())).filter(|text| text.len() > 8)
            })
            .collect();
        hidden += secrets.len();
        let texts = [
            human::render(found, sources, HumanOptions::default()),
            compact::render(found, sources),
            json::render(found, sources),
            sarif::render(found, sources, ""),
            github::render(found, sources, ""),
            junit::render(found, sources, Severity::Warning),
            markdown::render(found, sources),
        ];
        for (secret, text) in secrets.iter().flat_map(|secret| texts.iter().map(move |text| (secret, text))) {
            assert!(!text.contains(*secret), "{case}: {secret} in {text}");
        }
    }
    assert!(hidden > 10, "there are secrets in the cases");
}
