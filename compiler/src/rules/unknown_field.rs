//! `unknown-field`: a field that its object does not have.
//!
//! Deliberately only words. Invariant: nothing that someone wrote is silently ignored.
//!
//! Read next: [`pointsman_schema::read`], which finds it.

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Fix, FixClass, Label};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::similar::nearest;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-field",
    severity: Severity::Error,
    summary: "an object has a field that does not exist",
    page: include_str!("../../../docs/rules/unknown-field.md"),
};

/// The finding for a field; `known` are the fields of the object in the file's syntax.
pub fn diagnostic((file, span): (FileId, Span), field: &str, object: &str, known: &[&str]) -> Diagnostic {
    let headline = format!("this {object} has a field `{}` that does not exist", visible(field));
    let found =
        Diagnostic::new(&RULE, headline, Label::new(file, span, format!("not a field of a {object}")))
            .consequence("so what it says would have no effect");
    if let Some(similar) = nearest(field, known.iter().copied()) {
        let fix = Fix::replace(FixClass::Unsafe, file, span, similar);
        return found.help_with_fix("a field with a similar name exists", fix);
    }
    if object == "policy file" && matches!(field, "attributes" | "attribute" | "pointsman") {
        return found
            .help("this belongs into the workspace file, `pointsman.yaml` or `pointsman.kdl` at the root");
    }
    found.help(format!("the fields of a {object} are {}", known.join(", ")))
}
