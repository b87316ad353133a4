//! `unreachable-rule`: a rule that no request can reach.
//!
//! Deliberately only words. Invariant: what a reviewer reads as a rule decides something.
//!
//! Read next: [`crate::check`], which calls it for every chain.

use pointsman_schema::read::scalar::Name;
use pointsman_schema::source::{self, Chain, Predicate};
use pointsman_schema::tree::Spanned;

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

/// Reports what follows a rule that takes every request, and rules that take none.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    let takes = |rule: &Spanned<source::Rule>| match rule.value.condition() {
        // A `match` that could not be read in full may take less.
        Some((_, span)) if index.is_spoiled(declared.file, span) => Takes::Something,
        Some((condition, _)) => takes(condition),
        None if index.is_spoiled(declared.file, rule.span) => Takes::Something,
        None => Takes::Everything,
    };
    for (at, rule) in body.rules.iter().enumerate() {
        let name = &rule.value.name;
        match takes(rule) {
            Takes::Something => {}
            Takes::Nothing => sink.push(
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
                .help("correct the `match`, or remove the rule"),
            ),
            Takes::Everything => {
                let rest = body.rules.get(at.saturating_add(1)..).unwrap_or_default();
                if let Some(next) = rest.first() {
                    let next = &next.value.name;
                    sink.push(hidden(declared, (name, next), rest.len()));
                }
                return;
            }
        }
    }
}

type RuleName = Spanned<Name>;

fn hidden(declared: &Declared<'_, Chain>, (taker, next): (&RuleName, &RuleName), count: usize) -> Diagnostic {
    let others = match count {
        0 | 1 => String::new(),
        2 => " and the rule after it".to_owned(),
        more => format!(" and the {} rules after it", more.saturating_sub(1)),
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
    .context(Label::new(declared.file, taker.span, "this rule takes every request"))
    .consequence("so the rule decides nothing: the first rule that matches wins")
    .help(format!("give `{0}` a `match`, or move `{0}` to the end", visible(taker.value.as_str())))
}

/// What a predicate takes, as far as it shows without looking at values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Everything,
    Something,
    Nothing,
}

fn takes(predicate: &Predicate) -> Takes {
    match predicate {
        Predicate::All(parts) => {
            fold(parts.iter().map(|part| takes(&part.value)), Takes::Nothing, Takes::Everything)
        }
        Predicate::Any(parts) => {
            fold(parts.iter().map(|part| takes(&part.value)), Takes::Everything, Takes::Nothing)
        }
        Predicate::Not(part) => match takes(&part.value) {
            Takes::Everything => Takes::Nothing,
            Takes::Something => Takes::Something,
            Takes::Nothing => Takes::Everything,
        },
        Predicate::InputTokens(range) => match (&range.min, &range.max) {
            (Some(min), Some(max)) if min.value.0 > max.value.0 => Takes::Nothing,
            (None, None) => Takes::Everything,
            _ => Takes::Something,
        },
        _ => Takes::Something,
    }
}

/// One part of the `decisive` kind decides; if all are of the `neutral` kind, so is the whole.
fn fold(parts: impl Iterator<Item = Takes>, decisive: Takes, neutral: Takes) -> Takes {
    let mut whole = neutral;
    for part in parts {
        if part == decisive {
            return decisive;
        }
        if part == Takes::Something {
            whole = Takes::Something;
        }
    }
    whole
}
