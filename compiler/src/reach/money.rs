//! Which budgets a key's requests fall under, and which chains they can take because of them.
//!
//! Deliberately no amounts. A budget that a request falls under brings its parents along, and the chains that take over
//! when one of them is spent. The invariant: each budget of a key is looked at once, also where parents go in circles.
//!
//! Read next: [`crate::rules::unpriced_model`].

use std::collections::BTreeSet;

use pointsman_schema::source::budget::OnExceed;
use pointsman_schema::source::{Budget, Key};

use super::{Goal, Graph};
use crate::policy::{Declared, Policy, chain_of_target};

/// A key whose requests are counted in money.
#[derive(Debug)]
pub struct Carrier<'w> {
    /// The key.
    pub key: &'w Declared<'w, Key>,
    /// The first budget that counts money.
    pub budget: &'w Declared<'w, Budget>,
    /// The stable names of the chains that its requests can take: its own, and those that take over.
    pub chains: Vec<&'w str>,
}

/// A key with its budgets; nothing when none of them counts money.
pub fn carrier<'w>(policy: &'w Policy<'w>, key: &'w Declared<'w, Key>, body: &'w Key) -> Option<Carrier<'w>> {
    let budgets = budgets(policy, key, body);
    let counts_money =
        |budget: &Declared<'_, Budget>| budget.body().is_some_and(|body| body.amount.is_some());
    let budget = budgets.iter().copied().find(|budget| counts_money(budget))?;
    let own = policy.chain(key.owner, body.chain.value.as_str()).found();
    let taking_over = budgets.iter().filter_map(|budget| taking_over(policy, budget));
    Some(Carrier { key, budget, chains: own.into_iter().chain(taking_over).collect() })
}

/// The chain that takes over when a budget is spent.
pub fn taking_over<'w>(policy: &'w Policy<'w>, budget: &'w Declared<'w, Budget>) -> Option<&'w str> {
    match &budget.body()?.on_exceed.as_ref()?.value {
        OnExceed::Reject => None,
        OnExceed::Chain(target) => policy.chain(budget.owner, chain_of_target(target.as_str())?).found(),
    }
}

/// The budgets that a key's requests fall under: its own, its consumer's, and all parents.
pub fn budgets<'w>(
    policy: &'w Policy<'w>,
    key: &'w Declared<'w, Key>,
    body: &'w Key,
) -> Vec<&'w Declared<'w, Budget>> {
    let consumer = policy.consumer(key.owner, body.consumer.value.as_str()).found();
    let consumer = consumer.and_then(|name| policy.consumers.get(name));
    let of_consumer = consumer.and_then(|consumer| Some((consumer.owner, &consumer.body()?.budgets)));
    let mut open: Vec<&'w str> = Vec::new();
    for (owner, references) in [(key.owner, &body.budgets)].into_iter().chain(of_consumer) {
        let found = references.iter().map(|reference| policy.budget(owner, reference.value.as_str()).found());
        open.extend(found.flatten());
    }
    // The first that was written is looked at first.
    open.reverse();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(name) = open.pop() {
        let Some(budget) = policy.budgets.get(name).filter(|_| seen.insert(name)) else { continue };
        found.push(budget);
        let parent = budget.body().and_then(|body| body.parent.as_ref());
        open.extend(parent.and_then(|parent| policy.budget(budget.owner, parent.value.as_str()).found()));
    }
    found
}

/// For each chain of a graph, those of some backends that it can reach; nothing for chains that go in circles.
pub fn reaching<'w>(graph: &Graph<'w>, wanted: &BTreeSet<&str>) -> Vec<BTreeSet<&'w str>> {
    let mut all: Vec<BTreeSet<&'w str>> = vec![BTreeSet::new(); graph.chains.len()];
    for at in &graph.order {
        let mut found = BTreeSet::new();
        for hop in graph.chains.get(*at).into_iter().flat_map(|chain| &chain.hops) {
            match hop.goal {
                Goal::Backend(backend) if wanted.contains(backend) => _ = found.insert(backend),
                Goal::Backend(_) => {}
                Goal::Chain(next) => found.extend(all.get(next).into_iter().flatten()),
            }
        }
        if let Some(slot) = all.get_mut(*at) {
            *slot = found;
        }
    }
    all
}
