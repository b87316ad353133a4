//! `too-many-attempts`: a rule that could cause more upstream attempts than one request may.
//!
//! Deliberately only words. Invariant: a failing provider is not flooded by retries of retries.
//!
//! Read next: [`crate::reach::attempts`], which counts them.

use pointsman_schema::source::{self, Chain};

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::policy::{Declared, Policy};
use crate::reach::attempts::{Kept, RuleRoad, Worst};
use crate::reach::{Goal, Graph, Hop, Node};
use crate::rule::{Rule, Severity};
use crate::rules::{analysis_bound, too_many_candidates};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "too-many-attempts",
    severity: Severity::Error,
    summary: "one request could cause more upstream attempts than the workspace allows, at most eight",
    page: include_str!("../../../docs/rules/too-many-attempts.md"),
};

/// Reports rules with too many attempts, or, worse, candidates. A rule is at fault where no chain below it is.
pub fn check(policy: &Policy<'_>, graph: &Graph<'_>, worst: &[Option<Worst<'_>>], sink: &mut Diagnostics) {
    let most = policy.attempts_max();
    let is_over = |hop: &Hop<'_>| match hop.goal {
        Goal::Chain(at) => worst.get(at).and_then(Option::as_ref).is_some_and(|below| exceeds(below, most)),
        Goal::Backend(_) => false,
    };
    for (chain, found) in graph.chains.iter().zip(worst) {
        for (rule, kept) in found.iter().flat_map(|found| &found.rules) {
            let mut hops = chain.hops.iter().filter(|hop| std::ptr::eq(hop.rule, *rule));
            match over(kept, most) {
                Some(_) if hops.any(is_over) => {}
                Some(road) => {
                    let candidates = too_many_candidates::find(chain.declared, rule, road);
                    sink.push(candidates.unwrap_or_else(|| diagnostic(policy, chain, rule, road)));
                }
                None if kept.may_exceed(u64::try_from(most).unwrap_or(u64::MAX)) => {
                    sink.push(analysis_bound::ways(chain.declared));
                }
                None => {}
            }
        }
    }
}

fn exceeds(worst: &Worst<'_>, most: usize) -> bool {
    worst.rules.iter().any(|(_, kept)| over(kept, most).is_some())
}

/// The costliest road of a rule, if it is one too many.
fn over(kept: &Kept<RuleRoad>, most: usize) -> Option<&RuleRoad> {
    kept.roads.first().filter(|road| road.road.attempts() > most)
}

fn diagnostic(policy: &Policy<'_>, chain: &Node<'_>, rule: &source::Rule, road: &RuleRoad) -> Diagnostic {
    let declared: &Declared<'_, Chain> = chain.declared;
    let (attempts, most) = (road.road.attempts(), policy.attempts_max());
    let over = road.steps.iter().find(|step| step.attempts > most).map_or(rule.name.span, |step| step.span);
    let (span, help) = match &rule.retry {
        Some(retry) => (retry.value.attempts.span, "lower `attempts`, or remove targets"),
        None => (over, "remove targets, or lower the `attempts` of the chains that they name"),
    };
    let label = format!("expected at most {most} attempts of one request, found up to {attempts}");
    let name = visible(rule.name.value.as_str());
    let mut found = Diagnostic::new(
        &RULE,
        format!("rule `{name}` can cause {attempts} attempts"),
        Label::new(declared.file, span, label),
    )
    .consequence("so one request during an outage would become many")
    .help(help);
    let own = policy.workspace.limits.as_ref().and_then(|limits| limits.value.attempts.as_ref());
    if let Some(own) = own {
        found = found.note_at("the workspace's limit is at", policy.workspace_file, own.span);
    }
    for step in road.steps.iter().filter(|step| step.span != span && step.attempts_added > 0) {
        let plural = if step.attempts_added == 1 { "" } else { "s" };
        let text = format!("up to {} attempt{plural}", step.attempts_added);
        found = found.context(Label::new(declared.file, step.span, text));
    }
    found.note(format!("in the worst case it tries {}", whole(policy, road)))
}

/// The whole way, through chains below, too: "`a` once, then `b` 3 times".
fn whole(policy: &Policy<'_>, road: &RuleRoad) -> String {
    let times = |count: usize| match count {
        1 => "once".to_owned(),
        more => format!("{more} times"),
    };
    let name = |at: usize| policy.backends.at(at).map_or("", |backend| backend.name.as_str());
    let tries = road.road.backends.iter();
    let each: Vec<_> =
        tries.map(|(backend, count)| format!("`{}` {}", visible(name(*backend)), times(*count))).collect();
    each.join(", then ")
}
