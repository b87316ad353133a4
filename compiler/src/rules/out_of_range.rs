//! `out-of-range`: a number outside the bounds of its field.
//!
//! Deliberately only words. Invariant: every number of a policy is one that the gateway can hold.
//!
//! Read next: [`pointsman_schema::read`], which finds it.

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "out-of-range",
    severity: Severity::Error,
    summary: "a number is outside the bounds of its field",
    page: include_str!("../../../docs/rules/out-of-range.md"),
};

/// The finding for a number as written; `bounds` names both ends with their unit.
pub fn diagnostic((file, span): (FileId, Span), what: &str, value: &str, bounds: &str) -> Diagnostic {
    let value = visible(value);
    let label = format!("expected {bounds}, found {value}");
    if what == "language version" {
        let headline = format!("this program does not read version {value} of the policy language");
        return Diagnostic::new(&RULE, headline, Label::new(file, span, label))
            .consequence("so what the policy means is unknown")
            .help(format!("write {bounds}, or use a program that reads version {value}"));
    }
    Diagnostic::new(&RULE, format!("the {what} {value} is out of range"), Label::new(file, span, label))
        .help(format!("choose a {what} from {bounds}"))
}
