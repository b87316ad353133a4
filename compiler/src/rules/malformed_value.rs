//! `malformed-value`: text that does not have the form of its field.
//!
//! Deliberately only words. Invariant: a value past this has its form; the text itself is not repeated here, because people paste secrets.
//!
//! Read next: [`pointsman_schema::read::scalar`], which finds it.

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "malformed-value",
    severity: Severity::Error,
    summary: "a value does not have the form of its field",
    page: include_str!("../../../docs/rules/malformed-value.md"),
};

/// The finding for a value; `expected` comes with its article, `why` says what is wrong or how to write it.
pub fn diagnostic((file, span): (FileId, Span), expected: &str, why: &str) -> Diagnostic {
    Diagnostic::new(
        &RULE,
        format!("a value is not {expected}"),
        Label::new(file, span, format!("expected {expected}, found other text")),
    )
    .consequence("so the field has no value")
    .help(visible(why))
}
