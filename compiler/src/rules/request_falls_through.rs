//! `request-falls-through`: a request that no rule of its key's chain takes.
//!
//! Deliberately a warning: a chain may mean to refuse what it does not name. Invariant: whoever means it says so.
//!
//! Read next: [`crate::analysis`], which finds the request.

use pointsman_schema::source::{Budget, Chain, Key};

use crate::analysis::Decided;
use crate::diagnostic::{Diagnostic, Label};
use crate::policy::Declared;
use crate::reach::beginnings::on_exceed_span;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "request-falls-through",
    severity: Severity::Warning,
    summary: "no rule of a chain takes some request",
    page: include_str!("../../../docs/rules/request-falls-through.md"),
};

/// The finding of a request that comes to the chain only when a budget is spent.
pub fn after(found: Diagnostic, budget: &Declared<'_, Budget>, key: &Declared<'_, Key>) -> Diagnostic {
    found
        .context(Label::new(
            budget.file,
            on_exceed_span(budget),
            "when this budget is spent, the chain takes over",
        ))
        .context(Label::new(key.file, key.named.name.span, "this key falls under the budget"))
}

/// The finding, when there is such a request.
pub fn diagnostic(declared: &Declared<'_, Chain>, body: &Chain, decided: &Decided) -> Option<Diagnostic> {
    let witness = decided.falls_through.as_ref().filter(|_| decided.is_exact)?;
    let last = body.rules.last()?;
    Some(
        Diagnostic::new(
            &RULE,
            format!("no rule of chain `{}` takes some request", visible(&declared.name)),
            Label::new(
                declared.file,
                declared.named.name.span,
                "expected a rule for every request, found none for the one below",
            ),
        )
        .context(Label::new(declared.file, last.value.name.span, "the last rule has a condition, too"))
        .consequence("so such a request is refused, although its key and its model are accepted")
        .help("add a last rule without a condition, or allow this warning if it should be refused")
        .note(format!("for example: {witness}")),
    )
}
