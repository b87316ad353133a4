//! `sticky-without-split`: a `sticky` in a rule that draws nothing.
//!
//! Deliberately only words. Invariant: every field of a rule has an effect.
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
    slug: "sticky-without-split",
    severity: Severity::Error,
    summary: "a rule has `sticky` and nothing to draw",
    page: include_str!("../../../docs/rules/sticky-without-split.md"),
};

/// Reports rules with `sticky` and without `split`.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    for rule in &body.rules {
        let (Some(sticky), None) = (&rule.value.sticky, &rule.value.split) else { continue };
        if index.is_spoiled(declared.file, rule.span) {
            continue;
        }
        let name = &rule.value.name;
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("`sticky` of rule `{}` has no effect", visible(name.value.as_str())),
                Label::new(declared.file, sticky.span, "expected a `split` beside it, found none"),
            )
            .context(Label::new(declared.file, name.span, "in this rule"))
            .consequence("nothing is drawn here, so there is nothing to stick to")
            .help("add a `split`, or remove `sticky`"),
        );
    }
}
