//! `lossy-without-effect`: a `lossy` in a rule that goes on to chains alone.
//!
//! Deliberately only words: nearly every backend cannot carry something from some client. Invariant: every field of a rule has
//! an effect, and nobody believes that a rule speaks for the backends of another chain.
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
    slug: "lossy-without-effect",
    severity: Severity::Error,
    summary: "a rule has `lossy` and lists no backend",
    page: include_str!("../../../docs/rules/lossy-without-effect.md"),
};

/// Reports rules with `lossy` whose targets are all chains.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    for rule in &body.rules {
        let Some(lossy) = &rule.value.lossy else { continue };
        if index.is_spoiled(declared.file, rule.span) || !lists_chains_alone(&rule.value) {
            continue;
        }
        let name = &rule.value.name;
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("`lossy` of rule `{}` has no effect", visible(name.value.as_str())),
                Label::new(declared.file, lossy.span, "expected a backend in this rule, found chains alone"),
            )
            .context(Label::new(declared.file, name.span, "in this rule"))
            .consequence("the rules of those chains say what may be left out for their backends")
            .help("write it in the rules that list the backends, or remove `lossy`"),
        );
    }
}
