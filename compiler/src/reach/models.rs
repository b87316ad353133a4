//! Which names a request's `model` may have in a chain: its backends' models, those of the chains that it goes on to
//! included, and its own aliases.
//!
//! Deliberately names, not capabilities: whether a model can serve a request is decided at run time.
//!
//! Read next: [`crate::rules::model_not_in_chain`].

use std::collections::BTreeSet;

use super::{Goal, Graph};
use crate::index::Index;
use crate::policy::Declared;

/// What a chain accepts.
#[derive(Debug, Clone, Default)]
pub struct Accepted<'w> {
    /// Models of backends.
    pub models: BTreeSet<&'w str>,
    /// Other names; those of the chains that it goes on to are not among them.
    pub aliases: BTreeSet<&'w str>,
    /// Whether something in it could not be resolved, so that the sets may lack names.
    pub is_incomplete: bool,
}

/// What each chain of the graph accepts; chains that go in circles are incomplete.
pub fn accepted<'w>(index: &'w Index<'w>, graph: &Graph<'w>) -> Vec<Accepted<'w>> {
    let unknown = Accepted { is_incomplete: true, ..Accepted::default() };
    let mut all = vec![unknown; graph.chains.len()];
    for at in &graph.order {
        let Some(chain) = graph.chains.get(*at) else { continue };
        let mut found = Accepted::default();
        found.aliases.extend(chain.body.aliases.iter().map(|alias| alias.value.as_str()));
        let targets = chain.body.rules.iter().map(|rule| {
            let arms = rule.value.split.as_ref().map_or(0, |split| split.value.0.len());
            arms.saturating_add(rule.value.fallback.len())
        });
        found.is_incomplete = targets.sum::<usize>() != chain.hops.len()
            || index.is_spoiled(chain.declared.file, chain.declared.named.span);
        for hop in &chain.hops {
            match hop.goal {
                Goal::Backend(backend) => match index.policy.backends.get(backend).and_then(Declared::body) {
                    Some(body) => _ = found.models.insert(body.model.value.as_str()),
                    None => found.is_incomplete = true,
                },
                Goal::Chain(next) => {
                    let Some(next) = all.get(next) else { continue };
                    found.models.extend(&next.models);
                    found.is_incomplete |= next.is_incomplete;
                }
            }
        }
        if let Some(slot) = all.get_mut(*at) {
            *slot = found;
        }
    }
    all
}
