//! `budget-exceeds-parent`: a budget that is larger than the one it is a part of.
//!
//! Deliberately compares per window, and only what can be compared: one unit, and a parent whose count holds all that the
//! part counts. Invariant: what is reported can never be spent, whatever the calendar says.
//!
//! Read next: [`crate::budgets`], which knows the windows.

use pointsman_schema::read::amount::dollars;
use pointsman_schema::source::Budget;
use pointsman_schema::tree::Span;

use crate::budgets::{Family, Part, each, touched};
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Policy;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "budget-exceeds-parent",
    severity: Severity::Warning,
    summary: "a budget is larger than the budget that it is a part of",
    page: include_str!("../../../docs/rules/budget-exceeds-parent.md"),
};

/// Reports each budget that its parent, or the next one above that can be compared, keeps from being spent.
pub fn check(index: &Index<'_>, family: &Family<'_>, sink: &mut Diagnostics) {
    for part in Policy::bodies(&index.policy.budgets) {
        let Some(above) = family.above(part) else { continue };
        let is_spoiled = |(declared, _): Part<'_>| index.is_spoiled(declared.file, declared.named.span);
        if !is_spoiled(part) && !is_spoiled(above) {
            sink.extend(judge(part, above));
        }
    }
}

fn judge(part: Part<'_>, above: Part<'_>) -> Option<Diagnostic> {
    let (own, most) = (Quantity::of(part.1)?, Quantity::of(above.1)?);
    let times = touched(part.1, above.1)?;
    let left = most.count.saturating_mul(u128::from(times));
    if own.count <= left {
        return None;
    }
    let window = each(part.1.window.value);
    let why = if times == 1 { String::new() } else { format!(" ({times} windows of its parent)") };
    let (name, parent) = (visible(&part.0.name), visible(&above.0.name));
    let label = format!("expected at most {} {window}{why}, found {}", own.show(left), own.show(own.count));
    let above_label = format!("`{parent}` allows {} {}", own.show(most.count), each(above.1.window.value));
    Some(
        Diagnostic::new(
            &RULE,
            format!("budget `{name}` is larger than `{parent}`, which it is a part of"),
            Label::new(part.0.file, own.span, label),
        )
        .context(Label::new(part.0.file, part.0.named.name.span, "this budget"))
        .context(Label::new(above.0.file, most.span, above_label))
        .consequence("so the other one is spent first, and this one never limits anything")
        .help("lower this budget, or raise the one that it is a part of"),
    )
}

/// How much a budget has.
struct Quantity {
    count: u128,
    is_money: bool,
    span: Span,
}

impl Quantity {
    /// Nothing for a budget without exactly one unit, which has a finding of its own.
    fn of(budget: &Budget) -> Option<Self> {
        match (&budget.amount, &budget.tokens) {
            (Some(amount), None) => {
                Some(Self { count: u128::from(amount.value.0), is_money: true, span: amount.span })
            }
            (None, Some(tokens)) => {
                Some(Self { count: u128::from(tokens.value.0), is_money: false, span: tokens.span })
            }
            _ => None,
        }
    }

    fn show(&self, count: u128) -> String {
        if self.is_money { format!("{} dollars", dollars(count)) } else { format!("{count} tokens") }
    }
}
