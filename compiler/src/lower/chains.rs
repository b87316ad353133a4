//! Chains and their rules into the routing section.
//!
//! A chain accepts the models of every backend that it can reach, through other chains too, and its own aliases; those
//! of the chains it names stay theirs. Read next: [`super::matching`] for a rule's program, [`super::split`] for its
//! arms.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::archive::routing::{self as archive, TARGET_BACKEND, TARGET_CHAIN};
use pointsman_schema::archive::{NONE, Rows};
use pointsman_schema::outcome::Outcome;
use pointsman_schema::source::{Chain, Lossy, Retry, Rule, Sticky};

use super::attributes::Attributes;
use super::matching::{Scope, program};
use super::names::Texts;
use super::references::{NamedTarget, References};
use super::vocabulary::Vocabulary;
use super::{LowerError, body, split};
use crate::policy::Policy;

/// The tables of chains.
#[derive(Default)]
pub(super) struct ChainTables {
    /// One row a chain.
    pub(super) chains: Vec<archive::Chain>,
    /// Names that chains accept.
    pub(super) accepted: Vec<archive::Accepted>,
    /// Rules.
    pub(super) rules: Vec<archive::Rule>,
    /// Branch programs.
    pub(super) tests: Vec<archive::Test>,
    /// Split arms.
    pub(super) arms: Vec<archive::Arm>,
    /// Fallback targets.
    pub(super) fallbacks: Vec<archive::Target>,
}

impl ChainTables {
    /// Lowers every chain.
    pub(super) fn of<'p>(
        policy: &'p Policy<'p>,
        references: &References<'p>,
        vocabulary: &Vocabulary<'p>,
        attributes: &Attributes<'p>,
        texts: &mut Texts<'p>,
    ) -> Result<Self, LowerError> {
        let mut tables = Self::default();
        for declared in policy.chains.values() {
            let scope = Scope { owner: declared.owner, references, vocabulary, attributes };
            let Chain { aliases: _, rules, labels: _, export: _ } = body(declared)?;
            let start = tables.rules.len();
            rules.iter().try_for_each(|rule| tables.rule(&rule.value, scope, texts))?;
            let rules = Rows::between(start, tables.rules.len());
            tables.chains.push(archive::Chain {
                name: texts.number(&declared.name),
                rules,
                accepted: Rows::default(),
            });
        }
        tables.accept(policy, references, texts)?;
        Ok(tables)
    }

    fn rule<'p>(
        &mut self,
        rule: &'p Rule,
        scope: Scope<'_, 'p>,
        texts: &mut Texts<'p>,
    ) -> Result<(), LowerError> {
        let Rule { name, matches: _, when: _, split, sticky, fallback, retry: _, lossy } = rule;
        let program =
            append(&mut self.tests, program(rule.condition().map(|(condition, _)| condition), scope, texts)?);
        let mut weighted: Vec<(NamedTarget, u32)> = Vec::new();
        for (target, weight) in split.iter().flat_map(|split| &split.value.0) {
            weighted.push((scope.references.target(scope.owner, &target.value)?, weight.value.0));
        }
        let arms = append(&mut self.arms, split::arms(weighted));
        let targets: Result<Vec<_>, _> = fallback
            .iter()
            .map(|target| scope.references.target(scope.owner, target.value.as_str()))
            .map(|target| target.map(|target| target.target()))
            .collect();
        let fallbacks = append(&mut self.fallbacks, targets?);
        // Nothing is drawn where there are no arms, so there is nothing to stick to.
        let sticky = sticky.as_ref().filter(|_| arms.len > 0).map(|sticky| &sticky.value);
        let (sticky, sticky_attribute) = stick(sticky, scope.attributes)?;
        let (retry_attempts, retry_on) = extra_tries(scope.references.retry(rule));
        self.rules.push(archive::Rule {
            name: texts.number(name.value.as_str()),
            tests: program,
            arms,
            fallbacks,
            sticky,
            sticky_attribute,
            retry_attempts,
            retry_on,
            dropped: lossy.as_ref().map_or(Lossy::Refuse, |lossy| lossy.value).dropped(),
        });
        Ok(())
    }

    /// Fills in the names that each chain accepts, once all rules are known.
    fn accept<'p>(
        &mut self,
        policy: &'p Policy<'p>,
        references: &References<'p>,
        texts: &mut Texts<'p>,
    ) -> Result<(), LowerError> {
        let mut models = Vec::with_capacity(policy.backends.len());
        for declared in policy.backends.values() {
            let model = body(declared)?.model.value.as_str();
            models.push((model, references.model(model)?));
        }
        for (at, declared) in policy.chains.values().enumerate() {
            let Chain { aliases, rules: _, labels: _, export: _ } = body(declared)?;
            let mut names: BTreeMap<&str, u32> =
                aliases.iter().map(|alias| (alias.value.as_str(), NONE)).collect();
            names.extend(self.backends_of(at).into_iter().filter_map(|backend| models.get(backend)).copied());
            let rows = names
                .iter()
                .map(|(name, model)| archive::Accepted { name: texts.number(name), model: *model });
            let accepted = append(&mut self.accepted, rows.collect());
            if let Some(chain) = self.chains.get_mut(at) {
                chain.accepted = accepted;
            }
        }
        Ok(())
    }

    /// Every backend that a chain can reach.
    fn backends_of(&self, chain: usize) -> BTreeSet<usize> {
        let mut backends = BTreeSet::new();
        let mut seen = BTreeSet::from([chain]);
        let mut open = vec![chain];
        while let Some(chain) = open.pop() {
            for target in self.targets_of(chain) {
                let Ok(index) = usize::try_from(target.index) else { continue };
                match target.kind {
                    TARGET_BACKEND => _ = backends.insert(index),
                    TARGET_CHAIN if seen.insert(index) => open.push(index),
                    _ => {}
                }
            }
        }
        backends
    }

    fn targets_of(&self, chain: usize) -> impl Iterator<Item = &archive::Target> {
        let rules = self.chains.get(chain).map(|chain| run(&self.rules, &chain.rules)).unwrap_or_default();
        rules.iter().flat_map(|rule| {
            let arms = run(&self.arms, &rule.arms).iter().map(|arm| &arm.target);
            arms.chain(run(&self.fallbacks, &rule.fallbacks))
        })
    }
}

fn run<'t, T>(table: &'t [T], rows: &Rows) -> &'t [T] {
    let start = usize::try_from(rows.start).unwrap_or(usize::MAX);
    let end = start.saturating_add(usize::try_from(rows.len).unwrap_or(usize::MAX));
    table.get(start..end).unwrap_or_default()
}

fn append<T>(table: &mut Vec<T>, mut rows: Vec<T>) -> Rows {
    let start = table.len();
    table.append(&mut rows);
    Rows::between(start, table.len())
}

fn stick(sticky: Option<&Sticky>, attributes: &Attributes<'_>) -> Result<(u8, u32), LowerError> {
    Ok(match sticky {
        None => (0, NONE),
        Some(Sticky::Consumer) => (1, NONE),
        Some(Sticky::Key) => (2, NONE),
        Some(Sticky::Attribute(name)) => (3, attributes.row(name)?),
    })
}

/// How many extra tries, and after which outcomes.
fn extra_tries(retry: Option<&Retry>) -> (u8, u32) {
    let Some(Retry { attempts, on }) = retry else { return (0, 0) };
    let bits = match on {
        None => Outcome::Connect.bit() | Outcome::Timeout.bit(),
        Some(on) => on.value.0.iter().fold(0, |bits, outcome| bits | outcome.value.0.bit()),
    };
    (u8::try_from(attempts.value.0).unwrap_or(u8::MAX), bits)
}
