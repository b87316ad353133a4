//! `timeouts-exceed-total`: waits that a provider's total timeout cuts short, of one provider or of a rule's targets.
//!
//! Deliberately lenient where nothing is written: a first token counts as 60 s, also for models that reason, so that
//! eight attempts with nothing but defaults fit. The invariant: on the costliest road of a rule without this finding no
//! target stands behind waits, as they were written, in which its request ends.
//!
//! Read next: [`crate::reach::attempts`], whose roads are judged, those that wait the longest first.

use pointsman_schema::source::{self, Backend, Provider, Timeouts, Workspace};
use pointsman_schema::tree::{Span, Spanned};

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::lower::Waits;
use crate::policy::{Declared, Policy};
use crate::reach::attempts::{Kept, RuleRoad, Weight, worst};
use crate::reach::{Goal, Graph, Hop, Node};
use crate::rule::{Rule, Severity};
use crate::rules::analysis_bound;
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "timeouts-exceed-total",
    severity: Severity::Error,
    summary: "a provider's total timeout ends before all attempts had their time",
    page: include_str!("../../../docs/rules/timeouts-exceed-total.md"),
};

/// What one attempt may take until its first content, and what the whole request may. **Unit**: ms.
#[derive(Debug, Clone, Copy)]
struct Budget {
    attempt_ms: u64,
    total_ms: u64,
}

impl Budget {
    fn of(timeouts: Option<&Spanned<Timeouts>>, workspace: &Workspace) -> Self {
        let waits = Waits::of(timeouts, workspace);
        let first_token_ms = if waits.first_token_ms == 0 { FIRST_TOKEN_MS } else { waits.first_token_ms };
        let attempt_ms = u64::from(waits.connect_ms).saturating_add(u64::from(first_token_ms));
        Self { attempt_ms, total_ms: u64::from(waits.total_ms) }
    }

    fn fits(self) -> bool {
        self.attempt_ms <= self.total_ms
    }
}

/// Reports providers of which not even one attempt fits.
pub fn check_provider(
    index: &Index<'_>,
    declared: &Declared<'_, Provider>,
    body: &Provider,
    sink: &mut Diagnostics,
) {
    let Some(timeouts) = &body.timeouts else { return };
    let what = format!("timeouts of provider `{}`", visible(&declared.name));
    sink.extend(too_short(index, (declared.file, timeouts), &what));
}

/// Reports timeouts of the workspace of which not even one attempt fits.
pub fn check_defaults(index: &Index<'_>, sink: &mut Diagnostics) {
    let policy = &index.policy;
    let defaults = policy.workspace.defaults.as_ref();
    let Some(timeouts) = defaults.and_then(|defaults| defaults.value.timeouts.as_ref()) else { return };
    sink.extend(too_short(index, (policy.workspace_file, timeouts), "default timeouts"));
}

fn too_short(
    index: &Index<'_>,
    (file, timeouts): (FileId, &Spanned<Timeouts>),
    what: &str,
) -> Option<Diagnostic> {
    let budget = Budget::of(Some(timeouts), index.policy.workspace);
    if budget.fits() || index.is_spoiled(file, timeouts.span) {
        return None;
    }
    let Timeouts { connect, first_token, between_chunks: _, total } = &timeouts.value;
    let (needed, given) = (duration(budget.attempt_ms), duration(budget.total_ms));
    let span = total.as_ref().or(first_token.as_ref()).map_or(timeouts.span, |written| written.span);
    let label = format!("expected a total of at least {needed} for one attempt, found {given}");
    let mut found = Diagnostic::new(
        &RULE,
        format!("{what} exceed their total"),
        Label::new(file, span, label),
    )
    .consequence(
        "so the request would end while its first attempt may still wait, and nothing would take over",
    )
    .help("raise `total`, or lower `first-token`");
    for (written, what) in [(connect, "for the connection"), (first_token, "for the first token")] {
        if let Some(written) = written.as_ref().filter(|written| written.span != span) {
            let text = format!("{} {what}", duration(u64::from(written.value.0)));
            found = found.context(Label::new(file, written.span, text));
        }
    }
    if first_token.is_none() {
        found = found.note(format!("without `first-token` it is {}", duration(u64::from(FIRST_TOKEN_MS))));
    }
    Some(found)
}

/// Reports rules whose targets together do not fit. A rule is at fault where no chain below it is.
pub fn check_rules(index: &Index<'_>, graph: &Graph<'_>, sink: &mut Diagnostics) {
    let policy = &index.policy;
    let providers: Vec<_> = policy.backends.values().map(|backend| provider(policy, backend)).collect();
    let budgets = providers.iter().map(|provided| provided.map(|(_, _, budget)| budget));
    let waits: Vec<u64> =
        budgets.clone().map(|budget| budget.map_or(0, |budget| budget.attempt_ms)).collect();
    let total_ms = budgets.flatten().map(|budget| budget.total_ms).min().unwrap_or(u64::MAX);
    let worst = worst(policy, graph, Weight::Waits(&waits));
    let cuts = |kept: &Kept<RuleRoad>| kept.roads.iter().find_map(|road| first_cut(policy, &providers, road));
    let is_cut: Vec<bool> = worst
        .iter()
        .map(|found| found.iter().flat_map(|found| &found.rules).any(|(_, kept)| cuts(kept).is_some()))
        .collect();
    let is_over = |hop: &Hop<'_>| match hop.goal {
        Goal::Chain(at) => is_cut.get(at).copied().unwrap_or_default(),
        Goal::Backend(_) => false,
    };
    for (chain, found) in graph.chains.iter().zip(&worst) {
        for (rule, kept) in found.iter().flat_map(|found| &found.rules) {
            let Some(cut) = cuts(kept) else {
                if kept.may_exceed(total_ms) {
                    sink.push(analysis_bound::ways(chain.declared));
                }
                continue;
            };
            if !chain.hops.iter().any(|hop| std::ptr::eq(hop.rule, *rule) && is_over(hop)) {
                sink.push(cut.report(chain, rule));
            }
        }
    }
}

/// The first candidate of a road that its provider's total cuts short.
struct Cut<'w> {
    backend: &'w str,
    provider: &'w Declared<'w, Provider>,
    target: Span,
    until_ms: u64,
    total_ms: u64,
}

/// A backend, its provider, and what that says of an attempt.
type Provided<'w> = (&'w str, &'w Declared<'w, Provider>, Budget);

fn provider<'w>(policy: &'w Policy<'w>, backend: &'w Declared<'w, Backend>) -> Option<Provided<'w>> {
    let reference = backend.body()?.provider.value.as_str();
    let provider = policy.find::<Provider>(backend.owner, reference)?;
    let budget = Budget::of(provider.body()?.timeouts.as_ref(), policy.workspace);
    Some((&backend.name, provider, budget))
}

fn first_cut<'w>(
    policy: &Policy<'_>,
    providers: &[Option<Provided<'w>>],
    road: &RuleRoad,
) -> Option<Cut<'w>> {
    if road.road.attempts() > policy.attempts_max() {
        return None;
    }
    let mut until_ms: u64 = 0;
    for ((backend, attempts), place) in road.road.backends.iter().zip(1..) {
        let (backend, provider, budget) = providers.get(*backend).copied().flatten()?;
        let attempts = u64::try_from(*attempts).unwrap_or(u64::MAX);
        until_ms = until_ms.saturating_add(budget.attempt_ms.saturating_mul(attempts));
        if budget.fits() && until_ms > budget.total_ms {
            let step = road.steps.iter().find(|step| step.candidates >= place)?;
            let Budget { total_ms, .. } = budget;
            return Some(Cut { backend, provider, target: step.span, until_ms, total_ms });
        }
    }
    None
}

impl Cut<'_> {
    fn report(self, chain: &Node<'_>, rule: &source::Rule) -> Diagnostic {
        let Self { backend, provider, target, until_ms, total_ms } = self;
        let (until, total) = (duration(until_ms), duration(total_ms));
        let backend = visible(backend);
        let label = format!("expected `{backend}` to be done within {total}, found waits of up to {until}");
        let found = Diagnostic::new(
            &RULE,
            format!("attempts of rule `{}` do not fit the total timeout", visible(rule.name.value.as_str())),
            Label::new(chain.declared.file, target, label),
        )
        .context(Label::new(chain.declared.file, rule.name.span, "in this rule"))
        .consequence(format!("so the request would end before `{backend}` had its time"))
        .help("lower `first-token`, make fewer attempts, or raise `total`");
        let written = provider.body().and_then(|body| body.timeouts.as_ref());
        match written.and_then(|timeouts| timeouts.value.total.as_ref()) {
            Some(written) => {
                let text = format!("the total of provider `{}` is at", visible(&provider.name));
                found.note_at(text, provider.file, written.span)
            }
            None => found.note(format!("without `total` it is {total}")),
        }
    }
}

/// Whole seconds as such.
fn duration(ms: u64) -> String {
    if ms.is_multiple_of(1_000) { format!("{}s", ms / 1_000) } else { format!("{ms}ms") }
}

/// Of a provider that does not say. **Unit**: ms.
const FIRST_TOKEN_MS: u32 = 60_000;
