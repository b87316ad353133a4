//! `budget-amount`: a budget of no unit, or of two.
//!
//! Deliberately only words. Invariant: a budget has one count.
//!
//! Read next: [`crate::check`], which calls it for every budget.

use pointsman_schema::source::Budget;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "budget-amount",
    severity: Severity::Error,
    summary: "a budget has no amount, or two",
    page: include_str!("../../../docs/rules/budget-amount.md"),
};

/// Reports a budget without exactly one of `amount` and `tokens`.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Budget>, body: &Budget, sink: &mut Diagnostics) {
    if index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    let (name, file) = (visible(&declared.name), declared.file);
    match (&body.amount, &body.tokens) {
        (Some(_), None) | (None, Some(_)) => {}
        (None, None) => sink.push(
            Diagnostic::new(
                &RULE,
                format!("budget `{name}` has no amount"),
                Label::new(file, declared.named.name.span, "expected `amount` or `tokens`, found neither"),
            )
            .consequence("so it limits nothing")
            .help("add `amount` in dollars, or `tokens`"),
        ),
        (Some(amount), Some(tokens)) => sink.push(
            Diagnostic::new(
                &RULE,
                format!("budget `{name}` has two amounts"),
                Label::new(file, tokens.span, "expected one of `amount` and `tokens`, found both"),
            )
            .context(Label::new(file, amount.span, "the other one"))
            .consequence("so nobody could say when it is spent")
            .help("keep one of the two, or declare two budgets and name both where they should hold"),
        ),
    }
}
