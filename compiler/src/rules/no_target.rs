//! `no-target`: a rule that sends its requests nowhere.
//!
//! Deliberately only words. Invariant: every rule that matches has a target.
//!
//! Read next: [`crate::check`], which calls it for every chain.

use pointsman_schema::source::Chain;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "no-target",
    severity: Severity::Error,
    summary: "a rule has neither a split nor a fallback",
    page: include_str!("../../../docs/rules/no-target.md"),
};

/// Reports rules without any target.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    for rule in &body.rules {
        let is_empty = rule.value.split.is_none() && rule.value.fallback.is_empty();
        if !is_empty || index.is_spoiled(declared.file, rule.span) {
            continue;
        }
        let name = &rule.value.name;
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("rule `{}` has no target", visible(name.value.as_str())),
                Label::new(declared.file, name.span, "expected `split` or `fallback`, found neither"),
            )
            .consequence("so every request that it takes would be refused")
            .help("add `fallback` with at least one backend"),
        );
    }
}
