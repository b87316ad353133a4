//! `on-exceed-costs-more`: a chain that takes over when a budget is spent and can come to a dearer backend.
//!
//! Deliberately compares the highest price of each kind, input and output by itself, of the list that begins last, for
//! requests that are not long. Invariant: a report names two backends whose prices are both known.
//!
//! Read next: [`crate::reach::money`] for who carries a budget, [`dearest`] for what a chain can cost.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::catalogue::Rates;
use pointsman_schema::read::amount::dollars;
use pointsman_schema::source::Budget;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::reach::money::{budgets, taking_over};
use crate::reach::{Goal, Graph};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "on-exceed-costs-more",
    severity: Severity::Warning,
    summary: "what takes over when a budget is spent can cost more",
    page: include_str!("../../../docs/rules/on-exceed-costs-more.md"),
};

/// Reports each budget whose chain for afterwards can come to something dearer than all its keys could before.
pub fn check<'w>(index: &'w Index<'w>, graph: &Graph<'w>, sink: &mut Diagnostics) {
    let policy = &index.policy;
    let place = |chain: &str| graph.place(chain);
    let after: BTreeMap<&str, usize> = policy
        .budgets
        .values()
        .filter_map(|budget| Some((budget.name.as_str(), place(taking_over(policy, budget)?)?)))
        .collect();
    if after.is_empty() {
        return;
    }
    let mut before: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (key, body) in Policy::bodies(&policy.keys) {
        let chain = policy.chain(key.owner, body.chain.value.as_str()).found();
        let Some(chain) = chain.and_then(place) else { continue };
        for budget in
            budgets(policy, key, body).into_iter().filter(|budget| after.contains_key(budget.name.as_str()))
        {
            before.entry(budget.name.as_str()).or_default().insert(chain);
        }
    }
    let costs = dearest(policy, graph);
    for (name, chains) in before {
        let (Some(declared), Some(after)) =
            (policy.budgets.get(name), after.get(name).and_then(|at| costs.get(*at)))
        else {
            continue;
        };
        let mut usual = Costs::default();
        chains.iter().filter_map(|at| costs.get(*at)).for_each(|costs| usual.include(costs));
        sink.extend(diagnostic(policy, declared, &usual, after));
    }
}

/// The dearest backend of each kind of token, and whether some price is not known.
#[derive(Debug, Clone, Default)]
struct Costs<'w> {
    input: Option<(u64, &'w str)>,
    output: Option<(u64, &'w str)>,
    is_incomplete: bool,
}

impl<'w> Costs<'w> {
    fn include(&mut self, other: &Self) {
        self.input = self.input.max(other.input);
        self.output = self.output.max(other.output);
        self.is_incomplete |= other.is_incomplete;
    }

    fn of(policy: &Policy<'_>, backend: &'w str) -> Self {
        let body = policy.backends.get(backend).and_then(Declared::body);
        let facts = body.and_then(|body| policy.model_facts(body.model.value.as_str()));
        let list = facts.as_ref().and_then(|facts| facts.tariffs.last()?.steps.first());
        let Rates { input, output, .. } = list.map(|step| step.rates).unwrap_or_default();
        let known = |amount: Option<u64>| amount.map(|amount| (amount, backend));
        Self {
            input: known(input),
            output: known(output),
            is_incomplete: input.is_none() || output.is_none(),
        }
    }
}

/// What each chain can cost at most.
fn dearest<'w>(policy: &Policy<'_>, graph: &Graph<'w>) -> Vec<Costs<'w>> {
    let unknown = Costs { is_incomplete: true, ..Costs::default() };
    let mut all = vec![unknown; graph.chains.len()];
    let mut backends: BTreeMap<&str, Costs<'w>> = BTreeMap::new();
    for at in &graph.order {
        let mut found = Costs::default();
        for hop in graph.chains.get(*at).into_iter().flat_map(|chain| &chain.hops) {
            match hop.goal {
                Goal::Backend(name) => {
                    found.include(backends.entry(name).or_insert_with(|| Costs::of(policy, name)));
                }
                Goal::Chain(next) => all.get(next).into_iter().for_each(|below| found.include(below)),
            }
        }
        if let Some(slot) = all.get_mut(*at) {
            *slot = found;
        }
    }
    all
}

fn diagnostic(
    policy: &Policy<'_>,
    declared: &Declared<'_, Budget>,
    usual: &Costs<'_>,
    after: &Costs<'_>,
) -> Option<Diagnostic> {
    if usual.is_incomplete {
        return None;
    }
    let on_exceed = declared.body()?.on_exceed.as_ref()?;
    let kinds = [("input", usual.input?, after.input), ("output", usual.output?, after.output)];
    let dearer = kinds.into_iter().find_map(|(kind, usual, after)| {
        after.filter(|after| after.0 > usual.0).map(|after| (kind, usual, after))
    });
    let (kind, usual, after) = dearer?;
    let price = |(nanos, _): (u64, &str)| dollars(u128::from(nanos));
    let (before, later) = (price(usual), price(after));
    let label =
        format!("expected at most {before} dollars for a million tokens of {kind}, found up to {later}");
    let found = Diagnostic::new(
        &RULE,
        format!("what takes over from budget `{}` can cost more", visible(&declared.name)),
        Label::new(declared.file, on_exceed.span, label),
    )
    .context(Label::new(declared.file, declared.named.name.span, "when this budget is spent"))
    .consequence("so money can be spent faster after the budget is spent than before")
    .help("name a chain of cheaper backends, or `reject`");
    let said = [(after, "the dearest that takes over", later), (usual, "the dearest until then", before)];
    Some(said.into_iter().fold(found, |found, ((_, name), what, price)| match policy.backends.get(name) {
        Some(backend) => {
            let text = format!("{what} is `{}`, with a price of {price}, declared in", visible(name));
            found.note_at(text, backend.file, backend.named.name.span)
        }
        None => found,
    }))
}
