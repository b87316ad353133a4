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
    /// The first budget that counts money.
    pub budget: &'w Declared<'w, Budget>,
    /// The places of the chains that its requests can take, each once: its own, and those that take over.
    pub chains: Vec<usize>,
}

/// All budgets with what stands above them, looked up once for all keys.
#[derive(Debug)]
pub struct Lines<'w> {
    policy: &'w Policy<'w>,
    /// By the place of the budget.
    steps: Vec<Step<'w>>,
    /// The last round in which each was looked at; a round is a key.
    seen: Vec<usize>,
    round: usize,
}

#[derive(Debug)]
struct Step<'w> {
    budget: &'w Declared<'w, Budget>,
    counts_money: bool,
    parent: Option<usize>,
    taking_over: Option<usize>,
}

impl<'w> Lines<'w> {
    /// Those of a policy, with the places of its chains.
    pub fn of(policy: &'w Policy<'w>, graph: &Graph<'w>) -> Self {
        let place = |name: &str| policy.budgets.get(name).map(|budget| budget.at);
        let step = |budget: &'w Declared<'w, Budget>| Step {
            budget,
            counts_money: budget.body().is_some_and(|body| body.amount.is_some()),
            parent: parent(policy, budget).and_then(place),
            taking_over: taking_over(policy, budget).and_then(|chain| graph.place(chain)),
        };
        let steps: Vec<_> = policy.budgets.values().map(step).collect();
        Self { policy, seen: vec![0; steps.len()], steps, round: 0 }
    }

    /// A key with its budgets; nothing when none of them counts money.
    pub fn carrier(
        &mut self,
        graph: &Graph<'w>,
        key: &'w Declared<'w, Key>,
        body: &'w Key,
    ) -> Option<Carrier<'w>> {
        self.round = self.round.saturating_add(1);
        let own = self.policy.chain(key.owner, body.chain.value.as_str()).found();
        let mut chains: Vec<usize> = own.and_then(|own| graph.place(own)).into_iter().collect();
        let mut known: BTreeSet<usize> = chains.iter().copied().collect();
        let mut first = None;
        for name in named(self.policy, key, body) {
            let mut next = self.policy.budgets.get(name).map(|budget| budget.at);
            while let Some(step) = next.and_then(|at| self.steps.get(at)) {
                // What stands above it was looked at, too.
                let Some(seen) = self.seen.get_mut(step.budget.at).filter(|seen| **seen != self.round) else {
                    break;
                };
                *seen = self.round;
                first = first.or_else(|| step.counts_money.then_some(step.budget));
                chains.extend(step.taking_over.filter(|chain| known.insert(*chain)));
                next = step.parent;
            }
        }
        Some(Carrier { budget: first?, chains })
    }
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
    let mut open = named(policy, key, body);
    // The first that was written is looked at first.
    open.reverse();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    while let Some(name) = open.pop() {
        let Some(budget) = policy.budgets.get(name).filter(|budget| seen.insert(budget.at)) else { continue };
        found.push(budget);
        open.extend(parent(policy, budget));
    }
    found
}

/// The budgets that a key and its consumer name themselves.
fn named<'w>(policy: &'w Policy<'w>, key: &'w Declared<'w, Key>, body: &'w Key) -> Vec<&'w str> {
    let consumer = policy.consumer(key.owner, body.consumer.value.as_str()).found();
    let consumer = consumer.and_then(|name| policy.consumers.get(name));
    let of_consumer = consumer.and_then(|consumer| Some((consumer.owner, &consumer.body()?.budgets)));
    let mut all = Vec::new();
    for (owner, references) in [(key.owner, &body.budgets)].into_iter().chain(of_consumer) {
        let found = references.iter().map(|reference| policy.budget(owner, reference.value.as_str()).found());
        all.extend(found.flatten());
    }
    all
}

fn parent<'w>(policy: &'w Policy<'w>, budget: &Declared<'w, Budget>) -> Option<&'w str> {
    policy.budget(budget.owner, budget.body()?.parent.as_ref()?.value.as_str()).found()
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

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use crate::check::{Options, check};
    use crate::tree_source::Memory;

    /// A line of budgets, with a key under each; the last one counts money and goes on to a chain without prices.
    fn line(length: usize) -> Memory {
        let mut text = "providers: { p: { protocol: openai-compatible, base-url: \"https://p.example/v1\" } }\n\
             models: { m: { capabilities: [streaming] }, free: { capabilities: [streaming], prices: [{ input: 0, output: 0 }] } }\n\
             backends: { m: { model: m, provider: p }, free: { model: free, provider: p } }\n\
             chains:\n  first: { rules: [{ name: all, fallback: [free] }] }\n  after: { rules: [{ name: all, fallback: [m] }] }\n\
             consumers: { web: {} }\nbudgets:\n  b0: { amount: 5, window: month, on-exceed: chain/after }\n"
            .to_owned();
        for at in 1..length {
            writeln!(text, "  b{at}: {{ tokens: 5, window: month, parent: b{} }}", at - 1).unwrap();
        }
        text += "keys:\n";
        for at in 0..length {
            let digest = format!("sha256:{at:064x}");
            writeln!(
                text,
                "  k{at}: {{ consumer: web, chain: first, budgets: [b{at}], digests: [\"{digest}\"] }}"
            )
            .unwrap();
        }
        let mut tree = Memory::new();
        tree.insert("pointsman.yaml", "pointsman: 1\n");
        tree.insert("platform/all.yaml", text);
        tree
    }

    #[test]
    fn a_key_falls_under_all_that_stands_above_its_budget() {
        let check = |length, expected| {
            let checked = check(&line(length), &Options::default()).unwrap();
            let found = checked.diagnostics.iter().filter(|found| found.slug == "unpriced-model");
            assert_eq!(found.count(), expected, "{length}");
        };
        check(1, 1);
        check(1_000, 1);
    }
}
