//! `limit-rate`: a limit that counts nothing.
//!
//! Deliberately only words. Invariant: a limit that compiles holds something back.
//!
//! Read next: [`crate::check`], which calls it for every limit.

use pointsman_schema::source::Limit;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "limit-rate",
    severity: Severity::Error,
    summary: "a limit counts neither requests nor tokens, nor what is under way",
    page: include_str!("../../../docs/rules/limit-rate.md"),
};

/// Reports a limit with none of `requests`, `tokens` and `concurrent`.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Limit>, body: &Limit, sink: &mut Diagnostics) {
    let is_empty = body.requests.is_none() && body.tokens.is_none() && body.concurrent.is_none();
    if !is_empty || index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    let label = "expected `requests`, `tokens` or `concurrent`, found none of them";
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("limit `{}` has no rate", visible(&declared.name)),
            Label::new(declared.file, declared.named.name.span, label),
        )
        .consequence("so it holds nothing back")
        .help("add what it should count, or remove the limit"),
    );
}
