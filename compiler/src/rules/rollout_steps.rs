//! `rollout-steps`: a rollout whose steps do not rise to 100 percent.
//!
//! Deliberately only words. Invariant: a rollout that goes well ends at every gateway.
//!
//! Read next: [`crate::check`], which calls it.

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::rule::{Rule, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    slug: "rollout-steps",
    severity: Severity::Error,
    summary: "the steps of a rollout do not rise to 100 percent",
    page: include_str!("../../../docs/rules/rollout-steps.md"),
};

/// Reports steps that fall or stay, and a last step short of 100.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let (workspace, file) = (index.policy.workspace, index.policy.workspace_file);
    let Some(rollout) = &workspace.rollout else { return };
    let steps = &rollout.value.steps;
    for (before, step) in steps.iter().zip(steps.iter().skip(1)) {
        if step.value.0 <= before.value.0 {
            let label = format!("expected more than {}, found {}", before.value.0, step.value.0);
            let found = Diagnostic::new(
                &RULE,
                "a step of the rollout does not rise",
                Label::new(file, step.span, label),
            )
            .context(Label::new(file, before.span, "the step before"))
            .consequence("so no gateway would be added, or some would be taken back")
            .help("write each share once, the smallest first");
            sink.push(found);
            return;
        }
    }
    let last = steps.last();
    if last.is_some_and(|last| last.value.0 == 100) || index.is_spoiled(file, rollout.span) {
        return;
    }
    let (span, found) =
        last.map_or((rollout.span, "no step".to_owned()), |last| (last.span, last.value.0.to_string()));
    let label = format!("expected 100 as the last step, found {found}");
    sink.push(
        Diagnostic::new(&RULE, "the rollout never reaches every gateway", Label::new(file, span, label))
            .consequence("so two policies would be in force for good")
            .help("add 100 as the last step"),
    );
}
