//! `empty-chain`: a chain without rules.
//!
//! Deliberately only words. Invariant: every chain can decide something.
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
    slug: "empty-chain",
    severity: Severity::Error,
    summary: "a chain has no rules",
    page: include_str!("../../../docs/rules/empty-chain.md"),
};

/// Reports a chain without rules.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    if !body.rules.is_empty() || index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    let label = Label::new(declared.file, declared.named.name.span, "expected at least one rule, found none");
    sink.push(
        Diagnostic::new(&RULE, format!("chain `{}` has no rules", visible(&declared.name)), label)
            .consequence("so every request that takes it would be refused")
            .help("add a rule with a `name` and a `fallback`"),
    );
}
