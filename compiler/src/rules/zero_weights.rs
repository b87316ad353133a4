//! `zero-weights`: weights that draw nothing.
//!
//! Deliberately only words. Invariant: a split that compiles has at least one arm that is drawn.
//!
//! Read next: [`pointsman_schema::limits::SPLIT_BUCKETS`]; what an arm draws is counted where the arms of a snapshot are.

use pointsman_schema::archive::routing::{TARGET_BACKEND, TARGET_CHAIN};
use pointsman_schema::limits::WEIGHT_MAX;
use pointsman_schema::read::scalar::Whole;
use pointsman_schema::source::{self, Chain};

use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Owner, Target};
use crate::rule::{Rule, Severity};
use crate::shares::shares;
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "zero-weights",
    severity: Severity::Warning,
    summary: "an arm of a split draws nothing; an error when no arm draws anything",
    page: include_str!("../../../docs/rules/zero-weights.md"),
};

type Arm = (Spanned<String>, Spanned<Whole<0, WEIGHT_MAX>>);

/// Reports splits of which nothing, or not every arm, is drawn.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    for rule in &body.rules {
        let Some(split) = &rule.value.split else { continue };
        if index.is_spoiled(declared.file, split.span) {
            continue;
        }
        let arms = &split.value.0;
        if arms.iter().all(|(_, weight)| weight.value.0 == 0) {
            sink.push(nothing(declared.file, &rule.value, split.span));
            continue;
        }
        for (arm, weight) in undrawn(index, declared.owner, arms) {
            sink.push(one(declared.file, &rule.value, (arm, weight)));
        }
    }
}

fn nothing(file: FileId, rule: &source::Rule, span: pointsman_schema::tree::Span) -> Diagnostic {
    let mut found = Diagnostic::new(
        &RULE,
        format!("split of rule `{}` draws nothing", visible(rule.name.value.as_str())),
        Label::new(file, span, "expected a weight above 0, found none"),
    )
    .context(Label::new(file, rule.name.span, "in this rule"))
    .consequence("so no request would have a primary")
    .help("give at least one arm a weight, or remove the split");
    found.severity = Severity::Error;
    found
}

fn one(
    file: FileId,
    rule: &source::Rule,
    (arm, weight): (&Spanned<String>, &Spanned<Whole<0, WEIGHT_MAX>>),
) -> Diagnostic {
    let name = visible(&arm.value);
    let label = match weight.value.0 {
        0 => "expected a weight above 0, found 0".to_owned(),
        small => format!("{small} is too small beside the other weights to draw one of a million requests"),
    };
    Diagnostic::new(
        &RULE,
        format!("arm `{name}` of rule `{}` is never drawn", visible(rule.name.value.as_str())),
        Label::new(file, weight.span, label),
    )
    .context(Label::new(file, rule.name.span, "in this rule"))
    .consequence("so the arm gets no requests but as a fallback")
    .help("give the arm a weight, or remove it")
}

/// The arms whose target has no bucket; `team/x` and `x` may be one target.
fn undrawn<'r>(
    index: &Index<'_>,
    owner: &Owner,
    arms: &'r [Arm],
) -> impl Iterator<Item = (&'r Spanned<String>, &'r Spanned<Whole<0, WEIGHT_MAX>>)> {
    let targets: Vec<_> = arms.iter().map(|(arm, _)| stable(index, owner, &arm.value)).collect();
    let weighted = targets.iter().cloned().zip(arms.iter().map(|(_, weight)| weight.value.0)).collect();
    let shares = shares(weighted);
    let is_empty =
        move |target: &(String, u8)| shares.iter().any(|share| share.buckets == 0 && share.target == *target);
    arms.iter()
        .zip(targets)
        .filter(move |(_, target)| is_empty(target))
        .map(|((arm, weight), _)| (arm, weight))
}

/// The name of a target as it is sorted in a snapshot; one that cannot be resolved has its own finding.
fn stable(index: &Index<'_>, owner: &Owner, text: &str) -> (String, u8) {
    match index.policy.target(owner, text) {
        Target::Backend(found) => (found.found().unwrap_or(text).to_owned(), TARGET_BACKEND),
        Target::Chain(found) => match found.found() {
            Some(name) => (format!("chain/{name}"), TARGET_CHAIN),
            None => (text.to_owned(), TARGET_CHAIN),
        },
    }
}
