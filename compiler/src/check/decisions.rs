//! What the rules of each chain decide, and the findings that follow.
//!
//! A chain is judged over the requests that can come to it. Requests of a chain that other chains go on to come through
//! their rules as well; for it every key and every model of a chain above counts, which can only miss a finding. What
//! falls through is judged for chains that keys name, and for the keys that name them: to the others a chain that takes
//! nothing is only the end of one way.
//!
//! Read next: [`crate::analysis`].

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::source::{Chain, Key, Predicate};

use crate::analysis::callers::Callers;
use crate::analysis::space::World;
use crate::analysis::{Answer, decide};
use crate::diagnostic::Diagnostics;
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::reach::models::Accepted;
use crate::reach::roads::{Roads, targets};
use crate::reach::{Goal, Graph};
use crate::rules::{
    analysis_bound, label_not_carried, predicate_without_effect, request_falls_through,
    shared_failure_domain, shared_rate_limit, too_many, unreachable_rule,
};

/// A key with its body.
pub(super) type KeyOf<'w> = (&'w Declared<'w, Key>, &'w Key);

/// Judges every chain.
pub(super) fn check<'w>(
    index: &'w Index<'w>,
    graph: &Graph<'w>,
    accepted: &[Accepted<'w>],
    sink: &mut Diagnostics,
) {
    let chains = Chains::of(index, graph, accepted);
    takers_over(&chains, graph, sink);
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
fn takers_over<'w>(chains: &Chains<'_, 'w>, graph: &Graph<'w>, sink: &mut Diagnostics) {
    let roads = Roads::of(chains.index, graph);
    let all: Vec<Vec<_>> = graph.chains.iter().map(|node| targets(node).collect()).collect();
    label_not_carried::check(graph, &roads, sink);
    for (node, of_chain) in graph.chains.iter().zip(&all) {
        for targets in of_chain.iter().flatten() {
            match shared_failure_domain::find(node, targets, &roads) {
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
    pub(super) accepted: &'i [Accepted<'w>],
    /// The keys that name each chain, by its place.
    pub(super) keys: BTreeMap<usize, Vec<KeyOf<'w>>>,
    /// The chains that go on to each chain, by its place.
    pub(super) above: BTreeMap<usize, Vec<usize>>,
    everyone: OnceCell<Callers<'w>>,
}

impl<'i, 'w> Chains<'i, 'w> {
    fn of(index: &'w Index<'w>, graph: &Graph<'w>, accepted: &'i [Accepted<'w>]) -> Self {
        let policy = &index.policy;
        let mut keys: BTreeMap<usize, Vec<KeyOf<'w>>> = BTreeMap::new();
        for (key, body) in Policy::bodies(&policy.keys) {
            if let Some(at) = policy.chain_of(key).and_then(|chain| graph.place_of(chain)) {
                keys.entry(at).or_default().push((key, body));
            }
        }
        let mut above: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, node) in graph.chains.iter().enumerate() {
            for hop in &node.hops {
                if let Goal::Chain(next) = hop.goal {
                    above.entry(next).or_default().push(at);
                }
            }
        }
        Self { index, accepted, keys, above, everyone: OnceCell::new() }
    }

    fn everyone(&self) -> &Callers<'w> {
        let policy = &self.index.policy;
        self.everyone.get_or_init(|| Callers::of(policy, Policy::bodies(&policy.keys)))
    }

    fn judge(
        &self,
        at: usize,
        chain: (&'w Declared<'w, Chain>, &'w Chain),
        sink: &mut Diagnostics,
    ) -> Answer {
        let (declared, body) = chain;
        let is_whole = !self.index.may_hide_anything();
        let keys = self.keys.get(&at);
        let keys_asked = keys.filter(|_| asks_who(body));
        let own = keys_asked.map(|keys| Callers::of(&self.index.policy, keys.iter().copied()));
        let is_nested = self.above.contains_key(&at);
        let models = self.models(at, keys.filter(|_| !is_nested));
        let callers = if is_nested && asks_who(body) { Some(self.everyone()) } else { own.as_ref() };
        let world =
            World { index: self.index, callers: callers.filter(|_| is_whole), models: models.as_ref() };
        let answer = decide(declared, body, world);
        let Answer::Decided(decided) = &answer else { return answer };
        unreachable_rule::check(declared, body, decided, sink);
        predicate_without_effect::check(declared, body, decided, sink);
        let Some(keys) = keys.filter(|_| is_whole) else { return answer };
        if !is_nested {
            sink.extend(request_falls_through::diagnostic(declared, body, decided));
            return answer;
        }
        let models = self.models(at, Some(keys));
        let world = World { index: self.index, callers: own.as_ref(), models: models.as_ref() };
        if let Answer::Decided(decided) = decide(declared, body, world) {
            sink.extend(request_falls_through::diagnostic(declared, body, &decided));
        }
        answer
    }

    /// The names that a request's `model` can have in a chain: what it and all chains above it accept, or what its keys may
    /// ask it for; nothing when that is not known.
    fn models(&self, at: usize, keys: Option<&Vec<KeyOf<'w>>>) -> Option<BTreeSet<&'w str>> {
        let mut names = BTreeSet::new();
        let (mut open, mut seen) = (vec![at], BTreeSet::from([at]));
        while let Some(at) = open.pop() {
            let accepted = self.accepted.get(at).filter(|accepted| !accepted.is_incomplete)?;
            names.extend(accepted.models.iter().chain(&accepted.aliases));
            if keys.is_none() {
                let above = self.above.get(&at).into_iter().flatten();
                open.extend(above.copied().filter(|above| seen.insert(*above)));
            }
        }
        if let Some(keys) = keys
            && keys.iter().all(|(_, body)| !body.models.is_empty())
        {
            let allowed: BTreeSet<&str> = keys
                .iter()
                .flat_map(|(_, body)| body.models.iter().map(|model| model.value.as_str()))
                .collect();
            let aliases = self.accepted.get(at).map(|accepted| &accepted.aliases);
            let is_alias = |name: &&str| aliases.is_some_and(|aliases| aliases.contains(name));
            names.retain(|name| allowed.contains(name) || is_alias(name));
        }
        Some(names)
    }
}

/// Whether some condition of a chain asks who calls. Most do not, and finding out who can is work.
fn asks_who(chain: &Chain) -> bool {
    fn asks(predicate: &Predicate) -> bool {
        match predicate {
            Predicate::All(parts) | Predicate::Any(parts) => parts.iter().any(|part| asks(&part.value)),
            Predicate::Not(part) => asks(&part.value),
            Predicate::Team(_) | Predicate::Consumer(_) | Predicate::Tag(_) => true,
            Predicate::Model(_)
            | Predicate::Attribute(..)
            | Predicate::Capability(_)
            | Predicate::InputTokens(_)
            | Predicate::Protocol(_)
            | Predicate::Time(_) => false,
        }
    }
    let mut conditions = chain.rules.iter().filter_map(|rule| rule.value.condition());
    conditions.any(|(condition, _)| asks(condition))
}
