//! `analysis-bound`: a chain whose conditions are too entangled to be decided within the bound.
//!
//! Deliberately a warning and not silence: nothing was proved about the chain. Invariant: a chain without this finding
//! was decided in full.
//!
//! Read next: [`crate::analysis`].

use pointsman_schema::source::Chain;

use crate::diagnostic::{Diagnostic, Label};
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "analysis-bound",
    severity: Severity::Warning,
    summary: "the conditions of a chain are too entangled to be decided",
    page: include_str!("../../../docs/rules/analysis-bound.md"),
};

/// The finding of a chain from which requests can take too many ways on.
pub fn ways(declared: &Declared<'_, Chain>) -> Diagnostic {
    Diagnostic::new(
        &RULE,
        format!("what requests of chain `{}` can cause was not worked out", visible(&declared.name)),
        Label::new(
            declared.file,
            declared.named.name.span,
            "expected ways to backends that fit the bound on this analysis, found more",
        ),
    )
    .consequence("so too many attempts, and waits that exceed a total timeout, may go unreported")
    .help("name fewer chains in one rule, or chains of fewer rules")
}

/// The finding of a chain that has too many ways to backends, for itself and for so many others.
pub fn below(declared: &Declared<'_, Chain>, others: usize) -> Diagnostic {
    let found = Diagnostic::new(
        &RULE,
        format!("what fallbacks behind chain `{}` lack was not worked out", visible(&declared.name)),
        Label::new(
            declared.file,
            declared.named.name.span,
            "expected ways to backends that fit the bound on this analysis, found more",
        ),
    )
    .consequence("so what fallbacks lack may go unreported, here and in chains that are judged after it")
    .help("name fewer chains in one rule, or chains of fewer rules");
    match others {
        0 => found,
        1 => found.note("another chain was not judged for that either"),
        more => found.note(format!("{more} other chains were not judged for that either")),
    }
}

/// The finding of a chain whose conditions are too entangled.
pub fn diagnostic(declared: &Declared<'_, Chain>) -> Diagnostic {
    Diagnostic::new(
        &RULE,
        format!("what the rules of chain `{}` decide was not worked out", visible(&declared.name)),
        Label::new(
            declared.file,
            declared.named.name.span,
            "expected conditions that fit the bound on this analysis, found more",
        ),
    )
    .consequence(
        "so unreachable rules, parts without effect, requests that fall through and what fallbacks lack may go unreported",
    )
    .help("ask about fewer attributes in one chain, or split it into several")
}
