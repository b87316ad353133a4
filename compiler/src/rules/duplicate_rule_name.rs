//! `duplicate-rule-name`: two rules of one chain with the same name.
//!
//! Deliberately only words. Invariant: a rule's name in a record or a header means one rule.
//!
//! Read next: [`crate::check`], which calls it for every chain.

use std::collections::BTreeMap;

use pointsman_schema::source::Chain;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "duplicate-rule-name",
    severity: Severity::Error,
    summary: "two rules of one chain have the same name",
    page: include_str!("../../../docs/rules/duplicate-rule-name.md"),
};

/// Reports every later rule of a name.
pub fn check(declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    let mut seen = BTreeMap::new();
    for rule in &body.rules {
        let name = &rule.value.name;
        let Some(first) = seen.get(name.value.as_str()) else {
            seen.insert(name.value.as_str(), name.span);
            continue;
        };
        let headline = format!(
            "chain `{}` has two rules of the name `{}`",
            visible(&declared.name),
            visible(name.value.as_str())
        );
        sink.push(
            Diagnostic::new(
                &RULE,
                headline,
                Label::new(declared.file, name.span, "expected a new name, found one that is taken"),
            )
            .context(Label::new(declared.file, *first, "first rule of this name"))
            .consequence("so a record of a decision would not say which rule it was")
            .help("rename one of the two"),
        );
    }
}
