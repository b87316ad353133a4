//! Requests that lose, when their primary fails, what only the primary could serve.
//!
//! Judged once for the keys of a chain that may be served by any model, and once more for each set of models that others are
//! narrowed to: a key's `models` take fallbacks away. A chain that no key begins in and no chain goes on to is judged as if any
//! request could come; below others a chain is judged by the requests that come through them. Each rule has one finding, that
//! of the widest keys, for one change of it helps them all. What takes over in a chain below is what the rules of that chain
//! have for the request.
//!
//! Read next: [`crate::reach::ways`], [`crate::analysis::wonder`].

mod open;
mod refused;

use std::collections::{BTreeMap, BTreeSet};

use self::open::{Lacking, Models, Open, RanOut, Search};
use super::decisions::Chains;
use super::leaves::Tree;
use crate::analysis::callers::Callers;
use crate::analysis::diagram::Exhausted;
use crate::analysis::serving::{Lack, Listed, all, any, served};
use crate::analysis::space::World;
use crate::analysis::wonder::{Noticed, Wonder, noticed};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::reach::Graph;
use crate::reach::beginnings::KeyOf;
use crate::reach::roads::{Roads, Targets, Whole};
use crate::reach::ways::{Stop, Way};
use crate::rules::fallback_lacks_capability::{self, Loss};
use crate::rules::{analysis_bound, too_many};

/// Judges every chain that requests can begin in.
pub(super) fn check<'w>(
    chains: &Chains<'_, 'w>,
    graph: &Graph<'w>,
    (roads, targets): (&Roads<'w>, &[Vec<Option<Targets<'_, 'w>>>]),
    sink: &mut Diagnostics,
) {
    let (mut found, mut undecided) = (BTreeMap::new(), BTreeMap::new());
    let tree = Tree::of(chains.index, graph, (roads, targets));
    let mut search = Search::new(&tree);
    for (at, node) in graph.chains.iter().enumerate() {
        let is_whole = !chains.index.is_spoiled(node.declared.file, node.declared.named.span);
        let keys = chains.beginnings.keys(at);
        let is_begun = !keys.is_empty() || !chains.nested.contains(&at);
        if !is_whole || !is_begun || !too_many::fits(node.body) {
            continue;
        }
        let judge = Judge { chains, tree: &tree, at, keys };
        let groups = judge.groups();
        let refused = judge.refused(&tree, &groups);
        let mut is_undecided = groups.len() > GROUPS_MAX || refused.is_err();
        for group in &groups {
            match search.ways(at, &group.models) {
                Ok(ways) => is_undecided |= judge.group(group, ways, &mut found).is_err(),
                Err(RanOut(below)) => {
                    undecided.entry(below).or_insert_with(BTreeSet::new).insert(at);
                    break;
                }
            }
        }
        if is_undecided {
            sink.push(analysis_bound::diagnostic(node.declared));
        }
        sink.extend(refused.into_iter().flat_map(BTreeMap::into_values));
    }
    for (at, whole) in undecided {
        let node = graph.chains.get(at);
        let others = whole.iter().filter(|above| **above != at).count();
        sink.extend(node.map(|node| analysis_bound::below(node.declared, others)));
    }
    sink.extend(found.into_values().map(|(_, diagnostic)| diagnostic));
}

/// Keys that may be served by the same of a chain's models.
#[derive(Default)]
struct Group<'w> {
    models: Models<'w>,
    keys: Vec<KeyOf<'w>>,
    /// The places of the chains that they name.
    origins: BTreeSet<usize>,
}

/// Findings by the places of chain and rule; a finding of keys that are not narrowed stands before one of others.
type Found = BTreeMap<(usize, usize), (bool, Diagnostic)>;

struct Judge<'j, 'i, 'w> {
    chains: &'j Chains<'i, 'w>,
    tree: &'j Tree<'j, 'w>,
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
        // Where it is asked who calls, keys of different chains are not put together.
        let asks_who = self.chains.asks_who.get(self.at).copied().unwrap_or(true);
        let are_apart = asks_who && self.chains.beginnings.takes_over(self.at);
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

    /// Whether a model is one of a chain.
    fn has(&self, chain: usize, model: &str) -> bool {
        self.chains.accepted.has_model(chain, model)
    }

    fn group(&self, group: &Group<'w>, ways: Vec<Open<'w>>, found: &mut Found) -> Result<(), Exhausted> {
        let losses = ways.into_iter().filter_map(|way| self.loss(way));
        let (losses, wonders): (Vec<_>, Vec<_>) = losses.unzip();
        if losses.is_empty() {
            return Ok(());
        }
        let Some(answers) = self.noticed(group, &wonders)? else { return Ok(()) };
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

    /// The answers to wonders about what some keys ask of the chain; nothing when that is not known.
    fn noticed(
        &self,
        group: &Group<'w>,
        wonders: &[Wonder<'w>],
    ) -> Result<Option<Vec<Option<Noticed>>>, Exhausted> {
        let Some(node) = self.tree.graph.chains.get(self.at) else { return Ok(None) };
        let callers = Callers::of(&self.chains.index.policy, group.keys.iter().copied());
        let models = self.models(group);
        let world = World {
            index: self.chains.index,
            callers: Some(&callers).filter(|_| !group.keys.is_empty()),
            models: models.as_ref(),
        };
        noticed((node.declared, node.body), world, wonders)
    }

    /// What the keys may ask their own chains for: an alias always, a model when it is theirs.
    fn models(&self, group: &Group<'w>) -> Option<BTreeSet<&'w str>> {
        let mut names = BTreeSet::new();
        for origin in &group.origins {
            names.extend(self.chains.asked(*origin, group.models.as_ref())?);
        }
        Some(names)
    }

    /// What could be lost on a way, and whether a request notices is to be asked; nothing when nothing stands behind it.
    fn loss(&self, open: Open<'w>) -> Option<(Suspect<'w>, Wonder<'w>)> {
        let Open { mut links, primary, behind, .. } = open;
        links.reverse();
        let way = Way::over(links, primary, self.tree.targets);
        let nearest = behind.iter().find(|lacking| !lacking.lacks.is_empty())?;
        let nearest = way.after.get(nearest.stop)?;
        let site = way.links.iter().copied().find(|(chain, _)| *chain == nearest.chain)?;
        let details: Vec<_> = behind.iter().flat_map(Lacking::noticing).collect();
        let mut like = vec![served(&Listed::new(primary.2, primary.1.rule))];
        for (chain, rule) in way.links.iter().skip(1) {
            // The requests that it takes, when they come to it; nothing when that is not known, or none.
            like.extend(self.tree.taken(*chain).get(*rule)?.clone());
        }
        like.extend(behind.iter().map(Lacking::lost));
        if behind.iter().any(|lacking| lacking.comes.is_some() && !lacking.lacks.is_empty()) {
            like.push(any(details.clone()));
        }
        let (_, rule) = way.links.first().copied()?;
        Some((Suspect { site, way, behind }, Wonder { rule, like: all(like), details }))
    }

    fn diagnostic(&self, suspect: &Suspect<'w>, answer: &Noticed, group: &Group<'w>) -> Option<Diagnostic> {
        let mut details = answer.details.iter().copied();
        let mut lacking: Vec<(&Stop<'w>, Whole<'w>, Vec<Lack>)> = Vec::new();
        let mut is_partial = false;
        for Lacking { stop, listed: Listed { backend, .. }, lacks, .. } in &suspect.behind {
            let stop = suspect.way.after.get(*stop)?;
            let noticed = lacks.iter().copied().filter(|_| details.next().unwrap_or(false));
            let noticed: Vec<_> = noticed.collect();
            let is_known = |(other, known, _): &&mut (&Stop<'w>, Whole<'w>, Vec<Lack>)| {
                std::ptr::eq(*other, stop) && known.declared.name == backend.declared.name
            };
            match lacking.iter_mut().find(is_known) {
                _ if noticed.is_empty() => is_partial = true,
                Some((_, _, lacks)) => {
                    lacks.extend(noticed);
                    lacks.sort_unstable();
                    lacks.dedup();
                }
                None => lacking.push((stop, *backend, noticed)),
            }
        }
        let key = group.keys.first().filter(|_| group.models.is_some()).map(|(key, _)| *key);
        let loss = Loss { way: &suspect.way, lacking: &lacking, witness: &answer.witness, key, is_partial };
        fallback_lacks_capability::diagnostic(self.tree.graph, &loss)
    }
}

/// What is lost on a way, if there is a request that notices.
struct Suspect<'w> {
    /// The places of the chain and the rule that could do better.
    site: (usize, usize),
    way: Way<'w>,
    behind: Vec<Lacking<'w>>,
}

/// Past it a chain is not decided. **Unit**: sets of models that keys of one chain are narrowed to.
const GROUPS_MAX: usize = 256;
