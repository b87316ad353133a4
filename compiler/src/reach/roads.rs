//! Which backends each target of a rule can come to, and what those are made of.
//!
//! Deliberately sets: in which order a chain below tries its backends is for that chain to be judged. The invariant:
//! a target below which something is unknown, could not be read or goes in circles comes to nothing that is known, so
//! that nobody judges by a part of it.
//!
//! Read next: [`crate::rules::shared_failure_domain`], [`crate::rules::shared_rate_limit`].

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::source::{Backend, Credential, Provider, Rule};

use super::{Goal, Graph, Hop, Node};
use crate::index::Index;
use crate::model::Facts;
use crate::policy::{Declared, Policy};

/// What every target of a policy comes to.
#[derive(Debug)]
pub struct Roads<'w> {
    /// The backends below each chain, by its place; nothing when they are not known in full.
    below: Vec<Option<BTreeSet<&'w str>>>,
    wholes: BTreeMap<&'w str, Whole<'w>>,
}

/// A backend with all that it is made of.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'w> {
    /// Its declaration.
    pub declared: &'w Declared<'w, Backend>,
    /// Its body.
    pub body: &'w Backend,
    /// Its provider.
    pub provider: (&'w Declared<'w, Provider>, &'w Provider),
    /// What is known of its model.
    pub model: Ability,
    /// Its credential.
    pub credential: Option<(&'w Declared<'w, Credential>, &'w Credential)>,
}

/// What a model can serve.
#[derive(Debug, Clone, Copy)]
pub struct Ability {
    /// As bits of `Capability`.
    pub capabilities: u32,
    /// **Unit**: tokens; nothing when unknown.
    pub context_window: Option<u32>,
    /// **Unit**: tokens; nothing when unknown.
    pub output_limit: Option<u32>,
}

/// The targets of one rule: those that a request may begin with, and those that take over after them.
#[derive(Debug)]
pub struct Targets<'w> {
    /// The rule's place in its chain.
    pub at: usize,
    /// The rule.
    pub rule: &'w Rule,
    /// The arms of a split, or the first fallback.
    pub first: Vec<Hop<'w>>,
    /// In their order.
    pub after: Vec<Hop<'w>>,
}

impl<'w> Roads<'w> {
    /// Those of a policy.
    pub fn of(index: &'w Index<'w>, graph: &Graph<'w>) -> Self {
        let backends = Policy::bodies(&index.policy.backends);
        let wholes = backends
            .filter_map(|(declared, body)| Some((declared.name.as_str(), whole(index, declared, body)?)));
        let mut roads = Self { below: vec![None; graph.chains.len()], wholes: wholes.collect() };
        for at in &graph.order {
            let found = graph.chains.get(*at).and_then(|chain| roads.below_chain(index, chain));
            if let Some(slot) = roads.below.get_mut(*at) {
                *slot = found;
            }
        }
        roads
    }

    /// A backend with all that it is made of; nothing when a part of it is unknown or could not be read.
    pub fn whole(&self, backend: &str) -> Option<&Whole<'w>> {
        self.wholes.get(backend)
    }

    /// The backends that one target can come to, in the order of their names; nothing when they are not known in full.
    pub fn below(&self, hop: &Hop<'w>) -> Option<Vec<Whole<'w>>> {
        match hop.goal {
            Goal::Backend(backend) => Some(vec![*self.whole(backend)?]),
            Goal::Chain(next) => {
                let names = self.below.get(next)?.as_ref()?;
                names.iter().map(|name| self.whole(name).copied()).collect()
            }
        }
    }

    fn below_chain(&self, index: &Index<'_>, chain: &Node<'w>) -> Option<BTreeSet<&'w str>> {
        if index.is_spoiled(chain.declared.file, chain.declared.named.span) {
            return None;
        }
        let mut found = BTreeSet::new();
        for targets in targets(chain) {
            for hop in targets?.all() {
                match hop.goal {
                    Goal::Backend(backend) => _ = found.insert(backend),
                    Goal::Chain(next) => found.extend(self.below.get(next)?.as_ref()?),
                }
            }
        }
        Some(found)
    }
}

/// The targets of each rule of a chain; nothing for a rule that has an unknown one.
pub fn targets<'n, 'w>(node: &'n Node<'w>) -> impl Iterator<Item = Option<Targets<'w>>> + use<'n, 'w> {
    let mut rest = node.hops.as_slice();
    node.body.rules.iter().enumerate().map(move |(at, rule)| {
        let rule = &rule.value;
        let count = rest.iter().take_while(|hop| std::ptr::eq(hop.rule, rule)).count();
        let (own, later) = rest.split_at(count);
        rest = later;
        let arms = rule.split.as_ref().map_or(0, |split| split.value.0.len());
        if own.len() != arms.saturating_add(rule.fallback.len()) {
            return None;
        }
        let is_first = |place: usize, hop: &Hop<'_>| hop.is_arm || (arms == 0 && place == 0);
        let (mut first, mut after) = (Vec::new(), Vec::new());
        for (place, hop) in own.iter().enumerate() {
            if is_first(place, hop) { first.push(*hop) } else { after.push(*hop) }
        }
        Some(Targets { at, rule, first, after })
    })
}

impl<'w> Targets<'w> {
    /// All of them, in the order of the source.
    pub fn all(&self) -> impl Iterator<Item = &Hop<'w>> {
        self.first.iter().chain(&self.after)
    }
}

fn whole<'w>(
    index: &'w Index<'w>,
    declared: &'w Declared<'w, Backend>,
    body: &'w Backend,
) -> Option<Whole<'w>> {
    let policy = &index.policy;
    let provider = policy.provider(declared.owner, body.provider.value.as_str()).found()?;
    let credential = match &body.credential {
        None => None,
        Some(reference) => {
            let found = policy.credential(declared.owner, reference.value.as_str()).found()?;
            Some(read(index, policy.credentials.get(found)?)?)
        }
    };
    Some(Whole {
        declared,
        body: read(index, declared)?.1,
        provider: read(index, policy.providers.get(provider)?)?,
        model: ability(index, body.model.value.as_str())?,
        credential,
    })
}

/// What the workspace or the catalogue says of a model; nothing when there is none, or not all could be read.
fn ability(index: &Index<'_>, name: &str) -> Option<Ability> {
    if let Some(declared) = index.policy.models.get(name) {
        read(index, declared)?;
    }
    let Facts { context_window, output_limit, capabilities, .. } = index.policy.model_facts(name)?;
    Some(Ability { capabilities, context_window, output_limit })
}

/// Something declared with its body, when all of it could be read.
fn read<'w, T>(index: &Index<'w>, declared: &'w Declared<'w, T>) -> Option<(&'w Declared<'w, T>, &'w T)> {
    let is_spoiled = index.is_spoiled(declared.file, declared.named.span);
    declared.body().filter(|_| !is_spoiled).map(|body| (declared, body))
}
