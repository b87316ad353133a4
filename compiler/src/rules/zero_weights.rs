//! `zero-weights`: weights that draw nothing.
//!
//! Deliberately only words. Invariant: a split that compiles has at least one arm that is drawn.
//!
//! Read next: [`pointsman_schema::limits::SPLIT_BUCKETS`].

use pointsman_schema::limits::{SPLIT_BUCKETS, WEIGHT_MAX};
use pointsman_schema::read::scalar::Whole;
use pointsman_schema::source::{self, Chain};

use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
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
        for (arm, weight) in undrawn(arms) {
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

/// The arms without a bucket: shares are rounded down, and what is left goes to the largest remainders, in the order of
/// the arms' names.
fn undrawn(arms: &[Arm]) -> impl Iterator<Item = (&Spanned<String>, &Spanned<Whole<0, WEIGHT_MAX>>)> {
    let buckets = u64::from(SPLIT_BUCKETS);
    let total: u64 = arms.iter().map(|(_, weight)| u64::from(weight.value.0)).sum::<u64>().max(1);
    let mut shares: Vec<_> = arms
        .iter()
        .map(|(arm, weight)| {
            let exact = u64::from(weight.value.0).saturating_mul(buckets);
            (std::cmp::Reverse(exact % total), arm.value.as_str(), exact / total)
        })
        .collect();
    let given: u64 = shares.iter().map(|(_, _, whole)| *whole).sum();
    let left = usize::try_from(buckets.saturating_sub(given)).unwrap_or(usize::MAX);
    shares.sort_unstable();
    let empty: Vec<&str> =
        shares.into_iter().skip(left).filter(|(_, _, whole)| *whole == 0).map(|(_, name, _)| name).collect();
    arms.iter().filter(move |(arm, _)| empty.contains(&arm.value.as_str())).map(|(arm, weight)| (arm, weight))
}

#[cfg(test)]
mod tests {
    use pointsman_schema::tree::Span;

    use super::*;

    fn check(weights: &[(&str, u32)], expected: &[&str]) {
        let spanned = |(name, weight): &(&str, u32)| {
            (Spanned::new((*name).to_owned(), Span::default()), Spanned::new(Whole(*weight), Span::default()))
        };
        let arms: Vec<Arm> = weights.iter().map(spanned).collect();
        assert_eq!(
            undrawn(&arms).map(|(arm, _)| arm.value.as_str()).collect::<Vec<_>>(),
            expected,
            "{weights:?}"
        );
    }

    #[test]
    fn an_arm_without_a_bucket_is_undrawn() {
        check(&[("a", 70), ("b", 30)], &[]);
        check(&[("a", 1), ("b", 0)], &["b"]);
        check(&[("a", 1_000_000), ("b", 1)], &[]);
        check(&[("a", 1_000_000), ("b", 1_000_000), ("c", 1)], &["c"]);
    }
}
