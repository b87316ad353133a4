//! `on-exceed-without-effect`: a budget that goes on, when it is spent, to the chain that its requests are in already.
//!
//! Deliberately looks at each key by itself: for one key of a budget it may change nothing where it does for the others.
//! Invariant: when a budget is spent, something changes for every key that falls under it.
//!
//! Read next: [`crate::reach::beginnings`], which knows who falls under a budget.

use std::collections::BTreeSet;

use pointsman_schema::source::Budget;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::reach::beginnings::{Beginnings, KeyOf, on_exceed_span};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "on-exceed-without-effect",
    severity: Severity::Warning,
    summary: "what takes over when a budget is spent is the chain of its key",
    page: include_str!("../../../docs/rules/on-exceed-without-effect.md"),
};

/// Reports each such budget once, with the first key.
pub fn check(index: &Index<'_>, beginnings: &Beginnings<'_>, sink: &mut Diagnostics) {
    if beginnings.lines().iter().all(|line| line.taking_over.is_none()) {
        return;
    }
    let (mut walk, mut known) = (beginnings.walk(), BTreeSet::new());
    for (key, body) in Policy::bodies(&index.policy.keys) {
        let Some(own) = beginnings.chain_of(key) else { continue };
        for line in walk.budgets(key) {
            if line.taking_over == Some(own) && known.insert(line.budget.at) {
                sink.push(diagnostic(line.budget, (key, body)));
            }
        }
    }
}

fn diagnostic(budget: &Declared<'_, Budget>, (key, body): KeyOf<'_>) -> Diagnostic {
    let (name, of_key) = (visible(&budget.name), visible(&key.name));
    Diagnostic::new(
        &RULE,
        format!("`on-exceed` of budget `{name}` has no effect for key `{of_key}`"),
        Label::new(
            budget.file,
            on_exceed_span(budget),
            "expected another chain than the key's own, found that one",
        ),
    )
    .context(Label::new(budget.file, budget.named.name.span, "when this budget is spent"))
    .context(Label::new(key.file, body.chain.span, "the requests of this key go on as before"))
    .consequence("so nothing is cheaper and nothing is refused when the budget is spent")
    .help("name a cheaper chain, or `reject`")
}
