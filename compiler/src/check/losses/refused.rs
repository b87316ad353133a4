//! Rules none of whose targets can serve any request that they take, so that all of those are refused.
//!
//! Judged beside what fallbacks lose, for the same keys. What a target comes to in chains below counts by the rules of those.
//! Deliberately asks only about rules that may be refused at all: a target that has whatever the chain's conditions ask for
//! serves some request of every rule. Invariant: nothing is said of a rule of which a target is not known.
//!
//! Read next: [`crate::rules::unserved_rule`].

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::capability::Capability;

use super::super::leaves::{Leaf, Leaves, Tree};
use super::open::allows;
use super::{Group, Judge};
use crate::analysis::diagram::Exhausted;
use crate::analysis::formula::{Formula, Questions, Scope};
use crate::analysis::question::Question;
use crate::analysis::serving::{all, any, can_all, not, served};
use crate::analysis::wonder::Wonder;
use crate::diagnostic::Diagnostic;
use crate::reach::Goal;
use crate::reach::roads::Targets;
use crate::rules::unserved_rule::{self, Refusal};

/// What the conditions of some rules ask about.
#[derive(Debug, Clone, Default)]
struct Asked {
    capabilities: BTreeSet<Capability>,
    /// The most tokens that some condition begins with or ends before. **Unit**: tokens.
    tokens: u32,
}

impl Asked {
    fn add(&mut self, condition: &Formula<'_>) {
        let mut questions = Questions::default();
        questions.add(condition);
        for question in questions.found {
            match question {
                Question::Capability(capability) => _ = self.capabilities.insert(capability),
                Question::InputTokens(min, max) => {
                    let after = if max == u32::MAX { 0 } else { max.saturating_add(1) };
                    self.tokens = self.tokens.max(min).max(after);
                }
                _ => {}
            }
        }
    }

    /// Whether a backend serves some request of every rule whose condition asks for no more than this.
    fn is_had_by(&self, leaf: &Leaf<'_>) -> bool {
        let window = leaf.listed.backend.model.context_window;
        leaf.comes.is_none()
            && window.is_none_or(|window| window >= self.tokens)
            && self.capabilities.iter().all(|capability| can_all(&leaf.listed, *capability))
    }
}

/// A rule, and what its condition and those before it ask about.
struct Asking<'t, 'w> {
    targets: &'t Targets<'t, 'w>,
    asked: Asked,
}

/// What becomes of the requests that a rule takes: nothing when some are served.
type Fate = Option<Diagnostic>;

impl<'w> Judge<'_, '_, 'w> {
    /// The rules of the chain that refuse all that any of its keys ask of them, by their places. What some of them are served is
    /// not told: that the others may not have it is what narrows them.
    pub(super) fn refused(
        &self,
        tree: &Tree<'_, 'w>,
        groups: &[Group<'w>],
    ) -> Result<BTreeMap<usize, Diagnostic>, Exhausted> {
        let rules = self.asking();
        // A chain that has nothing for some keys has a finding of its own.
        let has_some = |group: &&Group<'w>| {
            group.models.as_ref().is_none_or(|models| models.iter().any(|model| self.has(self.at, model)))
        };
        let groups: Vec<_> = groups.iter().filter(has_some).collect();
        let is_doubtful = |rule: &&Asking<'_, 'w>| {
            let mut groups = groups.iter();
            groups.any(|group| {
                let has = |leaf: &Leaf<'w>| may_serve(group, leaf) && rule.asked.is_had_by(leaf);
                any_leaf(tree, rule.targets, has) == Some(false)
            })
        };
        let doubtful: Vec<_> = rules.iter().filter(is_doubtful).collect();
        let mut fates = BTreeMap::new();
        for group in groups.iter().filter(|_| !doubtful.is_empty()) {
            for (rule, fate) in self.fates(tree, group, &doubtful)? {
                match fate {
                    None => _ = fates.insert(rule, None),
                    refused => _ = fates.entry(rule).or_insert(refused),
                }
            }
        }
        Ok(fates.into_iter().filter_map(|(rule, fate)| Some((rule, fate?))).collect())
    }

    /// The rules until one whose condition is not known.
    fn asking(&self) -> Vec<Asking<'_, 'w>> {
        let (mut found, mut asked) = (Vec::new(), Asked::default());
        let Some(node) = self.tree.graph.chains.get(self.at) else { return found };
        let scope = Scope { index: self.chains.index, owner: node.declared.owner };
        for targets in self.tree.targets.get(self.at).into_iter().flatten() {
            let Some(targets) = targets else { break };
            if let Some((condition, _)) = targets.rule.condition() {
                let Some(condition) = scope.formula(condition) else { break };
                asked.add(&condition);
            }
            found.push(Asking { targets, asked: asked.clone() });
        }
        found
    }

    /// What becomes of what some keys ask of some rules; those that they cannot reach are left out.
    fn fates(
        &self,
        tree: &Tree<'_, 'w>,
        group: &Group<'w>,
        rules: &[&Asking<'_, 'w>],
    ) -> Result<Vec<(usize, Fate)>, Exhausted> {
        let Some(node) = self.tree.graph.chains.get(self.at) else { return Ok(Vec::new()) };
        let leaves: Vec<_> = rules.iter().map(|rule| leaves(tree, group, rule.targets)).collect();
        let wonders = rules.iter().zip(&leaves).flat_map(|(rule, leaves)| {
            let without = |one: &Capability| not(Formula::Ask(Question::Capability(*one)));
            let details = rule.asked.capabilities.iter().map(without).collect();
            let serves = any(leaves.iter().map(serving).collect());
            let taken = Wonder { rule: rule.targets.at, like: all(Vec::new()), details };
            [taken, Wonder { rule: rule.targets.at, like: serves, details: Vec::new() }]
        });
        let wonders: Vec<_> = wonders.collect();
        let Some(answers) = self.noticed(group, &wonders)? else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for ((rule, leaves), answers) in rules.iter().zip(&leaves).zip(answers.chunks_exact(2)) {
            let [Some(taken), served] = answers else { continue };
            if served.is_some() {
                found.push((rule.targets.at, None));
                continue;
            }
            let needs = rule.asked.capabilities.iter().zip(&taken.details);
            let refusal = Refusal {
                node,
                targets: rule.targets,
                needs: needs.filter(|(_, can_do_without)| !**can_do_without).map(|(one, _)| *one).collect(),
                witness: &taken.witness,
                key: group.keys.first().filter(|_| group.models.is_some()).map(|(key, _)| *key),
                is_allowed: !leaves.is_empty(),
            };
            let diagnostic = unserved_rule::diagnostic(tree.roads, &refusal);
            found.extend(diagnostic.map(|found| (rule.targets.at, Some(found))));
        }
        Ok(found)
    }
}

fn may_serve(group: &Group<'_>, leaf: &Leaf<'_>) -> bool {
    allows(&group.models, &leaf.listed.backend)
}

/// What the targets of a rule come to that may serve some keys.
fn leaves<'w>(tree: &Tree<'_, 'w>, group: &Group<'w>, targets: &Targets<'_, 'w>) -> Vec<Leaf<'w>> {
    let mut found = Vec::new();
    any_leaf(tree, targets, |leaf| {
        found.extend(may_serve(group, leaf).then(|| leaf.clone()));
        false
    });
    found
}

/// The requests that come to a backend and that it can serve.
fn serving<'w>(leaf: &Leaf<'w>) -> Formula<'w> {
    let serves = served(&leaf.listed);
    leaf.comes.clone().map_or(serves.clone(), |comes| all(vec![comes, serves]))
}

/// Whether something that the targets of a rule come to is one; nothing when not all of it is known.
fn any_leaf<'w>(
    tree: &Tree<'_, 'w>,
    targets: &Targets<'_, 'w>,
    mut is_one: impl FnMut(&Leaf<'w>) -> bool,
) -> Option<bool> {
    for hop in targets.all() {
        let is_found = match hop.goal {
            Goal::Backend(backend) => is_one(&tree.leaf(hop, backend)?),
            Goal::Chain(chain) if tree.roads.is_known(hop) => match tree.of_chain(chain) {
                Leaves::These(leaves) => leaves.iter().any(&mut is_one),
                Leaves::All => tree.roads.below(hop).any(|backend| is_one(&Leaf::of_all(*backend))),
                Leaves::Unknown => return None,
            },
            Goal::Chain(_) => return None,
        };
        if is_found {
            return Some(true);
        }
    }
    Some(false)
}
