//! `budget-cycle`: budgets that are parts of each other in a circle.
//!
//! Deliberately only words. Invariant: what is spent is counted once in every budget that it falls under.
//!
//! Read next: [`crate::budgets::Family`], which finds them.

use crate::budgets::Family;
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "budget-cycle",
    severity: Severity::Error,
    summary: "budgets are parts of each other in a circle",
    page: include_str!("../../../docs/rules/budget-cycle.md"),
};

/// Reports every circle once.
pub fn check(family: &Family<'_>, sink: &mut Diagnostics) {
    for circle in &family.circles {
        let steps = circle.iter().filter_map(|(declared, body)| Some((*declared, body.parent.as_ref()?)));
        let steps: Vec<_> = steps.collect();
        let (Some((first, _)), Some(((last, closing), before))) = (steps.first(), steps.split_last()) else {
            continue;
        };
        let first = visible(&first.name);
        let label = format!("leads back to `{first}`; expected a way that ends");
        let headline = format!("budget `{first}` is a part of itself");
        let mut found = Diagnostic::new(&RULE, headline, Label::new(last.file, closing.span, label))
            .consequence("so what is spent would be counted without end")
            .help("remove the `parent` of one of these budgets");
        for ((budget, parent), (next, _)) in before.iter().zip(steps.iter().skip(1)) {
            let text = format!("`{}` is a part of `{}`", visible(&budget.name), visible(&next.name));
            found = found.context(Label::new(budget.file, parent.span, text));
        }
        sink.push(found);
    }
}
