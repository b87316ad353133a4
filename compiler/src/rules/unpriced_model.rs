//! `unpriced-model`: a money budget that cannot be charged, because a model that its requests can reach has no price.
//!
//! Deliberately once a model, with the first key and budget that lead to the backend that needs the most of what is missing.
//! Invariant: under a policy that compiles, whatever usage a provider can report to a request with a money budget has a
//! price on every day.
//!
//! Read next: [`crate::reach::beginnings`] for who comes where under which budget, [`needs`] for what a provider can report.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::catalogue::{Rates, Tariff};
use pointsman_schema::protocol::ProviderProtocol;
use pointsman_schema::source::{Backend, Budget, Key, Model, PriceList, Provider};
use pointsman_schema::tree::{Span, Spanned};

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::model::{Facts, tariff};
use crate::policy::{Declared, Policy};
use crate::reach::Graph;
use crate::reach::beginnings::{Beginning, Beginnings};
use crate::reach::below::Below;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;
use crate::suppression::Date;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unpriced-model",
    severity: Severity::Error,
    summary: "a request under a money budget can reach a model without a price",
    page: include_str!("../../../docs/rules/unpriced-model.md"),
};

/// What one backend's model lacks.
#[derive(Debug)]
struct Lack<'w> {
    backend: &'w Declared<'w, Backend>,
    model: &'w str,
    protocol: ProviderProtocol,
    missing: Vec<Column>,
    /// The day of the first list, when there is none before it and that is too late.
    begins: Option<Date>,
}

/// A price by its field.
type Column = (&'static str, fn(&Rates) -> Option<u64>);

/// Reports each model that lacks a price and that a key with a money budget can reach.
pub fn check<'w>(
    index: &'w Index<'w>,
    (graph, beginnings): (&Graph<'w>, &Beginnings<'w>),
    as_of: Option<Date>,
    sink: &mut Diagnostics,
) {
    let policy = &index.policy;
    if !Policy::bodies(&policy.budgets).any(|(_, budget)| budget.amount.is_some()) {
        return;
    }
    let lacks: BTreeMap<&str, Lack<'_>> = Policy::bodies(&policy.backends)
        .filter_map(|(declared, body)| Some((declared.name.as_str(), lack(policy, declared, body, as_of)?)))
        .collect();
    if lacks.is_empty() {
        return;
    }
    let below = Below::of(policy, graph, |backend| lacks.contains_key(backend.name.as_str()));
    let mut walk = beginnings.walk();
    let mut worst: BTreeMap<&str, Worst<'_>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (key, body) in Policy::bodies(&policy.keys) {
        let budgets = walk.budgets(key);
        let Some(counting) = budgets.iter().find(|line| line.counts_money()) else { continue };
        let mut models: Vec<&str> = body.models.iter().map(|model| model.value.as_str()).collect();
        models.sort_unstable();
        for Beginning { chain, .. } in beginnings.under(key, &budgets) {
            // Whoever comes to the same as another key has nothing to add.
            if !seen.insert((below.set(chain), models.clone())) {
                continue;
            }
            let lacks = below.backends(chain).filter_map(|backend| lacks.get(backend.name.as_str()));
            for lack in lacks.filter(|lack| models.is_empty() || models.contains(&lack.model)) {
                let found = Worst { lack, key, budget: counting.budget };
                let worst = worst.entry(lack.model).or_insert(found);
                // What one protocol needs begins with all that another needs, so the longest list has all.
                if worst.lack.missing.len() < lack.missing.len() {
                    *worst = found;
                }
            }
        }
    }
    sink.extend(worst.values().filter_map(|worst| diagnostic(index, worst)));
}

/// The backend of a model for which the most is missing, and who comes to it.
#[derive(Debug, Clone, Copy)]
struct Worst<'l> {
    lack: &'l Lack<'l>,
    key: &'l Declared<'l, Key>,
    budget: &'l Declared<'l, Budget>,
}

fn lack<'w>(
    policy: &'w Policy<'w>,
    declared: &'w Declared<'w, Backend>,
    body: &'w Backend,
    as_of: Option<Date>,
) -> Option<Lack<'w>> {
    let provider = policy.find::<Provider>(declared.owner, body.provider.value.as_str())?;
    let protocol = provider.body()?.protocol.value;
    let model = body.model.value.as_str();
    let facts = policy.model_facts(model)?;
    let begins = facts.tariffs.first().and_then(|first| first.valid_from);
    let begins = begins.filter(|begins| as_of.is_some_and(|as_of| *begins > as_of));
    let mut missing = needs(protocol, &facts);
    missing.retain(|column| begins.is_some() || facts.tariffs.is_empty() || lacks(&facts.tariffs, *column));
    (!missing.is_empty()).then_some(Lack { backend: declared, model, protocol, missing, begins })
}

/// Whether some step of some list has no price in a column.
fn lacks(tariffs: &[Tariff], (_, price): Column) -> bool {
    tariffs.iter().flat_map(|tariff| &tariff.steps).any(|step| price(&step.rates).is_none())
}

/// The prices that the usage reported by a provider can need.
fn needs(protocol: ProviderProtocol, facts: &Facts) -> Vec<Column> {
    let mut needs: Vec<Column> = vec![("input", |rates| rates.input)];
    if !facts.has_output() {
        return needs;
    }
    needs.push(("output", |rates| rates.output));
    let (reads, writes) = cache_reports(protocol);
    if reads {
        needs.push(("cached-read", |rates| rates.cached_read));
    }
    if writes {
        needs.push(("cache-write", |rates| rates.cache_write));
    }
    needs
}

/// Whether a protocol's usage has tokens read from a cache, and written to one, beside the others. What other servers make
/// of OpenAI's protocol is too various to ask for more than input and output.
fn cache_reports(protocol: ProviderProtocol) -> (bool, bool) {
    match protocol {
        ProviderProtocol::Anthropic | ProviderProtocol::Bedrock => (true, true),
        ProviderProtocol::OpenAi
        | ProviderProtocol::AzureOpenAi
        | ProviderProtocol::Gemini
        | ProviderProtocol::Vertex => (true, false),
        ProviderProtocol::OpenAiCompatible | ProviderProtocol::Mistral | ProviderProtocol::Cohere => {
            (false, false)
        }
    }
}

fn diagnostic(index: &Index<'_>, worst: &Worst<'_>) -> Option<Diagnostic> {
    let Worst { lack, key, budget } = *worst;
    let declared = index.policy.models.get(lack.model);
    if declared.is_some_and(|declared| index.is_spoiled(declared.file, declared.named.span)) {
        return None;
    }
    let words = lack.missing.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let (file, span, label) = place(lack, declared, &words);
    let (key_name, backend) = (visible(&key.name), visible(&lack.backend.name));
    let model = visible(lack.model);
    let (lacking, help) = match lack.begins {
        Some(begins) => (format!("has no price before {begins}"), "write down, too, what holds until then"),
        None => {
            (format!("has no price for {words}"), "write the prices down, 0 where something costs nothing")
        }
    };
    let found = Diagnostic::new(
        &RULE,
        format!("model `{model}` {lacking}, and a budget counts money"),
        Label::new(file, span, label),
    )
    .context(Label::new(budget.file, budget.named.name.span, "this budget counts money"))
    .context(Label::new(key.file, key.named.name.span, "requests with this key fall under it"))
    .consequence("so what such a request costs could not be charged")
    .help(help)
    .note_at(
        format!("key `{key_name}` reaches the model through backend `{backend}` in"),
        lack.backend.file,
        lack.backend.named.name.span,
    );
    let is_cache = lack.begins.is_none() && lack.missing.iter().any(|(word, _)| word.starts_with("cache"));
    Some(if is_cache {
        found
            .note(format!("providers with the protocol {} report cached tokens by themselves", lack.protocol))
    } else {
        found
    })
}

/// The list that lacks a price, or the model where it has none, or the backend where the catalogue has none.
fn place(lack: &Lack<'_>, declared: Option<&Declared<'_, Model>>, words: &str) -> (FileId, Span, String) {
    let Some(declared) = declared else {
        let span = lack.backend.body().map_or(lack.backend.named.name.span, |body| body.model.span);
        let label = format!("expected a model with prices for {words}, found none in the built-in catalogue");
        return (lack.backend.file, span, label);
    };
    let lists = declared.body().map(|body| body.prices.as_slice()).unwrap_or_default();
    let is_short = |list: &Spanned<PriceList>| {
        let tariff = [tariff(&list.value)];
        lack.missing.iter().any(|column| lacks(&tariff, *column))
    };
    let first = lists.iter().filter_map(|list| list.value.valid_from.as_ref()).min_by_key(|day| day.value);
    match (lack.begins, first, lists.iter().find(|list| is_short(list))) {
        (Some(begins), Some(first), _) => (
            declared.file,
            first.span,
            format!("expected a list for the days before, found the first one from {begins} on"),
        ),
        (_, _, Some(list)) => (
            declared.file,
            list.span.begin(),
            format!("expected prices for {words}, found none in this list"),
        ),
        _ => (declared.file, declared.named.name.span, format!("expected prices for {words}, found none")),
    }
}

#[cfg(test)]
mod tests {
    use pointsman_schema::capability::Capability;

    use super::*;

    #[test]
    fn what_a_protocol_needs_begins_with_what_another_needs() {
        let words = |protocol: &ProviderProtocol, capabilities| -> Vec<_> {
            needs(*protocol, &Facts { capabilities, ..Facts::default() })
                .into_iter()
                .map(|(word, _)| word)
                .collect()
        };
        for capabilities in [Capability::Embeddings.bit(), Capability::Streaming.bit()] {
            for (a, b) in
                ProviderProtocol::ALL.iter().flat_map(|a| ProviderProtocol::ALL.iter().map(move |b| (a, b)))
            {
                let (a, b) = (words(a, capabilities), words(b, capabilities));
                assert!(a.starts_with(&b) || b.starts_with(&a), "{a:?} {b:?}");
            }
        }
    }
}
