//! Suppressions against small files, with a warning at a marked place.

use pointsman_schema::tree::{Span, Syntax};

use super::{Commented, Date, Policy, apply};
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::SourceMap;

const WARNING: Rule = Rule { slug: "zero-weights", severity: Severity::Warning, summary: "", page: "" };
const ERROR: Rule = Rule { slug: "unknown-backend", severity: Severity::Error, summary: "", page: "" };

/// Puts a `zero-weights` warning on the text `X`, and gives the slugs of what remains.
fn check(syntax: Syntax, text: &str, as_of: Option<Date>, expected: &[&str]) {
    let mut sources = SourceMap::new();
    let file = sources.add("a", text, syntax);
    let parsed = crate::parse::parse(syntax, text);
    assert_eq!(parsed.problems, [], "{text}");
    let at = text.find('X').unwrap();
    let mut found = Diagnostics::new();
    found.push(Diagnostic::new(&WARNING, "", Label::new(file, Span::new(at, at + 1), "")));
    let files = [Commented { file, comments: &parsed.comments, documents: &parsed.documents }];
    let policy = Policy { rules: &[WARNING, ERROR], as_of };
    let found = apply(found, &files, &sources, policy).finish(&sources);
    let found: Vec<&str> = found.iter().map(|diagnostic| diagnostic.slug).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn a_warning_of_the_next_or_the_same_line_is_hidden() {
    check(Syntax::Yaml, "# allow zero-weights: parked\na:\n  b: X\nc: 1\n", None, &[]);
    check(Syntax::Yaml, "a:\n  b: X # allow zero-weights: parked\n", None, &[]);
    check(Syntax::Yaml, "a: # allow zero-weights: parked\n  b: X\n", None, &[]);
    check(Syntax::Yaml, "a:\n  # allow zero-weights: parked\n  - b: 1\n    c: X\n", None, &[]);
    check(Syntax::Kdl, "a {\n  // allow zero-weights: parked\n  b {\n    c X\n  }\n}\n", None, &[]);
    check(Syntax::Kdl, "a X // allow zero-weights: parked\n", None, &[]);
}

#[test]
fn elsewhere_it_is_unused() {
    check(
        Syntax::Yaml,
        "# allow zero-weights: parked\na: 1\nb: X\n",
        None,
        &["unused-suppression", "zero-weights"],
    );
    check(
        Syntax::Yaml,
        "a: X\n# allow zero-weights: parked\n",
        None,
        &["zero-weights", "unused-suppression"],
    );
    check(
        Syntax::Yaml,
        "b: 1 # allow zero-weights: p\na: X\n",
        None,
        &["unused-suppression", "zero-weights"],
    );
}

#[test]
fn what_is_not_well_formed_is_reported() {
    check(Syntax::Yaml, "# allow zero-weights\na: X\n", None, &["bad-suppression", "zero-weights"]);
    check(Syntax::Yaml, "# allow zero-weights:  \na: X\n", None, &["bad-suppression", "zero-weights"]);
    check(Syntax::Yaml, "# allow zero-weight: typo\na: X\n", None, &["bad-suppression", "zero-weights"]);
    check(
        Syntax::Yaml,
        "# allow zero-weights until May: x\na: X\n",
        None,
        &["bad-suppression", "zero-weights"],
    );
    check(Syntax::Yaml, "# allow unknown-backend: x\na: X\n", None, &["suppressed-error", "zero-weights"]);
}

#[test]
fn prose_is_no_suppression() {
    check(Syntax::Yaml, "# allow all teams to: read\na: X\n", None, &["zero-weights"]);
    check(Syntax::Yaml, "# allow everything\na: X\n", None, &["zero-weights"]);
    check(Syntax::Yaml, "# allowed: yes\na: X\n", None, &["zero-weights"]);
}

#[test]
fn a_date_ends_it() {
    let text = "# allow zero-weights until 2026-11-30: pilot\na: X\n";
    check(Syntax::Yaml, text, None, &[]);
    check(Syntax::Yaml, text, Some(jiff::civil::date(2026, 11, 30)), &[]);
    check(Syntax::Yaml, text, Some(jiff::civil::date(2026, 12, 1)), &["expired-suppression", "zero-weights"]);
}

#[test]
fn whatever_allows_a_warning_is_used() {
    let around = "# allow zero-weights: all\na:\n  # allow zero-weights: in it\n  b:\n    # allow zero-weights: here\n    c: X\n  # allow zero-weights: beside it\n  d: 1\n";
    check(Syntax::Yaml, around, None, &["unused-suppression"]);
    check(Syntax::Yaml, "# allow zero-weights: one\n# allow zero-weights: again\na: X\n", None, &[]);
    check(
        Syntax::Yaml,
        "a:\n  # allow zero-weights: before it\n  b: 1\n  c: X\n  # allow zero-weights: after it\n  d: 1\n",
        None,
        &["unused-suppression", "zero-weights", "unused-suppression"],
    );
}
