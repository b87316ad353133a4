//! `wrong-type`: a value of another type than its field.
//!
//! Deliberately only words. Invariant: no value is converted by a guess.
//!
//! Read next: [`pointsman_schema::read`], which finds it.

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "wrong-type",
    severity: Severity::Error,
    summary: "a value is of another type than its field",
    page: include_str!("../../../docs/rules/wrong-type.md"),
};

/// The finding for a value; `expected` and `found` come with their articles.
pub fn diagnostic((file, span): (FileId, Span), expected: &str, found: &str) -> Diagnostic {
    let label = format!("expected {expected}, found {found}");
    let headline = format!("{found} stands where {expected} belongs");
    let diagnostic = Diagnostic::new(&RULE, headline, Label::new(file, span, label))
        .consequence("so the field has no value");
    match expected {
        "text" | "a name" => diagnostic.help("put the value into quotes"),
        _ if expected.contains("list") => {
            diagnostic.help("write a list: `[a, b]` in YAML, `field \"a\" \"b\"` in KDL")
        }
        _ if found == "nothing" => diagnostic.help("write a value, or remove the field"),
        _ => diagnostic.help(format!("write {expected}")),
    }
}
