//! Which backends each target of a rule can come to, and what those are made of.
//!
//! Deliberately sets: in which order a chain below tries its backends is for that chain to be judged. The invariant:
//! a target below which something is unknown, could not be read or goes in circles is not known, so that whoever asks
//! does not judge by a part of it.
//!
//! Read next: [`crate::rules::shared_failure_domain`], [`crate::rules::shared_rate_limit`].

use pointsman_schema::source::{Backend, Credential, Provider, Rule};

use super::below::Below;
use super::{Goal, Graph, Hop, Node};
use crate::index::Index;
use crate::model::Facts;
use crate::policy::Declared;

/// What every target of a policy comes to.
#[derive(Debug)]
pub struct Roads<'w> {
    below: Below<'w>,
    /// By the place of the chain, whether all below it is known.
    is_known: Vec<bool>,
    /// By the place of the backend; nothing when a part of it is unknown or could not be read.
    wholes: Vec<Option<Whole<'w>>>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
pub struct Targets<'n, 'w> {
    /// The rule's place in its chain.
    pub at: usize,
    /// The rule.
    pub rule: &'w Rule,
    /// The arms of a split, or the first fallback.
    pub first: &'n [Hop<'w>],
    /// In their order.
    pub after: &'n [Hop<'w>],
}

impl<'w> Roads<'w> {
    /// Those of a policy.
    pub fn of(index: &'w Index<'w>, graph: &Graph<'w>) -> Self {
        let policy = &index.policy;
        let wholes = policy.backends.values().map(|declared| whole(index, declared, declared.body()?));
        let mut roads = Self {
            below: Below::of(policy, graph, |_| true),
            is_known: Vec::new(),
            wholes: wholes.collect(),
        };
        roads.is_known = graph.from_below(false, |node, all| {
            let is_known = |targets: Targets<'_, 'w>| targets.all().all(|hop| roads.knows(hop, all));
            !index.is_spoiled(node.declared.file, node.declared.named.span)
                && targets(node).all(|targets| targets.is_some_and(is_known))
        });
        roads
    }

    /// A backend with all that it is made of; nothing when a part of it is unknown or could not be read.
    pub fn whole(&self, backend: &Declared<'w, Backend>) -> Option<&Whole<'w>> {
        self.wholes.get(backend.at).and_then(Option::as_ref)
    }

    /// Whether all backends are known that one target can come to.
    pub fn is_known(&self, hop: &Hop<'w>) -> bool {
        self.knows(hop, &self.is_known)
    }

    fn knows(&self, hop: &Hop<'w>, is_known: &[bool]) -> bool {
        match hop.goal {
            Goal::Backend(backend) => self.whole(backend).is_some(),
            Goal::Chain(next) => is_known.get(next).copied().unwrap_or_default(),
        }
    }

    /// The backends that one target can come to, in the order of their names, as far as they are known.
    pub fn below(&self, hop: &Hop<'w>) -> impl Iterator<Item = &Whole<'w>> {
        let (own, chain) = match hop.goal {
            Goal::Backend(backend) => (self.whole(backend), None),
            Goal::Chain(next) => (None, Some(next)),
        };
        let below = chain.into_iter().flat_map(|chain| self.below.backends(chain));
        own.into_iter().chain(below.filter_map(|backend| self.whole(backend)))
    }
}

/// The targets of each rule of a chain; nothing for a rule that has an unknown one.
pub fn targets<'n, 'w>(node: &'n Node<'w>) -> impl Iterator<Item = Option<Targets<'n, 'w>>> + use<'n, 'w> {
    node.rules().enumerate().map(|(at, (rule, own))| {
        let arms = rule.split.as_ref().map_or(0, |split| split.value.0.len());
        if own.len() != arms.saturating_add(rule.fallback.len()) {
            return None;
        }
        // Arms stand before fallbacks.
        let (first, after) = own.split_at(arms.max(1).min(own.len()));
        Some(Targets { at, rule, first, after })
    })
}

impl<'w> Targets<'_, 'w> {
    /// All of them, in the order of the source.
    pub fn all(&self) -> impl Iterator<Item = &Hop<'w>> {
        self.first.iter().chain(self.after)
    }
}

fn whole<'w>(
    index: &'w Index<'w>,
    declared: &'w Declared<'w, Backend>,
    body: &'w Backend,
) -> Option<Whole<'w>> {
    let policy = &index.policy;
    let provider = policy.find(declared.owner, body.provider.value.as_str())?;
    let credential = match &body.credential {
        None => None,
        Some(reference) => Some(read(index, policy.find(declared.owner, reference.value.as_str())?)?),
    };
    Some(Whole {
        declared,
        body: read(index, declared)?.1,
        provider: read(index, provider)?,
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
