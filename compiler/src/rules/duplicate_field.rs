//! `duplicate-field`: the same field twice in one object.
//!
//! Deliberately only words. Invariant: no value silently wins over another.
//!
//! Read next: [`pointsman_schema::read`], which finds it.

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "duplicate-field",
    severity: Severity::Error,
    summary: "a field is given twice",
    page: include_str!("../../../docs/rules/duplicate-field.md"),
};

/// The finding for the later of the two.
pub fn diagnostic((file, span): (FileId, Span), field: &str, first: Span) -> Diagnostic {
    let field = visible(field);
    let headline = format!("`{field}` is given twice in one object");
    Diagnostic::new(&RULE, headline, Label::new(file, span, "expected once, found again"))
        .context(Label::new(file, first, "first given here"))
        .consequence("only one of the two could hold")
        .help(format!("remove one of them, or join both under one `{field}`"))
}

/// The finding for a predicate of KDL that stands twice where every one must hold.
pub fn predicate((file, span): (FileId, Span), predicate: &str, first: Span) -> Diagnostic {
    let predicate = visible(predicate);
    let headline = format!("`{predicate}` is given twice where every predicate must hold");
    let example = match predicate.as_ref() {
        "attribute" => "`attribute tier=\"gold\" task=\"summarise\"` means both".to_owned(),
        "input-tokens" => "`input-tokens min=1000 max=8000` means between the two".to_owned(),
        "time" => "put alternatives into `any { … }`".to_owned(),
        other => format!("`{other} \"a\" \"b\"` means any of them"),
    };
    Diagnostic::new(&RULE, headline, Label::new(file, span, "expected once, found again"))
        .context(Label::new(file, first, "first given here"))
        .consequence("both would have to hold at once, which reads as if one of them were enough")
        .help(format!("join both into one node: {example}"))
}
