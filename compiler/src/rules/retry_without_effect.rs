//! `retry-without-effect`: a `retry` in a rule that names chains alone.
//!
//! Deliberately only words. Invariant: every field of a rule has an effect.
//!
//! Read next: [`crate::check`], which calls it for every chain.

use pointsman_schema::source::Chain;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::reach::lists_chains_alone;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "retry-without-effect",
    severity: Severity::Error,
    summary: "a rule has `retry` and no backend of its own",
    page: include_str!("../../../docs/rules/retry-without-effect.md"),
};

/// Reports rules with `retry` whose targets are all chains.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    for rule in &body.rules {
        let Some(retry) = &rule.value.retry else { continue };
        if index.is_spoiled(declared.file, rule.span) || !lists_chains_alone(&rule.value) {
            continue;
        }
        let name = &rule.value.name;
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("`retry` of rule `{}` has no effect", visible(name.value.as_str())),
                Label::new(
                    declared.file,
                    retry.span,
                    "expected a backend among the targets, found only chains",
                ),
            )
            .context(Label::new(declared.file, name.span, "in this rule"))
            .consequence("the backends of another chain are retried as its own rules say")
            .help("set `retry` in the rules of the other chain, or remove it here"),
        );
    }
}
