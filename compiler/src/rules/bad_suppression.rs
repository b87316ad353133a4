//! `bad-suppression`: a comment that starts like a suppression and is none.
//!
//! Deliberately only words; [`crate::suppression`] decides. Invariant: no warning is hidden without its name and a
//! reason.
//!
//! Read next: [`crate::suppression`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;
use crate::suppression::BadSuppression;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "bad-suppression",
    severity: Severity::Error,
    summary: "an `allow` comment that cannot be used",
    page: include_str!("../../../docs/rules/bad-suppression.md"),
};

/// The finding for a comment.
pub fn diagnostic(file: FileId, span: Span, what: &BadSuppression) -> Diagnostic {
    let (headline, label, help) = match what {
        BadSuppression::UnknownSlug { slug, similar } => (
            format!("this `allow` comment names an unknown finding `{}`", visible(slug)),
            "no finding has this name".to_owned(),
            similar.map_or_else(
                || "copy the name from the brackets of the finding".to_owned(),
                |similar| format!("a finding with a similar name is `{similar}`"),
            ),
        ),
        BadSuppression::NoReason => (
            "this `allow` comment gives no reason".to_owned(),
            "expected `: ` and a reason".to_owned(),
            "write `allow NAME: REASON`".to_owned(),
        ),
        BadSuppression::BadDate => (
            "this `allow` comment has no readable date".to_owned(),
            "expected a date as YYYY-MM-DD".to_owned(),
            "write `allow NAME until YYYY-MM-DD: REASON`".to_owned(),
        ),
    };
    Diagnostic::new(&RULE, headline, Label::new(file, span, label))
        .consequence("the comment hides nothing")
        .help(help)
}
