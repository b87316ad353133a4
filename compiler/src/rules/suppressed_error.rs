//! `suppressed-error`: an `allow` comment that asks to hide an error.
//!
//! Deliberately only words; [`crate::suppression`] decides. Invariant: an error has no way out but its cause.
//!
//! Read next: [`crate::suppression`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "suppressed-error",
    severity: Severity::Error,
    summary: "an `allow` comment names an error",
    page: include_str!("../../../docs/rules/suppressed-error.md"),
};

/// The finding for a comment.
pub fn diagnostic(file: FileId, span: Span, slug: &str) -> Diagnostic {
    let label = format!("`{slug}` is an error");
    Diagnostic::new(&RULE, "an error cannot be allowed", Label::new(file, span, label))
        .consequence("the comment hides nothing")
        .help("resolve the error and remove the comment; only warnings can be allowed")
}
