//! `missing-field`: a field that must be there and is not.
//!
//! Deliberately only words. Invariant: an object that a later pass sees has all that it needs.
//!
//! Read next: [`pointsman_schema::read`], which finds it.

use pointsman_schema::read::record::with_article;
use pointsman_schema::tree::{Span, Syntax};

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "missing-field",
    severity: Severity::Error,
    summary: "an object lacks a field that it must have",
    page: include_str!("../../../docs/rules/missing-field.md"),
};

/// The finding for an object; `span` is its name or its beginning.
pub fn diagnostic((file, span): (FileId, Span), syntax: Syntax, field: &str, object: &str) -> Diagnostic {
    let label = format!("expected a `{field}` in this {object}, found none");
    let found =
        Diagnostic::new(&RULE, format!("this {object} has no `{field}`"), Label::new(file, span, label))
            .consequence(format!("so the {object} cannot be used"));
    match (syntax, field) {
        (Syntax::Kdl, "name") => {
            found.help(format!("write the name before the fields: `{object} \"NAME\" {{ ... }}`"))
        }
        (Syntax::Yaml, "pointsman") => found.help("add the line `pointsman: 1`, the version of the language"),
        (Syntax::Kdl, "pointsman") => found.help("add the line `pointsman 1`, the version of the language"),
        _ => found
            .help(format!("add `{field}`; `docs/reference.md` has every field of {}", with_article(object))),
    }
}
