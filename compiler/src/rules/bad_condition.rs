//! `bad-condition`: a `when` that is no condition, or one that cannot be decided.
//!
//! Deliberately only words. Invariant: what CEL has and this language has not is named, never ignored.
//!
//! Read next: [`pointsman_schema::source::when`], which reads it.

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "bad-condition",
    severity: Severity::Error,
    summary: "a `when` is not a condition that can be decided",
    page: include_str!("../../../docs/rules/bad-condition.md"),
};

/// The finding: what was found, with its article, and what to do.
pub fn diagnostic((file, span): (FileId, Span), found: &str, help: &str) -> Diagnostic {
    Diagnostic::new(
        &RULE,
        "a `when` is not a condition that can be decided",
        Label::new(file, span, format!("expected a part of a condition, found {}", visible(found))),
    )
    .consequence("so it is not known which requests the rule takes")
    .help(visible(help))
}
