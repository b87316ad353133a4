//! `model-not-in-chain`: a model that a key allows and its chain does not have, or a chain after its budget that has none of them.
//!
//! Invariants: every entry of a key's `models` lets something through; and where a chain takes over when a budget is spent, some
//! model of each key under the budget can answer there.
//!
//! Read next: [`crate::reach::models`], which collects what a chain accepts.

use std::collections::BTreeMap;

use pointsman_schema::read::scalar::ModelName;
use pointsman_schema::source::{Budget, Chain, Key};
use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, Fix, FixClass, Label};
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::reach::Graph;
use crate::reach::beginnings::{Beginning, Beginnings, KeyOf, on_exceed_span};
use crate::reach::models::Accepted;
use crate::resolve::site::spell;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::similar::Patience;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "model-not-in-chain",
    severity: Severity::Error,
    summary: "a key allows a model that its chain cannot serve, or none that the chain after its budget can",
    page: include_str!("../../../docs/rules/model-not-in-chain.md"),
};

/// A key and its chain.
pub struct Pair<'a, 'w> {
    /// The key.
    pub key: &'a Declared<'w, Key>,
    /// Its chain, with its place.
    pub chain: (usize, &'a Declared<'w, Chain>),
    /// What chains accept.
    pub accepted: &'a Accepted<'w>,
    /// What is left for suggestions.
    pub patience: &'a Patience,
}

/// Reports entries of `models` that let nothing through.
pub fn check(index: &Index<'_>, pair: &Pair<'_, '_>, models: &[Spanned<ModelName>], sink: &mut Diagnostics) {
    let Pair { accepted, chain: (chain, _), .. } = *pair;
    if !accepted.is_complete(chain) {
        return;
    }
    let mut can_serve = models.is_empty();
    let mut is_reported = false;
    for model in models {
        let name = model.value.as_str();
        can_serve |= accepted.has_model(chain, name);
        if !accepted.accepts(chain, name) {
            sink.push(unserved(index, pair, model));
            is_reported = true;
        }
    }
    if let Some(first) = models.first().filter(|_| !can_serve && !is_reported) {
        let label = "expected at least one model of a backend, found only aliases";
        sink.push(
            base(pair, "allows no model that could answer", first, label)
                .consequence("`models` filters what serves, too, so every request would be refused")
                .help(format!("add models of the chain: {}", list(accepted.models(chain)))),
        );
    }
}

/// Reports each budget after which a chain takes over that has no model of a key under the budget, with the first such key.
pub fn check_taking_over<'w>(
    index: &Index<'w>,
    (graph, beginnings): (&Graph<'w>, &Beginnings<'w>),
    accepted: &Accepted<'w>,
    sink: &mut Diagnostics,
) {
    if beginnings.lines().iter().all(|line| line.taking_over.is_none()) {
        return;
    }
    let mut walk = beginnings.walk();
    let mut found: BTreeMap<usize, (Beginning<'w>, KeyOf<'_>, usize)> = BTreeMap::new();
    for (key, body) in Policy::bodies(&index.policy.keys).filter(|(_, body)| !body.models.is_empty()) {
        for beginning in walk.of(key) {
            let Some(budget) = beginning.after.filter(|_| accepted.is_complete(beginning.chain)) else {
                continue;
            };
            let mut models = body.models.iter().map(|model| model.value.as_str());
            if models.any(|model| accepted.has_model(beginning.chain, model))
                || index.is_spoiled(key.file, key.named.span)
            {
                continue;
            }
            let (.., count) = found.entry(budget.at).or_insert((beginning, (key, body), 0));
            *count = count.saturating_add(1);
        }
    }
    for (beginning, key, count) in found.into_values() {
        let node = beginning.after.zip(graph.chains.get(beginning.chain));
        sink.extend(node.map(|(budget, node)| {
            let models = list(accepted.models(beginning.chain));
            taking_over((budget, node.declared), (key, count), &models)
        }));
    }
}

fn taking_over(
    (budget, chain): (&Declared<'_, Budget>, &Declared<'_, Chain>),
    ((key, body), count): (KeyOf<'_>, usize),
    models: &str,
) -> Diagnostic {
    let (name, of_chain, of_budget) = (visible(&key.name), visible(&chain.name), visible(&budget.name));
    let mut found = Diagnostic::new(
        &RULE,
        format!(
            "no model of key `{name}` is in chain `{of_chain}`, which takes over from budget `{of_budget}`"
        ),
        Label::new(budget.file, on_exceed_span(budget), "expected a chain that has one of them, found none"),
    )
    .context(Label::new(budget.file, budget.named.name.span, "when this budget is spent"))
    .context(Label::new(chain.file, chain.named.name.span, "this chain takes over"));
    if let Some(first) = body.models.first() {
        found =
            found.context(Label::new(key.file, first.span, format!("key `{name}` is served by these only")));
    }
    found = found
        .consequence("so every request of the key would be refused then, as with `reject`")
        .help(format!("name another chain, or add a model of this one to the key: {models}"))
        .help("or say `reject`, if that is meant");
    match count.saturating_sub(1) {
        0 => found,
        1 => found.note("another key under the budget has none either"),
        more => found.note(format!("{more} other keys under the budget have none either")),
    }
}

fn unserved(index: &Index<'_>, pair: &Pair<'_, '_>, model: &Spanned<ModelName>) -> Diagnostic {
    let name = model.value.as_str();
    let headline = format!("allows `{}`, which its chain does not have", visible(name));
    let label = "neither a model of the chain's backends nor an alias of the chain";
    let found = base(pair, &headline, model, label).consequence("so this entry lets nothing through");
    let known = || pair.accepted.names(pair.chain.0);
    match pair.patience.nearest(name, known()) {
        Some(similar) => {
            let spelled = spell(index.syntax(pair.key.file), similar);
            let fix = Fix::replace(FixClass::Unsafe, pair.key.file, model.span, spelled);
            found.help_with_fix("the chain has a model with a similar name", fix)
        }
        None => found.help(format!("remove it, or choose among what the chain accepts: {}", list(known()))),
    }
}

fn base(pair: &Pair<'_, '_>, what: &str, model: &Spanned<ModelName>, label: &str) -> Diagnostic {
    let (key, (_, chain)) = (pair.key, pair.chain);
    let headline = format!("key `{}` {what}", visible(&key.name));
    Diagnostic::new(&RULE, headline, Label::new(key.file, model.span, label))
        .context(Label::new(key.file, key.named.name.span, "this key"))
        .context(Label::new(chain.file, chain.named.name.span, "its chain"))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> =
        names.take(LISTED_MAX.saturating_add(1)).map(|name| format!("`{name}`")).collect();
    if names.len() > LISTED_MAX {
        names.truncate(LISTED_MAX);
        names.push("others".to_owned());
    }
    names.join(", ")
}

/// **Unit**: names in one help.
const LISTED_MAX: usize = 8;
