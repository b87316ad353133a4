//! What the rules of each chain decide, and the findings that follow.
//!
//! A chain is judged over the requests that can come to it. Requests of a chain that other chains go on to come through
//! their rules as well; for it every key and every model of a chain above counts, which can only miss a finding. The same
//! holds for a chain that takes over when a budget is spent: its requests ask for what their key's own chain accepts. What
//! falls through is judged for chains that requests begin in, and for their keys: to the others a chain that takes nothing is
//! only the end of one way.
//!
//! Read next: [`crate::analysis`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use pointsman_schema::source::{Chain, Predicate};

use super::unsure::Unsure;
use crate::analysis::callers::Callers;
use crate::analysis::space::World;
use crate::analysis::{Answer, Decided, decide};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::reach::beginnings::{Beginnings, KeyOf};
use crate::reach::models::Accepted;
use crate::reach::roads::{Roads, targets};
use crate::reach::{Goal, Graph};
use crate::rules::shared_failure_domain::Domains;
use crate::rules::{
    analysis_bound, embeddings_beside_answers, label_not_carried, predicate_without_effect,
    request_falls_through, shared_rate_limit, too_many, unreachable_rule,
};

/// Judges every chain.
pub(super) fn check<'w>(chains: &Chains<'_, 'w>, graph: &Graph<'w>, sink: &mut Diagnostics) {
    let index = chains.index;
    for (at, node) in graph.chains.iter().enumerate() {
        let (declared, body) = (node.declared, node.body);
        let is_plain = body.rules.iter().all(|rule| rule.value.condition().is_none());
        let is_whole = !index.is_spoiled(declared.file, declared.named.span) && too_many::fits(body);
        let answer =
            if is_plain || !is_whole { Answer::Unknown } else { chains.judge(at, (declared, body), sink) };
        match answer {
            Answer::Decided(_) => {}
            Answer::Unknown => unreachable_rule::check_undecided(index, declared, body, sink),
            Answer::TooMuch => {
                sink.push(analysis_bound::diagnostic(declared));
                unreachable_rule::check_undecided(index, declared, body, sink);
            }
        }
    }
}

/// Judges what takes over when a primary fails.
pub(super) fn takers_over<'w>(chains: &Chains<'_, 'w>, graph: &Graph<'w>, sink: &mut Diagnostics) {
    let roads = Roads::of(chains.index, graph);
    let domains = Domains::of(graph, &roads);
    let all: Vec<Vec<_>> = graph.chains.iter().map(|node| targets(node).collect()).collect();
    label_not_carried::check((graph, chains.beginnings), &roads, sink);
    for (node, of_chain) in graph.chains.iter().zip(&all) {
        for targets in of_chain.iter().flatten() {
            sink.extend(embeddings_beside_answers::find(node, targets, &roads));
            match domains.find(node, targets) {
                // Whoever falls with the primary is throttled with it, too; that is said once.
                Some(found) => sink.push(found),
                None => shared_rate_limit::check(node, targets, &roads, sink),
            }
        }
    }
    super::losses::check(chains, graph, (&roads, &all), sink);
}

/// What is known of all chains together.
pub(super) struct Chains<'i, 'w> {
    pub(super) index: &'w Index<'w>,
    graph: &'i Graph<'w>,
    pub(super) accepted: &'i Accepted<'w>,
    /// The keys whose requests begin in each chain.
    pub(super) beginnings: &'i Beginnings<'w>,
    /// The places of the chains that others go on to.
    pub(super) nested: BTreeSet<usize>,
    /// By the place of the chain, whether it, or one below, asks who calls.
    pub(super) asks_who: Vec<bool>,
    unsure: Unsure<'w>,
    everyone: OnceLock<Callers<'w>>,
}

/// The keys whose requests begin in a chain.
struct Begun<'b, 'w> {
    /// Those that name it.
    own: &'b [KeyOf<'w>],
    /// By the place of the chain that they name, those from which it takes over.
    taken_over: BTreeMap<usize, Vec<KeyOf<'w>>>,
}

impl<'i, 'w> Chains<'i, 'w> {
    /// Puts them together.
    pub(super) fn of(
        index: &'w Index<'w>,
        (graph, beginnings): (&'i Graph<'w>, &'i Beginnings<'w>),
        accepted: &'i Accepted<'w>,
    ) -> Self {
        let hops = graph.chains.iter().flat_map(|node| &node.hops);
        let nested = hops.filter_map(|hop| match hop.goal {
            Goal::Chain(next) => Some(next),
            Goal::Backend(_) => None,
        });
        let nested = nested.collect();
        let asks_who = graph.from_below(true, |node, all| {
            let is_asked = |goal| match goal {
                Goal::Chain(next) => all.get(next).copied().unwrap_or(true),
                Goal::Backend(_) => false,
            };
            asks(node.body, is_who) || node.hops.iter().any(|hop| is_asked(hop.goal))
        });
        let unsure = Unsure::of(index, (graph, beginnings));
        Self { index, graph, accepted, beginnings, nested, asks_who, unsure, everyone: OnceLock::new() }
    }

    fn everyone(&self) -> &Callers<'w> {
        let policy = &self.index.policy;
        self.everyone.get_or_init(|| Callers::of(policy, Policy::bodies(&policy.keys)))
    }

    fn begun(&self, at: usize) -> Begun<'i, 'w> {
        let mut taken_over: BTreeMap<usize, Vec<KeyOf<'w>>> = BTreeMap::new();
        for key in self.beginnings.taken_over(at) {
            if let Some(chain) = self.beginnings.chain_of(key.0) {
                taken_over.entry(chain).or_default().push(key);
            }
        }
        Begun { own: self.beginnings.own(at), taken_over }
    }

    fn judge(
        &self,
        at: usize,
        chain: (&'w Declared<'w, Chain>, &'w Chain),
        sink: &mut Diagnostics,
    ) -> Answer {
        let (declared, body) = chain;
        let is_known = self.unsure.knows(self.graph, self.beginnings, at);
        let begun = self.begun(at);
        let is_nested = self.nested.contains(&at);
        let models = match asks(body, is_model) {
            false => None,
            true if is_nested || !is_known => self.models_above(at),
            true => self.models(at, &begun),
        };
        let own = (asks(body, is_who) && !is_nested && is_known && !begun.is_empty())
            .then(|| Callers::of(&self.index.policy, begun.keys()));
        let everyone =
            (asks(body, is_who) && is_nested && self.unsure.knows_consumers()).then(|| self.everyone());
        let world = World { index: self.index, callers: everyone.or(own.as_ref()), models: models.as_ref() };
        let answer = decide(declared, body, world);
        let Answer::Decided(decided) = &answer else { return answer };
        unreachable_rule::check(declared, body, decided, sink);
        predicate_without_effect::check(declared, body, decided, sink);
        if is_known {
            let is_own_alone = !is_nested && begun.taken_over.is_empty();
            let decided = Some(decided).filter(|_| is_own_alone);
            self.falling(at, chain, (&begun, decided), sink);
        }
        answer
    }

    /// What falls through: of the keys that name a chain, else of those from which it takes over. `decided` is what is known
    /// already of the former together.
    fn falling(
        &self,
        at: usize,
        (declared, body): (&'w Declared<'w, Chain>, &'w Chain),
        (begun, decided): (&Begun<'_, 'w>, Option<&Decided>),
        sink: &mut Diagnostics,
    ) {
        if body.rules.iter().any(|rule| rule.value.condition().is_none()) {
            return;
        }
        let origins = begun.taken_over.iter().map(|(origin, keys)| (*origin, keys.as_slice()));
        let own = (!begun.own.is_empty()).then_some((at, begun.own));
        let mut left = WORLDS_MAX;
        for (origin, keys) in own.into_iter().chain(origins) {
            let alike = self.alike(origin, keys, body);
            let decided = decided.filter(|_| alike.len() == 1);
            for keys in &alike {
                let Some(rest) = left.checked_sub(1) else {
                    sink.push(analysis_bound::diagnostic(declared));
                    return;
                };
                left = rest;
                let found = match decided {
                    Some(decided) => request_falls_through::diagnostic(declared, body, decided),
                    None => self.falling_of((declared, body), origin, keys),
                };
                if let Some(found) = found {
                    sink.extend(self.explained(at, origin, keys, found));
                    return;
                }
            }
        }
    }

    /// The same of some keys of one chain that may ask it for the same.
    fn falling_of(
        &self,
        (declared, body): (&'w Declared<'w, Chain>, &'w Chain),
        origin: usize,
        keys: &[KeyOf<'w>],
    ) -> Option<Diagnostic> {
        let models = if asks(body, is_model) { self.asked_by(origin, keys) } else { None };
        let callers = asks(body, is_who).then(|| Callers::of(&self.index.policy, keys.iter().copied()));
        let world = World { index: self.index, callers: callers.as_ref(), models: models.as_ref() };
        match decide(declared, body, world) {
            Answer::Decided(decided) => request_falls_through::diagnostic(declared, body, &decided),
            Answer::Unknown | Answer::TooMuch => None,
        }
    }

    /// A finding of keys that name another chain says when they come.
    fn explained(
        &self,
        at: usize,
        origin: usize,
        keys: &[KeyOf<'w>],
        found: Diagnostic,
    ) -> Option<Diagnostic> {
        if origin == at {
            return Some(found);
        }
        let (key, _) = keys.first()?;
        let beginnings = self.beginnings.walk().of(key);
        let budget = beginnings.into_iter().find(|beginning| beginning.chain == at)?.after?;
        Some(request_falls_through::after(found, budget, key))
    }

    /// Keys of one chain in groups that may ask for the same models, where the other's rules ask for the model and for who calls:
    /// which of both come together is the keys' to say.
    fn alike(&self, origin: usize, keys: &[KeyOf<'w>], body: &Chain) -> Vec<Vec<KeyOf<'w>>> {
        if !asks(body, is_model) || !asks(body, is_who) {
            return vec![keys.to_vec()];
        }
        let mut groups: BTreeMap<Option<BTreeSet<&str>>, Vec<KeyOf<'w>>> = BTreeMap::new();
        for (key, body) in keys {
            let models = body.models.iter().map(|model| model.value.as_str());
            let models = models.filter(|model| self.accepted.has_model(origin, model));
            let models = (!body.models.is_empty()).then(|| models.collect());
            groups.entry(models).or_default().push((key, body));
        }
        groups.into_values().collect()
    }

    /// The names that a request's `model` can have in a chain that no chain goes on to: what its keys may ask their own chain for;
    /// nothing when that is not known.
    fn models(&self, at: usize, begun: &Begun<'_, 'w>) -> Option<BTreeSet<&'w str>> {
        let is_own = !begun.own.is_empty() || begun.taken_over.is_empty();
        let mut names = if is_own { self.asked_by(at, begun.own)? } else { BTreeSet::new() };
        for (chain, keys) in &begun.taken_over {
            names.extend(self.asked_by(*chain, keys)?);
        }
        Some(names)
    }

    /// The same for any chain: what it and all chains above it accept, and those of all its keys.
    fn models_above(&self, at: usize) -> Option<BTreeSet<&'w str>> {
        if self.accepted.is_led_to(at) && !self.unsure.knows_beginnings() {
            return None;
        }
        Some(self.accepted.names_above(at)?.collect())
    }

    /// What some keys of a chain may ask it for; with no keys, anything.
    fn asked_by(&self, at: usize, keys: &[KeyOf<'w>]) -> Option<BTreeSet<&'w str>> {
        let is_narrow = !keys.is_empty() && keys.iter().all(|(_, body)| !body.models.is_empty());
        let models =
            || keys.iter().flat_map(|(_, body)| body.models.iter().map(|model| model.value.as_str()));
        self.asked(at, is_narrow.then(|| models().collect()).as_ref())
    }

    /// What may be asked of a chain: an alias always, a model when it is allowed; nothing when that is not known in full.
    pub(super) fn asked(&self, at: usize, models: Option<&BTreeSet<&str>>) -> Option<BTreeSet<&'w str>> {
        if !self.accepted.is_complete(at) {
            return None;
        }
        let is_theirs = |model: &&str| models.is_none_or(|models| models.contains(model));
        Some(self.accepted.models(at).filter(is_theirs).chain(self.accepted.aliases(at)).collect())
    }
}

impl<'w> Begun<'_, 'w> {
    fn keys(&self) -> impl Iterator<Item = KeyOf<'w>> {
        self.own.iter().chain(self.taken_over.values().flatten()).copied()
    }

    fn is_empty(&self) -> bool {
        self.own.is_empty() && self.taken_over.is_empty()
    }
}

/// Past it what falls through a chain is not decided. **Unit**: sets of requests that one chain is judged over, one for each
/// chain from which it takes over, and for each set of models that keys may ask for.
const WORLDS_MAX: usize = 256;

/// Whether some condition of a chain asks something. Most do not ask who calls or for which model, and finding out who and what
/// can come is work.
fn asks(chain: &Chain, is_it: fn(&Predicate) -> bool) -> bool {
    fn in_part(predicate: &Predicate, is_it: fn(&Predicate) -> bool) -> bool {
        match predicate {
            Predicate::All(parts) | Predicate::Any(parts) => {
                parts.iter().any(|part| in_part(&part.value, is_it))
            }
            Predicate::Not(part) => in_part(&part.value, is_it),
            leaf => is_it(leaf),
        }
    }
    let mut conditions = chain.rules.iter().filter_map(|rule| rule.value.condition());
    conditions.any(|(condition, _)| in_part(condition, is_it))
}

/// Whether it is about who calls.
fn is_who(predicate: &Predicate) -> bool {
    matches!(predicate, Predicate::Team(_) | Predicate::Consumer(_) | Predicate::Tag(_))
}

fn is_model(predicate: &Predicate) -> bool {
    matches!(predicate, Predicate::Model(_))
}
