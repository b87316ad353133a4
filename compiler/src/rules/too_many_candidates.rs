//! `too-many-candidates`: a rule whose targets are more candidates than one decision may have.
//!
//! Deliberately only words. Invariant: every decision fits the gateway's fixed memory.
//!
//! Read next: [`crate::reach::attempts`], which counts them.

use pointsman_schema::limits::CANDIDATES_MAX;
use pointsman_schema::source::{self, Chain};

use crate::diagnostic::{Diagnostic, Label};
use crate::policy::Declared;
use crate::reach::attempts::RuleRoad;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "too-many-candidates",
    severity: Severity::Error,
    summary: "one decision could have more than sixteen candidates",
    page: include_str!("../../../docs/rules/too-many-candidates.md"),
};

/// The finding for a rule, if its costliest road has too many candidates.
pub fn find(declared: &Declared<'_, Chain>, rule: &source::Rule, road: &RuleRoad) -> Option<Diagnostic> {
    let over = road.steps.iter().find(|step| step.candidates > CANDIDATES_MAX)?;
    let count = road.road.backends.len();
    let label =
        format!("expected at most {CANDIDATES_MAX} candidates, found {count}, the excess from here on");
    let found = Diagnostic::new(
        &RULE,
        format!("rule `{}` has too many candidates", visible(rule.name.value.as_str())),
        Label::new(declared.file, over.span, label),
    )
    .context(Label::new(declared.file, rule.name.span, "in this rule"))
    .consequence("so the last of them could never be tried")
    .help("remove targets, or go on to a chain with fewer backends");
    Some(found)
}
