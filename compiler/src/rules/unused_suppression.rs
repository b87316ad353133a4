//! `unused-suppression`: an `allow` comment with nothing to hide.
//!
//! Deliberately only words; [`crate::suppression`] decides. Invariant: a reason that no longer applies does not stay.
//!
//! Read next: [`crate::suppression`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Fix, FixClass, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unused-suppression",
    severity: Severity::Warning,
    summary: "an `allow` comment hides nothing",
    page: include_str!("../../../docs/rules/unused-suppression.md"),
};

/// The finding for a comment.
pub fn diagnostic(file: FileId, span: Span, slug: &str) -> Diagnostic {
    let label = format!("what follows has no `{slug}` finding");
    Diagnostic::new(&RULE, format!("the `allow {slug}` comment hides nothing"), Label::new(file, span, label))
        .help_with_fix("remove the comment", Fix::replace(FixClass::Safe, file, span, ""))
}
