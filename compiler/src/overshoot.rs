//! By how much a soft budget can be overshot: what can be in flight when it is spent.
//!
//! Deliberately an upper bound and simple: every key at the most requests that its limits let it have open, every request at
//! its most attempts, every attempt at the dearest model with as many tokens as it takes. The invariant: a bound is given only
//! where each of these is known.
//!
//! Read next: `docs/language/budget.md` for the formula in words, [`crate::lower`] for where it is written down.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::source::budget::{BudgetMode, Counted};
use pointsman_schema::source::{Backend, Budget, Key, Limit};

use crate::model::Facts;
use crate::policy::{Declared, Owner, Policy};
use crate::reach::attempts::{Road, Weight, Worst, worst};
use crate::reach::beginnings::{Beginning, Beginnings, KeyOf};
use crate::reach::{Goal, Graph};

/// By stable name of the budget. **Unit**: nano-dollars, or why there is no bound.
pub type Bounds<'p> = BTreeMap<&'p str, Bound>;

type Bound = Result<u128, String>;

/// By how much each soft money budget can be overshot, when some key falls under it.
pub fn overshoot<'p>(policy: &'p Policy<'p>) -> Bounds<'p> {
    let is_soft = |budget: &Budget| {
        budget.amount.is_some() && budget.mode.as_ref().is_some_and(|mode| mode.value == BudgetMode::Soft)
    };
    let soft: BTreeMap<&str, &Budget> = Policy::bodies(&policy.budgets)
        .filter(|(_, body)| is_soft(body))
        .map(|(declared, body)| (declared.name.as_str(), body))
        .collect();
    if soft.is_empty() {
        return BTreeMap::new();
    }
    let graph = Graph::of_policy(policy);
    let beginnings = Beginnings::of(policy, &graph);
    let mut world =
        World { policy, worst: worst(policy, &graph, Weight::Attempts), graph, requests: BTreeMap::new() };
    let mut counts: BTreeMap<(&str, &str), Bound> = BTreeMap::new();
    let mut walk = beginnings.walk();
    for (key, body) in Policy::bodies(&policy.keys) {
        let under = walk.budgets(key);
        let consumer = policy.holder(key).map_or("", |consumer| consumer.name.as_str());
        let mut in_flight = None;
        for budget in under.iter().filter_map(|line| soft.get_key_value(line.budget.name.as_str())) {
            let (name, budget) = budget;
            let count = match budget.per.as_ref().map_or(Counted::Shared, |per| per.value) {
                Counted::Shared => "",
                Counted::Consumer => consumer,
                Counted::Key => key.name.as_str(),
            };
            let cost = in_flight
                .get_or_insert_with(|| world.in_flight((key, body), beginnings.under(key, &under)))
                .clone();
            let sum = counts.entry((name, count)).or_insert(Ok(0));
            *sum = both(sum, cost, u128::saturating_add);
        }
    }
    let mut found = Bounds::new();
    for ((budget, _), bound) in counts {
        let largest = found.entry(budget).or_insert(Ok(0));
        *largest = both(largest, bound, u128::max);
    }
    found
}

/// Two bounds as one; the first cause why there is none stays.
fn both(first: &Bound, second: Bound, join: fn(u128, u128) -> u128) -> Bound {
    Ok(join(first.clone()?, second?))
}

struct World<'p> {
    policy: &'p Policy<'p>,
    graph: Graph<'p>,
    worst: Vec<Option<Worst<'p>>>,
    /// What was found for a chain and the models of a key.
    requests: BTreeMap<(usize, BTreeSet<&'p str>), Bound>,
}

impl<'p> World<'p> {
    /// What all requests of a key that can be open at once can cost.
    fn in_flight(&mut self, (key, body): KeyOf<'p>, beginnings: Vec<Beginning<'p>>) -> Bound {
        let concurrent = self.concurrent(key, body);
        let concurrent =
            concurrent.ok_or_else(|| format!("key {} has no limit with concurrent", key.name))?;
        let models: BTreeSet<&str> = body.models.iter().map(|model| model.value.as_str()).collect();
        let mut dearest = 0;
        for Beginning { chain, .. } in beginnings {
            let request = match self.requests.get(&(chain, models.clone())) {
                Some(known) => known.clone(),
                None => self.request(chain, &models),
            };
            self.requests.entry((chain, models.clone())).or_insert_with(|| request.clone());
            dearest = request?.max(dearest);
        }
        Ok(dearest.saturating_mul(u128::from(concurrent)))
    }

    /// The most requests that a key's own limits and its consumer's let it have open.
    fn concurrent(&self, key: &'p Declared<'p, Key>, body: &'p Key) -> Option<u32> {
        let consumer = self.policy.holder(key);
        let of_consumer = consumer.and_then(|consumer| Some((consumer.owner, &consumer.body()?.limits)));
        let limits = [(key.owner, &body.limits)].into_iter().chain(of_consumer);
        let concurrent = |owner: &'p Owner, reference: &'p str| {
            Some(self.policy.find::<Limit>(owner, reference)?.body()?.concurrent.as_ref()?.value.0)
        };
        limits
            .flat_map(|(owner, references)| references.iter().map(move |reference| (owner, reference)))
            .filter_map(|(owner, reference)| concurrent(owner, reference.value.as_str()))
            .min()
    }

    /// What one request of a chain can cost, with all its attempts.
    fn request(&self, chain: usize, models: &BTreeSet<&str>) -> Bound {
        let (mut dearest, mut open, mut seen) = (0, vec![chain], BTreeSet::from([chain]));
        while let Some(node) = open.pop().and_then(|at| self.graph.chains.get(at)) {
            for hop in &node.hops {
                match hop.goal {
                    Goal::Backend(backend) => dearest = self.attempt(backend, models)?.max(dearest),
                    Goal::Chain(next) if seen.insert(next) => open.push(next),
                    Goal::Chain(_) => {}
                }
            }
        }
        let attempts_most = u64::try_from(self.policy.attempts_max()).unwrap_or(u64::MAX);
        let attempts = self.worst.get(chain).and_then(Option::as_ref).map_or(0, |worst| {
            let costliest = worst.roads.roads.first().map_or(0, Road::attempts);
            if worst.roads.is_cut { worst.roads.most } else { u64::try_from(costliest).unwrap_or(u64::MAX) }
        });
        Ok(dearest.saturating_mul(u128::from(attempts.min(attempts_most))))
    }

    /// What one attempt at a backend can cost; nothing where the key may not be served by its model.
    fn attempt(&self, backend: &Declared<'_, Backend>, models: &BTreeSet<&str>) -> Bound {
        let Some(model) = backend.body().map(|body| body.model.value.as_str()) else { return Ok(0) };
        if !models.is_empty() && !models.contains(model) {
            return Ok(0);
        }
        let facts = self.policy.model_facts(model).unwrap_or_default();
        dearest_attempt(&facts).ok_or_else(|| format!("model {model} has no context-window or no prices"))
    }
}

/// As much of the window as its output may have is output, when that is the dearer half. **Unit**: nano-dollars.
fn dearest_attempt(facts: &Facts) -> Option<u128> {
    let window = facts.context_window?;
    let output_tokens = facts.output_limit.map_or(window, |limit| limit.min(window));
    let rates = || facts.tariffs.iter().flat_map(|tariff| &tariff.steps).map(|step| step.rates);
    let input =
        rates().flat_map(|rates| [rates.input, rates.cached_read, rates.cache_write]).flatten().max()?;
    // Embeddings have no output, so nobody need say what it costs.
    let output = match rates().filter_map(|rates| rates.output).max() {
        None if facts.has_output() => return None,
        output => output.unwrap_or(0),
    };
    let cost = |tokens: u32, nanos: u64| u128::from(tokens).saturating_mul(u128::from(nanos));
    let mixed = cost(window.saturating_sub(output_tokens), input).saturating_add(cost(output_tokens, output));
    Some(cost(window, input).max(mixed).div_ceil(1_000_000))
}

#[cfg(test)]
mod tests {
    use pointsman_schema::capability::Capability;
    use pointsman_schema::catalogue::{Rates, Step, Tariff};
    use pointsman_schema::digest::Digest;

    use super::*;
    use crate::check::{Options, check};
    use crate::tree_source::Memory;

    fn check_attempt(
        window: Option<u32>,
        limit: Option<u32>,
        (input, output): (u64, u64),
        expected: Option<u128>,
    ) {
        let rates = Rates { input: Some(input), output: Some(output), ..Rates::default() };
        let tariffs = vec![Tariff { valid_from: None, steps: vec![Step { over: 0, rates }] }];
        let facts = Facts { context_window: window, output_limit: limit, tariffs, ..Facts::default() };
        assert_eq!(dearest_attempt(&facts), expected);
    }

    fn check_policy(keys: &str, expected: Option<&Bound>) {
        let text = format!(
            "\
providers: {{ one: {{ protocol: openai-compatible, base-url: https://one.example.com/v1 }} }}
models: {{ m: {{ context-window: 1000000, output-limit: 100000, prices: [{{ input: 1, output: 11 }}] }}, vague: {{ prices: [{{ input: 1, output: 1 }}] }} }}
backends: {{ m: {{ model: m, provider: one }}, vague: {{ model: vague, provider: one }} }}
chains:
  main: {{ rules: [{{ name: all, fallback: [m], retry: {{ attempts: 2 }} }}] }}
  both: {{ rules: [{{ name: all, fallback: [m, vague] }}] }}
limits: {{ two: {{ concurrent: 2 }}, five: {{ concurrent: 5 }} }}
budgets:
  soft: {{ amount: 10, window: day, mode: soft }}
  each: {{ amount: 10, window: day, mode: soft, per: key, parent: soft }}
consumers: {{ web: {{ limits: [five] }}, free: {{}} }}
keys:
{keys}"
        );
        let tree: Memory = [("pointsman.yaml", "pointsman: 1\n"), ("a.yaml", &text)].into_iter().collect();
        let checked = check(&tree, &Options::default()).unwrap();
        let policy = checked.policy().unwrap();
        assert_eq!(overshoot(&policy).get("soft"), expected, "{keys}");
    }

    #[test]
    fn the_bound_is_what_can_be_in_flight() {
        let key = |name: &str, rest: &str| {
            let digest = Digest::of(name.as_bytes());
            format!("  {name}: {{ digests: [{digest}], {rest} }}\n")
        };
        // Five requests, three attempts, two dollars: 900,000 tokens of input and 100,000 of output.
        let five = key("five", "consumer: web, chain: main, budgets: [soft]");
        check_policy(&five, Some(&Ok(30_000_000_000)));
        let two = key("two", "consumer: web, chain: main, budgets: [each], limits: [two]");
        check_policy(&format!("{five}{two}"), Some(&Ok(42_000_000_000)));
        let free = key("free", "consumer: free, chain: main, budgets: [soft]");
        check_policy(
            &format!("{five}{free}"),
            Some(&Err("key free has no limit with concurrent".to_owned())),
        );
        let vague = key("vague", "consumer: web, chain: both, budgets: [soft]");
        let why = "model vague has no context-window or no prices".to_owned();
        check_policy(&vague, Some(&Err(why)));
        check_policy(&key("none", "consumer: free, chain: main"), None);
    }

    #[test]
    fn the_dearest_attempt_fills_the_window() {
        check_attempt(Some(1_000_000), Some(200_000), (3, 10), Some(5));
        check_attempt(Some(1_000_000), Some(200_000), (3_000, 10_000), Some(2_400 + 2_000));
        check_attempt(Some(1_000_000), None, (3_000, 10_000), Some(10_000));
        check_attempt(Some(1_000_000), Some(1), (10_000, 3_000), Some(10_000));
        check_attempt(None, Some(1), (1, 1), None);
        let rates = Rates { input: Some(3_000), ..Rates::default() };
        let tariffs = vec![Tariff { valid_from: None, steps: vec![Step { over: 0, rates }] }];
        let facts = Facts { context_window: Some(1_000_000), tariffs, ..Facts::default() };
        assert_eq!(dearest_attempt(&facts), None);
        let capabilities = Capability::Embeddings.bit();
        assert_eq!(dearest_attempt(&Facts { capabilities, ..facts }), Some(3_000));
    }
}
