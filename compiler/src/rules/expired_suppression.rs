//! `expired-suppression`: an `allow` comment whose date has passed.
//!
//! Deliberately only words; [`crate::suppression`] decides, and only when it is told the date. Invariant: the warning
//! that was hidden shows again.
//!
//! Read next: [`crate::suppression`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;
use crate::suppression::Date;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "expired-suppression",
    severity: Severity::Warning,
    summary: "the date of an `allow` comment has passed",
    page: include_str!("../../../docs/rules/expired-suppression.md"),
};

/// The finding for a comment.
pub fn diagnostic(file: FileId, span: Span, slug: &str, until: Date) -> Diagnostic {
    let label = format!("held until {until}");
    Diagnostic::new(&RULE, format!("the `allow {slug}` comment has expired"), Label::new(file, span, label))
        .consequence("the comment hides nothing any more")
        .help("resolve the finding and remove the comment, or give it a later date")
}
