//! `unreachable-rule`: a rule that no request can reach.
//!
//! Deliberately only words. Invariant: what a reviewer reads as a rule decides something.
//!
//! Read next: [`crate::analysis`], which decides it.

use pointsman_schema::read::scalar::Name;
use pointsman_schema::source::{self, Chain};
use pointsman_schema::tree::Spanned;

use crate::analysis::{Decided, Verdict};
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unreachable-rule",
    severity: Severity::Warning,
    summary: "a rule can never be the first that matches",
    page: include_str!("../../../docs/rules/unreachable-rule.md"),
};

/// Reports rules that decide nothing, those after a rule that takes all that is left as one.
pub fn check(declared: &Declared<'_, Chain>, body: &Chain, decided: &Decided, sink: &mut Diagnostics) {
    for (at, (rule, verdict)) in body.rules.iter().zip(&decided.rules).enumerate() {
        let name = &rule.value.name;
        match verdict {
            Verdict::Reached { takes_the_rest: false, .. } => {}
            Verdict::Reached { takes_the_rest: true, .. } => {
                let rest = body.rules.get(at.saturating_add(1)..).unwrap_or_default();
                if let Some(next) = rest.first() {
                    sink.push(hidden(declared, &rule.value, &next.value.name, (at, rest.len())));
                }
                return;
            }
            Verdict::NeverMatches => sink.push(
                Diagnostic::new(
                    &RULE,
                    format!("rule `{}` matches no request", visible(name.value.as_str())),
                    Label::new(
                        declared.file,
                        rule.value.condition().map_or(name.span, |(_, span)| span),
                        "expected a condition that can hold, found one that never does",
                    ),
                )
                .context(Label::new(declared.file, name.span, "in this rule"))
                .consequence("so the rule decides nothing")
                .help("correct the condition, or remove the rule"),
            ),
            Verdict::Shadowed { by } => sink.push(shadowed(declared, body, name, by)),
        }
    }
}

/// The same for a chain that was not decided: what follows a rule without a condition.
pub fn check_undecided(
    index: &Index<'_>,
    declared: &Declared<'_, Chain>,
    body: &Chain,
    sink: &mut Diagnostics,
) {
    // A condition that could not be read may take less than everything.
    let takes_all = |rule: &Spanned<source::Rule>| {
        rule.value.condition().is_none() && !index.is_spoiled(declared.file, rule.span)
    };
    let mut taker = body.rules.iter().enumerate().filter(|(_, rule)| takes_all(rule));
    let Some((at, first)) = taker.next() else { return };
    let rest = body.rules.get(at.saturating_add(1)..).unwrap_or_default();
    if let Some(next) = rest.first() {
        sink.push(hidden(declared, &first.value, &next.value.name, (at, rest.len())));
    }
}

fn hidden(
    declared: &Declared<'_, Chain>,
    taker: &source::Rule,
    next: &Spanned<Name>,
    (at, count): (usize, usize),
) -> Diagnostic {
    let others = match count {
        0 | 1 => String::new(),
        2 => " and the rule after it".to_owned(),
        more => format!(" and the {} rules after it", more.saturating_sub(1)),
    };
    let (label, help) = match (taker.condition(), at) {
        (None, _) => (
            "this rule takes every request",
            format!("give `{0}` a `match`, or move `{0}` to the end", visible(taker.name.value.as_str())),
        ),
        (Some(_), 0) => (
            "this rule takes every request that can come",
            "remove the rules after it, or correct its condition".to_owned(),
        ),
        (Some(_), _) => (
            "this rule takes all that the rules before it leave",
            "remove the rules after it, or correct the conditions before".to_owned(),
        ),
    };
    Diagnostic::new(
        &RULE,
        format!("rule `{}`{others} can never decide", visible(next.value.as_str())),
        Label::new(
            declared.file,
            next.span,
            "expected a rule that some request reaches, found one behind all",
        ),
    )
    .context(Label::new(declared.file, taker.name.span, label))
    .consequence("so the rule decides nothing: the first rule that matches wins")
    .help(help)
}

fn shadowed(declared: &Declared<'_, Chain>, body: &Chain, name: &Spanned<Name>, by: &[usize]) -> Diagnostic {
    let before: Vec<&Spanned<Name>> =
        by.iter().filter_map(|at| body.rules.get(*at)).map(|rule| &rule.value.name).collect();
    let (label, plural) = match before.len() {
        1 => ("this rule takes all that it would", "the rule"),
        _ => ("takes a part of it", "these rules"),
    };
    let mut found = Diagnostic::new(
        &RULE,
        format!("rule `{}` can never decide", visible(name.value.as_str())),
        Label::new(
            declared.file,
            name.span,
            "expected a rule that some request reaches, found one behind others",
        ),
    )
    .consequence("so the rule decides nothing: the first rule that matches wins")
    .help(format!("move it before {plural}, narrow {plural}, or remove it"));
    for other in before.iter().take(SHADOWS_SHOWN) {
        found = found.context(Label::new(declared.file, other.span, label));
    }
    if let Some(others) = before.len().checked_sub(SHADOWS_SHOWN).filter(|others| *others > 0) {
        found = found.note(format!("{others} more rules take a part of it"));
    }
    found
}

/// **Unit**: shadowing rules that one finding shows.
const SHADOWS_SHOWN: usize = 4;
