//! `match-and-when`: a rule with both spellings of a condition.
//!
//! Deliberately only words. Invariant: a rule has one condition, and it stands in one place.
//!
//! Read next: [`crate::check`], which calls it for every chain.

use pointsman_schema::source::Chain;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "match-and-when",
    severity: Severity::Error,
    summary: "a rule has a `match` and a `when`",
    page: include_str!("../../../docs/rules/match-and-when.md"),
};

/// Reports rules with both.
pub fn check(declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    for rule in &body.rules {
        let (Some(matches), Some(when)) = (&rule.value.matches, &rule.value.when) else { continue };
        let name = &rule.value.name;
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("rule `{}` has a `match` and a `when`", visible(name.value.as_str())),
                Label::new(declared.file, when.span, "expected one condition, found a second one"),
            )
            .context(Label::new(declared.file, matches.span, "the other one"))
            .consequence("it would not show whether both must hold or either")
            .help("write one of the two: `all` in a `match`, or && in a `when`, joins what both say"),
        );
    }
}
