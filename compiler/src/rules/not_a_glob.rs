//! `not-a-glob`: a model pattern that is none.
//!
//! Deliberately only words. Invariant: every pattern can be compared with a prefix and a suffix.
//!
//! Read next: [`pointsman_schema::read::scalar::Glob`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "not-a-glob",
    severity: Severity::Error,
    summary: "a model pattern has more than one `*`, or a character that no model name has",
    page: include_str!("../../../docs/rules/not-a-glob.md"),
};

/// The finding for a pattern.
pub fn diagnostic((file, span): (FileId, Span), text: &str) -> Diagnostic {
    let stars = text.matches('*').count();
    let label = match stars {
        0 | 1 => "expected letters, digits, `. _ : / @ -` and at most one `*`".to_owned(),
        _ => format!("expected at most one `*`, found {stars}"),
    };
    let help = match stars {
        0 | 1 => "remove the other characters",
        _ => "list several patterns with one `*` each: any of them may fit",
    };
    Diagnostic::new(
        &RULE,
        format!("`{}` is not a model pattern", visible(text)),
        Label::new(file, span, label),
    )
    .consequence("so the rule would match no request")
    .help(help)
}
