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
use crate::rules::{
    analysis_bound, embeddings_beside_answers, label_not_carried, predicate_without_effect,
    request_falls_through, shared_failure_domain, shared_rate_limit, too_many, unreachable_rule,
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
    let all: Vec<Vec<_>> = graph.chains.iter().map(|node| targets(node).collect()).collect();
    label_not_carried::check((graph, chains.beginnings), &roads, sink);
    for (node, of_chain) in graph.chains.iter().zip(&all) {
        for targets in of_chain.iter().flatten() {
            sink.extend(embeddings_beside_answers::find(node, targets, &roads));
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
    graph: &'i Graph<'w>,
    pub(super) accepted: &'i [Accepted<'w>],
    /// The keys whose requests begin in each chain.
    pub(super) beginnings: &'i Beginnings<'w>,
    /// The chains that go on to each chain, by its place.
    pub(super) above: BTreeMap<usize, Vec<usize>>,
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
        accepted: &'i [Accepted<'w>],
    ) -> Self {
        let mut above: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, node) in graph.chains.iter().enumerate() {
            for hop in &node.hops {
                if let Goal::Chain(next) = hop.goal {
                    above.entry(next).or_default().push(at);
                }
            }
        }
        let unsure = Unsure::of(index, (graph, beginnings));
        Self { index, graph, accepted, beginnings, above, unsure, everyone: OnceLock::new() }
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
        let is_nested = self.above.contains_key(&at);
        let models =
            if is_nested || !is_known { self.models_above(at, &begun) } else { self.models(at, &begun) };
        let own = (asks_who(body) && !is_nested && is_known && !begun.is_empty())
            .then(|| Callers::of(&self.index.policy, begun.keys()));
        let everyone =
            (asks_who(body) && is_nested && self.unsure.knows_consumers()).then(|| self.everyone());
        let world = World { index: self.index, callers: everyone.or(own.as_ref()), models: models.as_ref() };
        let answer = decide(declared, body, world);
        let Answer::Decided(decided) = &answer else { return answer };
        unreachable_rule::check(declared, body, decided, sink);
        predicate_without_effect::check(declared, body, decided, sink);
        if is_known {
            let is_own_alone = !is_nested && begun.taken_over.is_empty();
            let decided = Some(decided).filter(|_| is_own_alone);
            sink.extend(self.falling(at, chain, (&begun, decided)));
        }
        answer
    }

    /// What falls through: of the keys that name a chain, else of those from which it takes over. `decided` is what is known
    /// already of the former.
    fn falling(
        &self,
        at: usize,
        (declared, body): (&'w Declared<'w, Chain>, &'w Chain),
        (begun, decided): (&Begun<'_, 'w>, Option<&Decided>),
    ) -> Option<Diagnostic> {
        let found = |models: Option<BTreeSet<&'w str>>, keys: &[KeyOf<'w>], decided: Option<&Decided>| {
            if let Some(decided) = decided {
                return request_falls_through::diagnostic(declared, body, decided);
            }
            let callers = asks_who(body).then(|| Callers::of(&self.index.policy, keys.iter().copied()));
            let world = World { index: self.index, callers: callers.as_ref(), models: models.as_ref() };
            match decide(declared, body, world) {
                Answer::Decided(decided) => request_falls_through::diagnostic(declared, body, &decided),
                Answer::Unknown | Answer::TooMuch => None,
            }
        };
        if !begun.own.is_empty()
            && let Some(found) = found(self.asked(at, begun.own), begun.own, decided)
        {
            return Some(found);
        }
        for (chain, keys) in begun.taken_over.iter().take(ORIGINS_MAX) {
            if let (Some(found), Some(key)) = (found(self.asked(*chain, keys), keys, None), keys.first()) {
                let budget = self.beginnings.walk().of(key.0, key.1);
                let budget = budget.into_iter().find(|beginning| beginning.chain == at)?.after?;
                return Some(request_falls_through::after(found, budget, key.0));
            }
        }
        None
    }

    /// The names that a request's `model` can have in a chain that no chain goes on to: what its keys may ask their own chain for;
    /// nothing when that is not known.
    fn models(&self, at: usize, begun: &Begun<'_, 'w>) -> Option<BTreeSet<&'w str>> {
        let is_own = !begun.own.is_empty() || begun.taken_over.is_empty();
        let mut names = if is_own { self.asked(at, begun.own)? } else { BTreeSet::new() };
        for (chain, keys) in &begun.taken_over {
            names.extend(self.asked(*chain, keys)?);
        }
        Some(names)
    }

    /// The same for any chain: what it and all chains above it accept, and those of all its keys.
    fn models_above(&self, at: usize, begun: &Begun<'_, 'w>) -> Option<BTreeSet<&'w str>> {
        let mut names = BTreeSet::new();
        let mut seen: BTreeSet<usize> = begun.taken_over.keys().copied().chain([at]).collect();
        let mut open: Vec<usize> = seen.iter().copied().collect();
        while let Some(at) = open.pop() {
            if self.beginnings.takes_over(at) && !self.unsure.knows_beginnings() {
                return None;
            }
            names.extend(self.accepts(at)?);
            let above = self.above.get(&at).into_iter().flatten();
            open.extend(above.copied().filter(|above| seen.insert(*above)));
        }
        Some(names)
    }

    /// What some keys of a chain may ask it for: an alias always, a model when it is theirs; with no keys, anything.
    fn asked(&self, at: usize, keys: &[KeyOf<'w>]) -> Option<BTreeSet<&'w str>> {
        let mut names: BTreeSet<&str> = self.accepts(at)?.collect();
        if !keys.is_empty() && keys.iter().all(|(_, body)| !body.models.is_empty()) {
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

    /// Every name that a chain accepts; nothing when they are not known in full.
    fn accepts(&self, at: usize) -> Option<impl Iterator<Item = &'w str>> {
        let accepted = self.accepted.get(at).filter(|accepted| !accepted.is_incomplete)?;
        Some(accepted.models.iter().chain(&accepted.aliases).copied())
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

/// What falls through a chain that takes over is looked for in the requests of so many others. **Unit**: chains.
const ORIGINS_MAX: usize = 256;

/// Whether some condition of a chain asks who calls. Most do not, and finding out who can is work.
pub(super) fn asks_who(chain: &Chain) -> bool {
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
