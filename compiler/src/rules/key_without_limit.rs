//! `key-without-limit`: a key on which no budget and no limit acts.
//!
//! Deliberately silent where no key and no consumer names a budget or a limit: there nothing is governed yet. Invariant:
//! where spending is governed, a key that is not has a reason written beside it.
//!
//! Read next: [`crate::check`], which calls it for every key.

use pointsman_schema::source::{Consumer, Key};

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "key-without-limit",
    severity: Severity::Warning,
    summary: "no budget and no limit acts on a key",
    page: include_str!("../../../docs/rules/key-without-limit.md"),
};

/// Reports each key without a budget and a limit, its consumer's included.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let Policy { keys, consumers, .. } = &index.policy;
    let is_governed = Policy::bodies(keys).any(|(_, key)| holds(key))
        || Policy::bodies(consumers).any(|(_, consumer)| is_held(consumer));
    if !is_governed {
        return;
    }
    for (key, _) in Policy::bodies(keys).filter(|(_, key)| !holds(key)) {
        let Some(consumer) = index.policy.holder(key) else { continue };
        let is_free = consumer.body().is_some_and(|consumer| !is_held(consumer));
        let is_read = !index.is_spoiled(key.file, key.named.span)
            && !index.is_spoiled(consumer.file, consumer.named.span);
        if is_free && is_read {
            sink.push(diagnostic(key, consumer));
        }
    }
}

fn holds(key: &Key) -> bool {
    !key.budgets.is_empty() || !key.limits.is_empty()
}

fn is_held(consumer: &Consumer) -> bool {
    !consumer.budgets.is_empty() || !consumer.limits.is_empty()
}

fn diagnostic(key: &Declared<'_, Key>, consumer: &Declared<'_, Consumer>) -> Diagnostic {
    let label = "expected `budgets` or `limits`, its own or its consumer's, found none";
    Diagnostic::new(
        &RULE,
        format!("key `{}` has no budget and no limit", visible(&key.name)),
        Label::new(key.file, key.named.name.span, label),
    )
    .context(Label::new(consumer.file, consumer.named.name.span, "its consumer has none, too"))
    .consequence("so whoever holds it can spend without end")
    .help("name a budget or a limit in the key or in its consumer, or allow this with a reason")
}
