//! `predicate-without-effect`: a part of a condition without which it would take the same requests.
//!
//! Deliberately only words. Invariant: what a reviewer reads as a condition makes a difference.
//!
//! Read next: [`crate::analysis`], which decides it.

use pointsman_schema::source::Chain;

use crate::analysis::{Decided, Verdict};
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "predicate-without-effect",
    severity: Severity::Warning,
    summary: "a part of a condition changes nothing",
    page: include_str!("../../../docs/rules/predicate-without-effect.md"),
};

/// Reports each such part of the rules that are reached.
pub fn check(declared: &Declared<'_, Chain>, body: &Chain, decided: &Decided, sink: &mut Diagnostics) {
    for (rule, verdict) in body.rules.iter().zip(&decided.rules) {
        let Verdict::Reached { idle, .. } = verdict else { continue };
        let name = &rule.value.name;
        for part in idle {
            let why = if part.is_by_order {
                "because of the rules before this one, it decides about no request that is left"
            } else {
                "the other parts of the condition already say so, or no request is like it"
            };
            sink.push(
                Diagnostic::new(
                    &RULE,
                    format!(
                        "a part of the condition of rule `{}` has no effect",
                        visible(name.value.as_str())
                    ),
                    Label::new(
                        declared.file,
                        part.span,
                        "expected a part that makes a difference, found one that makes none",
                    ),
                )
                .context(Label::new(declared.file, name.span, "in this rule"))
                .consequence(why)
                .help("remove this part, or correct it"),
            );
        }
    }
}
