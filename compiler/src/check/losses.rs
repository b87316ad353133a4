//! Requests that lose, when their primary fails, what only the primary could serve.
//!
//! Judged once for the keys of a chain that may be served by any model, and once more for each set of models that others are
//! narrowed to: a key's `models` take fallbacks away. A chain that no key begins in and no chain goes on to is judged as if any
//! request could come; below others a chain is judged by the requests that come through them. Each rule has one finding, that
//! of the widest keys, for one change of it helps them all. What takes over in a chain below is what the rules of that chain
//! have for the request.
//!
//! Read next: [`crate::reach::ways`], [`crate::analysis::wonder`].

use std::collections::{BTreeMap, BTreeSet};

use super::decisions::{Chains, asks_who};
use super::leaves::{Leaf, Tree};
use crate::analysis::callers::Callers;
use crate::analysis::diagram::Exhausted;
use crate::analysis::formula::{Formula, Scope};
use crate::analysis::serving::{Lack, Listed, all, any, lacks, not, noticing, served};
use crate::analysis::space::World;
use crate::analysis::wonder::{Noticed, Wonder, noticed};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::reach::beginnings::KeyOf;
use crate::reach::roads::{Roads, Targets, Whole};
use crate::reach::ways::{Stop, Way, ways};
use crate::reach::{Goal, Graph};
use crate::rules::fallback_lacks_capability::{self, Loss};
use crate::rules::{analysis_bound, embeddings_beside_answers, too_many};

/// Judges every chain that requests can begin in.
pub(super) fn check<'w>(
    chains: &Chains<'_, 'w>,
    graph: &Graph<'w>,
    (roads, targets): (&Roads<'w>, &[Vec<Option<Targets<'w>>>]),
    sink: &mut Diagnostics,
) {
    let mut found = BTreeMap::new();
    for (at, node) in graph.chains.iter().enumerate() {
        let is_whole = !chains.index.is_spoiled(node.declared.file, node.declared.named.span);
        let keys = chains.beginnings.keys(at);
        let is_begun = !keys.is_empty() || !chains.above.contains_key(&at);
        if !is_whole || !is_begun || !too_many::fits(node.body) {
            continue;
        }
        let tree = Tree { index: chains.index, graph, roads, targets };
        let judge = Judge { chains, graph, tree, at, keys };
        let groups = judge.groups();
        let ways = ways(targets, roads, at);
        let judged = ways
            .ok_or(Exhausted)
            .and_then(|ways| groups.iter().try_for_each(|group| judge.group(group, &ways, &mut found)));
        if groups.len() > GROUPS_MAX || judged.is_err() {
            sink.push(analysis_bound::diagnostic(node.declared));
        }
    }
    sink.extend(found.into_values().map(|(_, diagnostic)| diagnostic));
}

/// Keys that may be served by the same of a chain's models.
#[derive(Default)]
struct Group<'w> {
    /// Nothing when by all.
    models: Option<BTreeSet<&'w str>>,
    keys: Vec<KeyOf<'w>>,
    /// The places of the chains that they name.
    origins: BTreeSet<usize>,
}

impl Group<'_> {
    fn allows(&self, backend: &Whole<'_>) -> bool {
        let name = backend.body.model.value.as_str();
        self.models.as_ref().is_none_or(|models| models.contains(name))
    }
}

/// Findings by the places of chain and rule; a finding of keys that are not narrowed stands before one of others.
type Found = BTreeMap<(usize, usize), (bool, Diagnostic)>;

struct Judge<'j, 'i, 'w> {
    chains: &'j Chains<'i, 'w>,
    graph: &'j Graph<'w>,
    tree: Tree<'j, 'w>,
    at: usize,
    /// Those whose requests begin in the chain.
    keys: Vec<KeyOf<'w>>,
}

impl<'w> Judge<'_, '_, 'w> {
    /// Those of the chain, the widest first.
    fn groups(&self) -> Vec<Group<'w>> {
        if self.keys.is_empty() {
            return vec![Group { models: None, keys: Vec::new(), origins: BTreeSet::from([self.at]) }];
        }
        let mut groups: BTreeMap<(Option<BTreeSet<&'w str>>, Option<usize>), Group<'w>> = BTreeMap::new();
        let are_apart = self.chains.beginnings.takes_over(self.at) && self.asks_who();
        for (key, body) in &self.keys {
            let Some(origin) = self.chains.beginnings.chain_of(key) else { continue };
            if self.chains.index.is_spoiled(key.file, key.named.span) {
                continue;
            }
            let named = body.models.iter().map(|model| model.value.as_str());
            let is_model = |name: &&str| self.has(self.at, name) || self.has(origin, name);
            let models: Option<BTreeSet<_>> =
                (!body.models.is_empty()).then(|| named.filter(is_model).collect());
            let group = groups.entry((models, are_apart.then_some(origin))).or_default();
            group.origins.insert(origin);
            group.keys.push((key, body));
        }
        let groups = groups.into_iter().take(GROUPS_MAX.saturating_add(1));
        groups.map(|((models, _), group)| Group { models, ..group }).collect()
    }

    /// Whether a model is one of a chain, or the chain's models are not known.
    fn has(&self, chain: usize, model: &str) -> bool {
        self.chains.accepted.get(chain).is_none_or(|accepted| accepted.models.contains(model))
    }

    /// Whether the chain, or one below, asks who calls: then keys of different chains are not put together.
    fn asks_who(&self) -> bool {
        let (mut open, mut seen) = (vec![self.at], BTreeSet::from([self.at]));
        while let Some(node) = open.pop().and_then(|at| self.graph.chains.get(at)) {
            if asks_who(node.body) {
                return true;
            }
            for hop in &node.hops {
                if let Goal::Chain(next) = hop.goal
                    && seen.insert(next)
                {
                    open.push(next);
                }
            }
        }
        false
    }

    fn group(&self, group: &Group<'w>, ways: &[Way<'w>], found: &mut Found) -> Result<(), Exhausted> {
        let losses: Vec<_> = ways.iter().filter_map(|way| self.loss(way, group)).collect();
        if losses.is_empty() {
            return Ok(());
        }
        let Some(node) = self.graph.chains.get(self.at) else { return Ok(()) };
        let callers = Callers::of(&self.chains.index.policy, group.keys.iter().copied());
        let models = self.models(group);
        let world = World {
            index: self.chains.index,
            callers: Some(&callers).filter(|_| !group.keys.is_empty()),
            models: models.as_ref(),
        };
        let wonders: Vec<_> = losses.iter().map(|loss| loss.wonder.clone()).collect();
        let Some(answers) = noticed((node.declared, node.body), world, &wonders)? else { return Ok(()) };
        for (loss, answer) in losses.iter().zip(answers) {
            let Some(answer) = answer else { continue };
            let is_narrowed = group.models.is_some();
            if found.get(&loss.site).is_none_or(|(is_narrow, _)| *is_narrow && !is_narrowed) {
                let diagnostic = self.diagnostic(loss, &answer, group);
                found.extend(diagnostic.map(|diagnostic| (loss.site, (is_narrowed, diagnostic))));
            }
        }
        Ok(())
    }

    /// What the keys may ask their own chains for: an alias always, a model when it is theirs.
    fn models(&self, group: &Group<'w>) -> Option<BTreeSet<&'w str>> {
        let mut names = BTreeSet::new();
        for origin in &group.origins {
            let accepted = self.chains.accepted.get(*origin).filter(|accepted| !accepted.is_incomplete)?;
            let is_theirs =
                |model: &&&str| group.models.as_ref().is_none_or(|models| models.contains(**model));
            names.extend(accepted.models.iter().filter(is_theirs).chain(&accepted.aliases));
        }
        Some(names)
    }

    /// What could be lost on a way; nothing when some fallback lacks nothing and takes every request.
    fn loss<'a>(&self, way: &'a Way<'w>, group: &Group<'w>) -> Option<Suspect<'a, 'w>> {
        let (_, hop, primary) = &way.primary;
        let listed = Listed::new(*primary, hop.rule);
        if !group.allows(primary) {
            return None;
        }
        let (mut lacking, mut lost, mut is_partial) = (Vec::new(), Vec::new(), false);
        for stop in &way.after {
            for Leaf { listed: fallback, comes } in self.tree.leaves(stop)? {
                let backend = fallback.backend;
                // A rule with backends of two kinds has that finding.
                let is_of_rule =
                    matches!(stop.hop.goal, Goal::Backend(_)) && std::ptr::eq(stop.hop.rule, hop.rule);
                let is_of_another_kind = is_of_rule && embeddings_beside_answers::differ(primary, &backend);
                let is_primary = backend.declared.name == primary.declared.name;
                if !group.allows(&backend) || is_primary || is_of_another_kind {
                    continue;
                }
                let lacks = lacks(&listed, &fallback);
                match (&comes, lacks.is_empty()) {
                    (None, true) => return None,
                    (Some(comes), true) => {
                        is_partial = true;
                        lost.push(not(comes.clone()));
                    }
                    (_, false) => {
                        let passed = comes.iter().map(|comes| not(comes.clone()));
                        let lacked = lacks.iter().map(|lack| noticing(&fallback, *lack));
                        lost.push(any(passed.chain(lacked).collect()));
                        lacking.push(Lacking { stop, listed: fallback, lacks, comes });
                    }
                }
            }
        }
        let nearest = lacking.first()?.stop;
        let site = way.links.iter().copied().find(|(chain, _)| *chain == nearest.chain)?;
        let details: Vec<_> = lacking.iter().flat_map(Lacking::noticing).collect();
        let mut like = vec![served(&listed)];
        for link in way.links.iter().skip(1) {
            like.push(self.taken(*link)?);
        }
        like.extend(lost);
        if lacking.iter().any(|lacking| lacking.comes.is_some()) {
            like.push(any(details.clone()));
        }
        let (_, rule) = way.links.first().copied()?;
        Some(Suspect { site, way, lacking, is_partial, wonder: Wonder { rule, like: all(like), details } })
    }

    /// The requests that a rule of a chain below takes, when they come to it; nothing when that is not known, or none.
    fn taken(&self, (chain, rule): (usize, usize)) -> Option<Formula<'w>> {
        let node = self.graph.chains.get(chain)?;
        let scope = Scope { index: self.chains.index, owner: node.declared.owner };
        let mut parts = Vec::new();
        for (at, other) in node.body.rules.iter().enumerate().take(rule.saturating_add(1)) {
            match other.value.condition() {
                Some((condition, _)) if at == rule => parts.push(scope.formula(condition)?),
                Some((condition, _)) => parts.push(not(scope.formula(condition)?)),
                None if at == rule => {}
                None => return None,
            }
        }
        Some(all(parts))
    }

    fn diagnostic(
        &self,
        suspect: &Suspect<'_, 'w>,
        answer: &Noticed,
        group: &Group<'w>,
    ) -> Option<Diagnostic> {
        let mut details = answer.details.iter().copied();
        let mut lacking: Vec<(&Stop<'w>, Whole<'w>, Vec<Lack>)> = Vec::new();
        let mut is_partial = suspect.is_partial;
        for Lacking { stop, listed: Listed { backend, .. }, lacks, .. } in &suspect.lacking {
            let noticed = lacks.iter().copied().filter(|_| details.next().unwrap_or(false));
            let noticed: Vec<_> = noticed.collect();
            let is_known = |(other, known, _): &&mut (&Stop<'w>, Whole<'w>, Vec<Lack>)| {
                std::ptr::eq(*other, *stop) && known.declared.name == backend.declared.name
            };
            match lacking.iter_mut().find(is_known) {
                _ if noticed.is_empty() => is_partial = true,
                Some((_, _, lacks)) => {
                    lacks.extend(noticed);
                    lacks.sort_unstable();
                    lacks.dedup();
                }
                None => lacking.push((*stop, *backend, noticed)),
            }
        }
        let key = group.keys.first().filter(|_| group.models.is_some()).map(|(key, _)| *key);
        let loss = Loss { way: suspect.way, lacking: &lacking, witness: &answer.witness, key, is_partial };
        fallback_lacks_capability::diagnostic(self.graph, &loss)
    }
}

/// What is lost on a way, if there is a request that notices.
struct Suspect<'a, 'w> {
    /// The places of the chain and the rule that could do better.
    site: (usize, usize),
    way: &'a Way<'w>,
    lacking: Vec<Lacking<'a, 'w>>,
    /// Whether another backend lacks nothing and does not take all requests.
    is_partial: bool,
    wonder: Wonder<'w>,
}

/// A backend that takes over and lacks something.
struct Lacking<'a, 'w> {
    stop: &'a Stop<'w>,
    listed: Listed<'w>,
    lacks: Vec<Lack>,
    comes: Option<Formula<'w>>,
}

impl<'w> Lacking<'_, 'w> {
    /// The requests that come to it and notice, for each lack.
    fn noticing(&self) -> impl Iterator<Item = Formula<'w>> {
        self.lacks.iter().map(|lack| {
            let noticing = noticing(&self.listed, *lack);
            match &self.comes {
                Some(comes) => all(vec![comes.clone(), noticing]),
                None => noticing,
            }
        })
    }
}

/// Past it a chain is not decided. **Unit**: sets of models that keys of one chain are narrowed to.
const GROUPS_MAX: usize = 256;
