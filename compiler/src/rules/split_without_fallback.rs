//! `split-without-fallback`: a draw between backends after which nothing takes over.
//!
//! Deliberately not rules with one backend alone: there, nobody expects another. Arms that are chains have fallbacks of
//! their own. Invariant: who draws between backends has said what follows when the drawn one fails.
//!
//! Read next: [`crate::check`], which calls it once.

use std::collections::BTreeSet;

use pointsman_schema::source::{self, Chain};
use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Policy, Target};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "split-without-fallback",
    severity: Severity::Warning,
    summary: "a rule draws between backends, and nothing takes over when the drawn one fails",
    page: include_str!("../../../docs/rules/split-without-fallback.md"),
};

/// Reports rules that draw between backends and have no fallback, in chains that requests begin in: after any other, the
/// rule that led to it goes on.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let policy = &index.policy;
    let begun: BTreeSet<&str> = Policy::bodies(&policy.keys)
        .filter_map(|(key, body)| policy.chain(key.owner, body.chain.value.as_str()).found())
        .collect();
    for (declared, body) in Policy::bodies(&policy.chains) {
        if begun.contains(declared.name.as_str()) {
            check_chain(index, declared, body, sink);
        }
    }
}

fn check_chain(index: &Index<'_>, declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    for rule in &body.rules {
        let Some(split) = rule.value.split.as_ref().filter(|_| rule.value.fallback.is_empty()) else {
            continue;
        };
        let drawn: Vec<&str> = split
            .value
            .0
            .iter()
            .filter(|(_, weight)| weight.value.0 > 0)
            .map(|(arm, _)| &*arm.value)
            .collect();
        let is_backend = |arm: &&str| matches!(index.policy.target(declared.owner, arm), Target::Backend(_));
        if drawn.len() < 2 || !drawn.iter().all(is_backend) || index.is_spoiled(declared.file, rule.span) {
            continue;
        }
        sink.push(diagnostic(declared.file, &rule.value, (split.span, &drawn)));
    }
}

fn diagnostic(file: FileId, rule: &source::Rule, (span, drawn): (Span, &[&str])) -> Diagnostic {
    let name = visible(rule.name.value.as_str());
    Diagnostic::new(
        &RULE,
        format!("nothing takes over for the backends that rule `{name}` draws"),
        Label::new(file, span, "expected a `fallback` beside it, found none"),
    )
    .context(Label::new(file, rule.name.span, "in this rule"))
    .consequence(
        "so a request fails when the backend that was drawn for it does: no arm takes over for another",
    )
    .help(format!("let them take over for each other: `fallback: [{}]`", visible(&drawn.join(", "))))
}
