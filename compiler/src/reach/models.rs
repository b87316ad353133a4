//! Which names a request's `model` may have in a chain: its backends' models, those of the chains that it goes on to
//! included, and its own aliases.
//!
//! Deliberately names, not capabilities: whether a model can serve a request is decided at run time.
//!
//! Read next: [`crate::rules::model_not_in_chain`].

use std::collections::BTreeSet;

use pointsman_schema::read::scalar::ModelName;
use pointsman_schema::source::Backend;
use pointsman_schema::tree::Spanned;

use super::beginnings::Beginnings;
use super::sets::{Draft, Set, Sets};
use super::{Goal, Graph, Hop};
use crate::index::Index;
use crate::policy::Declared;

/// What the chains of a policy accept.
#[derive(Debug)]
pub struct Accepted<'w> {
    /// Every model of a backend, each once, in order.
    models: Vec<&'w str>,
    /// By the place of the chain, its own aliases; those of the chains that it goes on to are not accepted.
    aliases: Vec<&'w [Spanned<ModelName>]>,
    sets: Sets,
    /// By the place of the chain.
    chains: Vec<OfChain>,
    /// By the place of the chain.
    above: Vec<Above>,
    /// What `above` has of chains.
    sets_of_chains: Sets,
}

/// What one chain accepts.
#[derive(Debug, Clone, Copy)]
struct OfChain {
    /// Models of backends.
    models: Set,
    /// Whether something in it could not be resolved, so that the set may lack names.
    is_incomplete: bool,
}

/// What the requests that come to a chain may ask for.
#[derive(Debug, Clone, Copy)]
struct Above {
    /// The models of the chains from which they come, this one among them; nothing when they are not known in full.
    models: Option<Set>,
    /// Those of these chains that have aliases, this one left out.
    aliased: Set,
    /// Whether one of those takes over when a budget is spent.
    is_led: bool,
}

impl<'w> Accepted<'w> {
    /// What each chain of a graph accepts; chains that go in circles are incomplete.
    pub fn of(index: &'w Index<'w>, (graph, beginnings): (&Graph<'w>, &Beginnings<'w>)) -> Self {
        let backends = &index.policy.backends;
        let model = |backend: &Declared<'w, Backend>| Some(backend.body()?.model.value.as_str());
        let mut models: Vec<&str> = backends.values().filter_map(model).collect();
        models.sort_unstable();
        models.dedup();
        let place = |backend| models.binary_search(&model(backend)?).ok();
        let places: Vec<Option<usize>> = backends.values().map(place).collect();
        let mut draft = Draft::new(models.len());
        let of_backend = |backend: &Declared<'w, Backend>| places.get(backend.at).copied().flatten();
        let of_chains = graph.union_below(&mut draft, of_backend);
        let is_incomplete = graph.from_below(true, |node, all| {
            let targets = node.body.rules.iter().map(|rule| {
                let arms = rule.value.split.as_ref().map_or(0, |split| split.value.0.len());
                arms.saturating_add(rule.value.fallback.len())
            });
            let is_lost = |hop: &Hop<'w>| match hop.goal {
                Goal::Backend(backend) => of_backend(backend).is_none(),
                Goal::Chain(next) => all.get(next).copied().unwrap_or(true),
            };
            targets.sum::<usize>() != node.hops.len()
                || index.is_spoiled(node.declared.file, node.declared.named.span)
                || node.hops.iter().any(is_lost)
        });
        let chains = of_chains.into_iter().zip(is_incomplete);
        let chains: Vec<_> =
            chains.map(|(models, is_incomplete)| OfChain { models, is_incomplete }).collect();
        let aliases = graph.chains.iter().map(|node| node.body.aliases.as_slice()).collect();
        let mut of_origins = Draft::new(graph.chains.len());
        let above = above((graph, beginnings), &chains, (&mut draft, &mut of_origins));
        let (sets, sets_of_chains) = (draft.finish(), of_origins.finish());
        Self { models, aliases, sets, chains, above, sets_of_chains }
    }

    /// Whether all that a chain accepts is known.
    pub fn is_complete(&self, chain: usize) -> bool {
        self.chains.get(chain).is_some_and(|chain| !chain.is_incomplete)
    }

    /// Whether a name is that of a model of a chain, as far as that is known.
    pub fn has_model(&self, chain: usize, name: &str) -> bool {
        let place = self.models.binary_search(&name).ok();
        let set = self.chains.get(chain).map(|chain| chain.models);
        place.zip(set).is_some_and(|(place, set)| self.sets.contains(set, place))
    }

    /// The same for a model or an alias.
    pub fn accepts(&self, chain: usize, name: &str) -> bool {
        self.has_model(chain, name) || self.aliases(chain).any(|alias| alias == name)
    }

    /// The models of a chain, as far as they are known.
    pub fn models(&self, chain: usize) -> impl Iterator<Item = &'w str> {
        self.texts(self.chains.get(chain).map_or(Set::EMPTY, |chain| chain.models))
    }

    /// Its own aliases.
    pub fn aliases(&self, chain: usize) -> impl Iterator<Item = &'w str> {
        self.aliases.get(chain).into_iter().copied().flatten().map(|alias| alias.value.as_str())
    }

    /// All that a chain accepts, as far as it is known.
    pub fn names(&self, chain: usize) -> impl Iterator<Item = &'w str> {
        self.models(chain).chain(self.aliases(chain))
    }

    /// All that requests may ask for which come to a chain through others; nothing when that is not known in full.
    pub fn names_above(&self, chain: usize) -> Option<impl Iterator<Item = &'w str>> {
        let above = self.above.get(chain)?;
        let aliased = self.sets_of_chains.iter(above.aliased).chain([chain]);
        Some(self.texts(above.models?).chain(aliased.flat_map(|chain| self.aliases(chain))))
    }

    /// Whether requests come to a chain, maybe through others, when a budget is spent.
    pub fn is_led_to(&self, chain: usize) -> bool {
        self.above.get(chain).is_some_and(|above| above.is_led)
    }

    fn texts(&self, set: Set) -> impl Iterator<Item = &'w str> {
        self.sets.iter(set).filter_map(|place| self.models.get(place).copied())
    }
}

/// What may be asked for in each chain, worked out from the chains that go on to it, and from those from which it takes over.
fn above(
    (graph, beginnings): (&Graph<'_>, &Beginnings<'_>),
    chains: &[OfChain],
    (models, aliased): (&mut Draft, &mut Draft),
) -> Vec<Above> {
    let known = |at: usize| chains.get(at).filter(|chain| !chain.is_incomplete).map(|chain| chain.models);
    let has_aliases = |at: usize| graph.chains.get(at).is_some_and(|node| !node.body.aliases.is_empty());
    let mut own = |at: usize| {
        let mut above = Above { models: known(at), aliased: Set::EMPTY, is_led: beginnings.takes_over(at) };
        if above.is_led {
            let keys = beginnings.taken_over(at);
            let origins = keys.iter().filter_map(|(key, _)| beginnings.chain_of(key));
            let origins: BTreeSet<usize> = origins.collect();
            for origin in &origins {
                let both = above.models.zip(known(*origin));
                above.models = both.map(|(own, origin)| models.union(own, origin));
            }
            above.aliased = aliased.of(origins.into_iter().filter(|at| has_aliases(*at)).collect());
        }
        above
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
            below.models = below.models.zip(above.models).map(|(below, above)| models.union(below, above));
            below.is_led |= above.is_led;
            let itself = aliased.of(has_aliases(at).then_some(at).into_iter().collect());
            let of_above = aliased.union(above.aliased, itself);
            below.aliased = aliased.union(below.aliased, of_above);
        }
    }
    all
}
