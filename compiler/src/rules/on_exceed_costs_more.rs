//! `on-exceed-costs-more`: a chain that takes over when a budget is spent and can come to a dearer backend.
//!
//! Deliberately compares the highest price of each kind, input and output by itself, of the list that begins last, for
//! requests that are not long. Invariant: a report names two backends whose prices are both known.
//!
//! Read next: [`crate::reach::beginnings`] for who carries a budget, [`Dearest`] for what a chain can cost.

use std::collections::BTreeMap;

use pointsman_schema::catalogue::Rates;
use pointsman_schema::read::amount::dollars;
use pointsman_schema::source::{Backend, Budget};

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::reach::beginnings::Beginnings;
use crate::reach::below::Below;
use crate::reach::sets::{Draft, Set};
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
pub fn check<'w>(
    index: &'w Index<'w>,
    (graph, beginnings): (&Graph<'w>, &Beginnings<'w>),
    sink: &mut Diagnostics,
) {
    if beginnings.lines().iter().all(|line| line.taking_over.is_none()) {
        return;
    }
    let policy = &index.policy;
    let dearest = Dearest::of(policy, graph);
    let mut draft = Draft::new(dearest.of_models.len());
    let of_keys = policy.keys.values().map(|key| {
        let (body, chain) = (key.body()?, beginnings.chain_of(key)?);
        if body.models.is_empty() {
            return Some(Usual { costs: dearest.all(chain), models: Models::All });
        }
        let named = body.models.iter().filter_map(|model| dearest.number(model.value.as_str()));
        let named: Vec<usize> = named.collect();
        let costs = dearest.some(chain, named.iter().copied());
        Some(Usual { costs, models: Models::Only(draft.of(named)) })
    });
    let of_keys: Vec<Option<Usual<'_>>> = of_keys.collect();
    let before = beginnings.gathered(
        |(key, _)| of_keys.get(key.at).copied().flatten().unwrap_or_default(),
        |whole, part| whole.include(part, &mut draft),
    );
    let sets = draft.finish();
    for (line, usual) in beginnings.lines().iter().zip(before) {
        let Some(chain) = line.taking_over else { continue };
        let after = match usual.models {
            Models::All => dearest.all(chain),
            Models::Only(models) => dearest.some(chain, sets.iter(models)),
        };
        sink.extend(diagnostic(policy, line.budget, &usual.costs, &after));
    }
}

/// What the keys of a budget can come to before it is spent, and the models that they may be served by.
#[derive(Debug, Clone, Copy, Default)]
struct Usual<'w> {
    costs: Costs<'w>,
    models: Models,
}

impl Usual<'_> {
    fn include(&mut self, other: Self, draft: &mut Draft) {
        self.costs.include(&other.costs);
        self.models = match (self.models, other.models) {
            (Models::Only(models), Models::Only(others)) => Models::Only(draft.union(models, others)),
            (Models::All, _) | (_, Models::All) => Models::All,
        };
    }
}

/// Models that some keys may be served by.
#[derive(Debug, Clone, Copy)]
enum Models {
    All,
    /// By their places among those that have backends.
    Only(Set),
}

impl Default for Models {
    fn default() -> Self {
        Self::Only(Set::EMPTY)
    }
}

/// The dearest backend of each kind of token.
#[derive(Debug, Clone, Copy, Default)]
struct Costs<'w> {
    input: Cost<'w>,
    output: Cost<'w>,
}

/// The dearest backend of one kind of token, and whether some price is not known.
#[derive(Debug, Clone, Copy, Default)]
struct Cost<'w> {
    dearest: Option<(u64, &'w str)>,
    is_incomplete: bool,
}

impl<'w> Cost<'w> {
    /// Of what nothing is known.
    const UNKNOWN: Self = Self { dearest: None, is_incomplete: true };

    fn include(&mut self, other: Cost<'w>) {
        self.dearest = self.dearest.max(other.dearest);
        self.is_incomplete |= other.is_incomplete;
    }
}

impl<'w> Costs<'w> {
    fn extend(&mut self, other: Option<&Self>) {
        if let Some(other) = other {
            self.include(other);
        }
    }

    fn include(&mut self, other: &Self) {
        self.input.include(other.input);
        self.output.include(other.output);
    }

    fn of(policy: &Policy<'_>, backend: &'w Declared<'w, Backend>) -> Self {
        let facts = backend.body().and_then(|body| policy.model_facts(body.model.value.as_str()));
        let list = facts.as_ref().and_then(|facts| facts.tariffs.last()?.steps.first());
        let Rates { input, output, .. } = list.map(|step| step.rates).unwrap_or_default();
        let cost = |amount: Option<u64>, is_needed| Cost {
            dearest: amount.map(|amount| (amount, backend.name.as_str())),
            is_incomplete: amount.is_none() && is_needed,
        };
        Self { input: cost(input, true), output: cost(output, facts.is_none_or(|facts| facts.has_output())) }
    }
}

/// What each chain can cost at most.
struct Dearest<'w> {
    below: Below<'w>,
    /// By the place of the backend.
    of_backends: Vec<Costs<'w>>,
    /// By the place of the chain; nothing for those that go in circles.
    of_chains: Vec<Option<Costs<'w>>>,
    /// The backends of each model, in the order of the models.
    of_models: Vec<(&'w str, Vec<&'w Declared<'w, Backend>>)>,
}

impl<'w> Dearest<'w> {
    fn of(policy: &'w Policy<'w>, graph: &Graph<'w>) -> Self {
        let of_backends: Vec<_> =
            policy.backends.values().map(|backend| Costs::of(policy, backend)).collect();
        let of_chains = graph.from_below(None, |node, all| {
            let mut found = Costs::default();
            for hop in &node.hops {
                let costs = match hop.goal {
                    Goal::Backend(backend) => of_backends.get(backend.at),
                    Goal::Chain(next) => all.get(next).and_then(Option::as_ref),
                };
                found.extend(costs);
            }
            Some(found)
        });
        let mut of_models: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for (declared, body) in Policy::bodies(&policy.backends) {
            of_models.entry(body.model.value.as_str()).or_default().push(declared);
        }
        let (below, of_models) = (Below::of(policy, graph, |_| true), of_models.into_iter().collect());
        Self { below, of_backends, of_chains, of_models }
    }

    /// The place of a model among those that have backends.
    fn number(&self, model: &str) -> Option<usize> {
        self.of_models.binary_search_by_key(&model, |(name, _)| name).ok()
    }

    /// What a chain can cost keys of all models.
    fn all(&self, chain: usize) -> Costs<'w> {
        let circles = Costs { input: Cost::UNKNOWN, output: Cost::UNKNOWN };
        self.of_chains.get(chain).copied().flatten().unwrap_or(circles)
    }

    /// The same for keys of some models.
    fn some(&self, chain: usize, models: impl Iterator<Item = usize>) -> Costs<'w> {
        if self.of_chains.get(chain).is_none_or(Option::is_none) {
            return self.all(chain);
        }
        let mut found = Costs::default();
        let backends =
            models.filter_map(|model| self.of_models.get(model)).flat_map(|(_, backends)| backends);
        for backend in backends.filter(|backend| self.below.has(chain, backend)) {
            found.extend(self.of_backends.get(backend.at));
        }
        found
    }
}

fn diagnostic(
    policy: &Policy<'_>,
    declared: &Declared<'_, Budget>,
    usual: &Costs<'_>,
    after: &Costs<'_>,
) -> Option<Diagnostic> {
    let on_exceed = declared.body()?.on_exceed.as_ref()?;
    let kinds = [("input", usual.input, after.input), ("output", usual.output, after.output)];
    let dearer =
        kinds.into_iter().filter(|(_, usual, _)| !usual.is_incomplete).find_map(|(kind, usual, after)| {
            let (usual, after) = (usual.dearest?, after.dearest?);
            (after.0 > usual.0).then_some((kind, usual, after))
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
