//! Which names a request's `model` may have in a chain: its backends' models, those of the chains that it goes on to
//! included, and its own aliases.
//!
//! Deliberately names, not capabilities: whether a model can serve a request is decided at run time.
//!
//! Read next: [`crate::rules::model_not_in_chain`].

use std::collections::{BTreeSet, HashMap};

use super::beginnings::Beginnings;
use super::sets::{Draft, Set, Sets};
use super::{Goal, Graph};
use crate::index::Index;
use crate::policy::{Declared, Policy};

/// What the chains of a policy accept.
#[derive(Debug)]
pub struct Accepted<'w> {
    /// Every model of a backend and every alias, each once.
    names: Vec<&'w str>,
    /// The places of the names. Nobody walks over them, so their order cannot be seen.
    places: HashMap<&'w str, usize>,
    sets: Sets,
    /// By the place of the chain.
    chains: Vec<OfChain>,
    /// By the place of the chain.
    above: Vec<Above>,
}

/// What one chain accepts.
#[derive(Debug, Clone, Copy)]
struct OfChain {
    /// Models of backends.
    models: Set,
    /// And its own aliases; those of the chains that it goes on to are not among them.
    names: Set,
    /// Whether something in it could not be resolved, so that the sets may lack names.
    is_incomplete: bool,
}

/// What the requests that come to a chain may ask for.
#[derive(Debug, Clone, Copy)]
struct Above {
    /// What the chains accept from which they come, this one among them; nothing when that is not known in full.
    names: Option<Set>,
    /// Whether one of those takes over when a budget is spent.
    is_led: bool,
}

impl<'w> Accepted<'w> {
    /// What each chain of a graph accepts; chains that go in circles are incomplete.
    pub fn of(index: &'w Index<'w>, (graph, beginnings): (&Graph<'w>, &Beginnings<'w>)) -> Self {
        let models = Policy::bodies(&index.policy.backends).map(|(_, body)| body.model.value.as_str());
        let aliases = graph.chains.iter().flat_map(|node| &node.body.aliases);
        let mut names: Vec<&str> = models.chain(aliases.map(|alias| alias.value.as_str())).collect();
        names.sort_unstable();
        names.dedup();
        let places: HashMap<_, _> = names.iter().copied().zip(0..).collect();
        let place = |name: &str| places.get(name).copied();
        let mut draft = Draft::new(names.len());
        let unknown = OfChain { models: Set::EMPTY, names: Set::EMPTY, is_incomplete: true };
        let chains = graph.from_below(unknown, |node, all| {
            let targets = node.body.rules.iter().map(|rule| {
                let arms = rule.value.split.as_ref().map_or(0, |split| split.value.0.len());
                arms.saturating_add(rule.value.fallback.len())
            });
            let mut is_incomplete = targets.sum::<usize>() != node.hops.len()
                || index.is_spoiled(node.declared.file, node.declared.named.span);
            let (mut own, mut models) = (Vec::new(), Set::EMPTY);
            for hop in &node.hops {
                match hop.goal {
                    Goal::Backend(backend) => {
                        match index.policy.backends.get(backend).and_then(Declared::body) {
                            Some(body) => own.extend(place(body.model.value.as_str())),
                            None => is_incomplete = true,
                        }
                    }
                    Goal::Chain(next) => {
                        let Some(next) = all.get(next) else { continue };
                        models = draft.union(models, next.models);
                        is_incomplete |= next.is_incomplete;
                    }
                }
            }
            let own = draft.of(own);
            models = draft.union(models, own);
            let aliases = node.body.aliases.iter().filter_map(|alias| place(alias.value.as_str()));
            let aliases = draft.of(aliases.collect());
            OfChain { models, names: draft.union(models, aliases), is_incomplete }
        });
        let above = above((graph, beginnings), &chains, &mut draft);
        Self { names, places, sets: draft.finish(), chains, above }
    }

    /// Whether all that a chain accepts is known.
    pub fn is_complete(&self, chain: usize) -> bool {
        self.chains.get(chain).is_some_and(|chain| !chain.is_incomplete)
    }

    /// Whether a name is that of a model of a chain, as far as that is known.
    pub fn has_model(&self, chain: usize, name: &str) -> bool {
        self.chains.get(chain).is_some_and(|chain| self.has(chain.models, name))
    }

    /// The same for a model or an alias.
    pub fn accepts(&self, chain: usize, name: &str) -> bool {
        self.chains.get(chain).is_some_and(|chain| self.has(chain.names, name))
    }

    /// The models of a chain, as far as they are known.
    pub fn models(&self, chain: usize) -> impl Iterator<Item = &'w str> {
        self.texts(self.chains.get(chain).map_or(Set::EMPTY, |chain| chain.models))
    }

    /// All that a chain accepts, as far as it is known.
    pub fn names(&self, chain: usize) -> impl Iterator<Item = &'w str> {
        self.texts(self.chains.get(chain).map_or(Set::EMPTY, |chain| chain.names))
    }

    /// All that requests may ask for which come to a chain through others; nothing when that is not known in full.
    pub fn names_above(&self, chain: usize) -> Option<impl Iterator<Item = &'w str>> {
        Some(self.texts(self.above.get(chain)?.names?))
    }

    /// Whether requests come to a chain, maybe through others, when a budget is spent.
    pub fn is_led_to(&self, chain: usize) -> bool {
        self.above.get(chain).is_some_and(|above| above.is_led)
    }

    fn has(&self, set: Set, name: &str) -> bool {
        self.places.get(name).is_some_and(|place| self.sets.contains(set, *place))
    }

    fn texts(&self, set: Set) -> impl Iterator<Item = &'w str> {
        self.sets.iter(set).filter_map(|place| self.names.get(place).copied())
    }
}

/// What may be asked for in each chain, worked out from the chains that go on to it, and from those from which it takes over.
fn above(
    (graph, beginnings): (&Graph<'_>, &Beginnings<'_>),
    chains: &[OfChain],
    draft: &mut Draft,
) -> Vec<Above> {
    let accepts = |at: usize| chains.get(at).filter(|chain| !chain.is_incomplete).map(|chain| chain.names);
    let mut own = |at: usize| {
        let mut names = accepts(at);
        let is_led = beginnings.takes_over(at);
        let keys = if is_led { beginnings.taken_over(at) } else { Vec::new() };
        let origins: BTreeSet<usize> = keys.iter().filter_map(|(key, _)| beginnings.chain_of(key)).collect();
        for origin in origins {
            names = names.zip(accepts(origin)).map(|(names, origin)| draft.union(names, origin));
        }
        Above { names, is_led }
    };
    let mut all: Vec<Above> = (0..chains.len()).map(&mut own).collect();
    let mut is_in_order = vec![false; chains.len()];
    graph.order.iter().for_each(|at| super::set(&mut is_in_order, *at));
    // What leads into a circle stands in no order, and is incomplete as well.
    let outside = (0..chains.len()).filter(|at| !is_in_order.get(*at).copied().unwrap_or_default());
    for at in outside.chain(graph.order.iter().rev().copied()) {
        let Some(above) = all.get(at).copied() else { continue };
        for hop in graph.chains.get(at).into_iter().flat_map(|node| &node.hops) {
            let Goal::Chain(next) = hop.goal else { continue };
            let Some(below) = all.get_mut(next) else { continue };
            below.names = below.names.zip(above.names).map(|(below, above)| draft.union(below, above));
            below.is_led |= above.is_led;
        }
    }
    all
}
