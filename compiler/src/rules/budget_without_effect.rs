//! `budget-without-effect`: a part of a budget that changes nothing.
//!
//! Deliberately silent about amounts: what a parent keeps from being spent is `budget-exceeds-parent`. Invariant: every
//! field of a budget has an effect.
//!
//! Read next: [`crate::check`], which calls it for every budget.

use std::collections::BTreeMap;

use pointsman_schema::source::Budget;
use pointsman_schema::source::budget::{Alert, BudgetWindow};
use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "budget-without-effect",
    severity: Severity::Warning,
    summary: "a part of a budget has no effect",
    page: include_str!("../../../docs/rules/budget-without-effect.md"),
};

/// Reports a zone without borders, an alert that is never sent, and thresholds that stand twice.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Budget>, body: &Budget, sink: &mut Diagnostics) {
    if index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    sink.extend(zone(declared, body));
    if let Some(alert) = &body.alert {
        thresholds(declared, alert, sink);
    }
}

fn zone(declared: &Declared<'_, Budget>, body: &Budget) -> Option<Diagnostic> {
    let zone = body.zone.as_ref().filter(|_| body.window.value == BudgetWindow::Total)?;
    let label = "expected a window that begins anew, found `total`";
    let found = Diagnostic::new(
        &RULE,
        format!("`zone` of budget `{}` has no effect", visible(&declared.name)),
        Label::new(declared.file, zone.span, label),
    );
    Some(
        found
            .context(Label::new(declared.file, body.window.span, "this window has no borders"))
            .consequence("so there is no moment that the zone could move")
            .help("remove `zone`, or choose a window that begins anew"),
    )
}

fn thresholds(declared: &Declared<'_, Budget>, alert: &Spanned<Alert>, sink: &mut Diagnostics) {
    let (name, file) = (visible(&declared.name), declared.file);
    if alert.value.at.is_empty() {
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("alert of budget `{name}` is never sent"),
                Label::new(file, alert.span, "expected shares of the budget in `at`, found none"),
            )
            .consequence("so nobody hears that the budget runs out")
            .help("add `at` with shares in percent, such as 80 and 100, or remove the alert"),
        );
    }
    let mut seen = BTreeMap::new();
    for share in &alert.value.at {
        let Some(first) = seen.insert(share.value.0, share.span) else { continue };
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("alert of budget `{name}` names a share twice"),
                Label::new(
                    file,
                    share.span,
                    format!("expected each share once, found {} again", share.value.0),
                ),
            )
            .context(Label::new(file, first, "named here first"))
            .consequence("so it is told once all the same")
            .help("remove one of the two, or correct it"),
        );
    }
}
