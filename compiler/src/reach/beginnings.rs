//! In which chains the requests of a key can begin: its own, and those that take over when a budget is spent.
//!
//! Deliberately no amounts: any budget can be spent. A request falls under the budgets that its key and its consumer name,
//! and under all that stand above those. What takes over falls under the same ones, so nothing takes over from it in turn.
//! Invariants: each budget of a key is looked at once, also where parents go in circles; no more of those above it than may
//! stand above each other, and no more that it or its consumer names than one may name; and a name is resolved once, whoever
//! has many keys.
//!
//! Read next: [`crate::rules::credential_of_another_team`], [`crate::rules::unpriced_model`], `check/decisions.rs`.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::limits::{BUDGET_DEPTH_MAX, BUDGETS_NAMED_MAX};
use pointsman_schema::read::scalar::Reference;
use pointsman_schema::source::budget::OnExceed;
use pointsman_schema::source::{Budget, Chain, Key};
use pointsman_schema::tree::{Span, Spanned};

use super::Graph;
use crate::policy::{Declared, Policy, chain_of_target};

/// A key with its body.
pub type KeyOf<'w> = (&'w Declared<'w, Key>, &'w Key);

/// A chain in which requests of a key can begin.
#[derive(Debug, Clone, Copy)]
pub struct Beginning<'w> {
    /// Its place in the graph.
    pub chain: usize,
    /// The budget after which it takes over; nothing for the key's own chain.
    pub after: Option<&'w Declared<'w, Budget>>,
}

/// Where all requests of a policy can begin.
#[derive(Debug)]
pub struct Beginnings<'w> {
    policy: &'w Policy<'w>,
    /// By the place of the budget.
    lines: Vec<Line<'w>>,
    /// The keys that name each chain, by its place.
    own: BTreeMap<usize, Vec<KeyOf<'w>>>,
    /// The places of the budgets after which each chain takes over, by its place.
    after: BTreeMap<usize, Vec<usize>>,
    /// By the place of the key.
    chains: Vec<Option<usize>>,
    /// By the place of the key, the places of the budgets that it names itself.
    of_keys: Vec<Vec<usize>>,
    /// By the place of the consumer.
    holders: Vec<Holder<'w>>,
    /// Whether some budget of a key, its parent or its chain is not known, so that requests may begin elsewhere, too.
    pub is_incomplete: bool,
}

/// A budget, and where it stands.
#[derive(Debug)]
pub struct Line<'w> {
    /// Its declaration.
    pub budget: &'w Declared<'w, Budget>,
    /// The place of the chain that takes over when it is spent.
    pub taking_over: Option<usize>,
    parent: Option<usize>,
    parts: Vec<usize>,
    /// Those that name it themselves.
    keys: Vec<KeyOf<'w>>,
    /// The places of the consumers that name it.
    holders: Vec<usize>,
}

/// A consumer.
#[derive(Debug, Default)]
struct Holder<'w> {
    /// The places of the budgets that it names.
    budgets: Vec<usize>,
    keys: Vec<KeyOf<'w>>,
    /// Whether it names one that is not known.
    is_lost: bool,
}

impl<'w> Beginnings<'w> {
    /// Those of a policy, with the places of its chains.
    pub fn of(policy: &'w Policy<'w>, graph: &Graph<'w>) -> Self {
        let lines = policy.budgets.values().map(|budget| Line::of(policy, graph, budget)).collect();
        let mut found = Self {
            policy,
            lines,
            own: BTreeMap::new(),
            after: BTreeMap::new(),
            chains: vec![None; policy.keys.len()],
            of_keys: vec![Vec::new(); policy.keys.len()],
            holders: policy.consumers.values().map(|_| Holder::default()).collect(),
            is_incomplete: policy.budgets.values().any(|budget| is_lost(policy, budget)),
        };
        for at in 0..found.lines.len() {
            let Some(Line { parent, taking_over, .. }) = found.lines.get(at) else { continue };
            let parent = *parent;
            if let Some(chain) = taking_over {
                found.after.entry(*chain).or_default().push(at);
            }
            if let Some(line) = parent.and_then(|parent| found.lines.get_mut(parent)) {
                line.parts.push(at);
            }
        }
        for (consumer, body) in Policy::bodies(&policy.consumers) {
            let (budgets, is_lost) = found.resolve(consumer, &body.budgets);
            for line in &budgets {
                found.lines.get_mut(*line).into_iter().for_each(|line| line.holders.push(consumer.at));
            }
            if let Some(holder) = found.holders.get_mut(consumer.at) {
                *holder = Holder { budgets, keys: Vec::new(), is_lost };
            }
        }
        Policy::bodies(&policy.keys).for_each(|key| found.add(graph, key));
        found
    }

    /// The places of the budgets that something names, and whether that is not all.
    fn resolve<T>(&self, from: &Declared<'_, T>, budgets: &[Spanned<Reference>]) -> (Vec<usize>, bool) {
        let named = budgets.iter().take(BUDGETS_NAMED_MAX);
        let found = named.filter_map(|budget| place(self.policy, from, budget.value.as_str()));
        let found: Vec<usize> = found.collect();
        let is_lost = found.len() != budgets.len();
        (found, is_lost)
    }

    fn add(&mut self, graph: &Graph<'w>, (key, body): KeyOf<'w>) {
        let (budgets, is_lost) = self.resolve(key, &body.budgets);
        self.is_incomplete |= is_lost;
        for line in &budgets {
            self.lines.get_mut(*line).into_iter().for_each(|line| line.keys.push((key, body)));
        }
        if let Some(slot) = self.of_keys.get_mut(key.at) {
            *slot = budgets;
        }
        if let Some(holder) = self.policy.holder(key).and_then(|holder| self.holders.get_mut(holder.at)) {
            holder.keys.push((key, body));
            self.is_incomplete |= holder.is_lost;
        }
        let Some(chain) = self.policy.chain_of(key).and_then(|chain| graph.place_of(chain)) else { return };
        self.own.entry(chain).or_default().push((key, body));
        if let Some(slot) = self.chains.get_mut(key.at) {
            *slot = Some(chain);
        }
    }

    /// The keys that a budget is named for, by themselves or by their consumers. One can come twice.
    fn keys_under<'s>(&'s self, line: &'s Line<'w>) -> impl Iterator<Item = KeyOf<'w>> + use<'s, 'w> {
        let holders = line.holders.iter().filter_map(|at| self.holders.get(*at));
        line.keys.iter().chain(holders.flat_map(|holder| &holder.keys)).copied()
    }

    /// The keys that name a chain, by its place.
    pub fn own(&self, chain: usize) -> &[KeyOf<'w>] {
        self.own.get(&chain).map_or(&[], Vec::as_slice)
    }

    /// The place of the chain that a key names.
    pub fn chain_of(&self, key: &Declared<'_, Key>) -> Option<usize> {
        self.chains.get(key.at).copied().flatten()
    }

    /// Whether a chain takes over from a budget.
    pub fn takes_over(&self, chain: usize) -> bool {
        self.after.contains_key(&chain)
    }

    /// The keys that name another chain from which this one can take over, each once, in their order.
    pub fn taken_over(&self, chain: usize) -> Vec<KeyOf<'w>> {
        let mut open = self.after.get(&chain).cloned().unwrap_or_default();
        let (mut seen, mut keys) = (BTreeSet::new(), Vec::new());
        for _ in 0..BUDGET_DEPTH_MAX {
            let mut below = Vec::new();
            for line in open.into_iter().filter(|at| seen.insert(*at)).filter_map(|at| self.lines.get(at)) {
                below.extend(&line.parts);
                let others = |key: &KeyOf<'w>| self.chain_of(key.0).is_some_and(|own| own != chain);
                keys.extend(self.keys_under(line).filter(others));
            }
            open = below;
        }
        keys.sort_unstable_by_key(|(key, _)| key.at);
        keys.dedup_by_key(|(key, _)| key.at);
        keys
    }

    /// The chains in which requests of a key that falls under these budgets can begin, each once, its own first.
    pub fn under(&self, key: &Declared<'_, Key>, budgets: &[&Line<'w>]) -> Vec<Beginning<'w>> {
        let own = self.chain_of(key).map(|chain| Beginning { chain, after: None });
        let mut found: Vec<_> = own.into_iter().collect();
        let mut known: BTreeSet<usize> = found.iter().map(|own| own.chain).collect();
        for line in budgets {
            let chain = line.taking_over.filter(|chain| known.insert(*chain));
            found.extend(chain.map(|chain| Beginning { chain, after: Some(line.budget) }));
        }
        found
    }

    /// The keys whose requests begin in a chain: those that name it, and those from which it takes over.
    pub fn keys(&self, chain: usize) -> Vec<KeyOf<'w>> {
        self.own(chain).iter().copied().chain(self.taken_over(chain)).collect()
    }

    /// For each budget by its place, what there is of the keys that fall under it, put together from its own and from what its
    /// parts have. A key can count more than once. Of parts in a circle, and of those with more above them than may be, nothing
    /// is put together.
    pub fn gathered<T: Copy + Default>(
        &self,
        of_key: impl Fn(KeyOf<'w>) -> T,
        mut join: impl FnMut(&mut T, T),
    ) -> Vec<T> {
        let mut of_keys = |keys: &[KeyOf<'w>]| {
            let mut found = T::default();
            for key in keys {
                join(&mut found, of_key(*key));
            }
            found
        };
        let of_holders: Vec<T> = self.holders.iter().map(|holder| of_keys(&holder.keys)).collect();
        let mut all: Vec<T> = self.lines.iter().map(|line| of_keys(&line.keys)).collect();
        for (line, found) in self.lines.iter().zip(&mut all) {
            let holders = line.holders.iter().filter_map(|at| of_holders.get(*at));
            holders.for_each(|holder| join(found, *holder));
        }
        let is_top = |(_, line): &(usize, &Line<'w>)| line.parent.is_none();
        let mut level: Vec<usize> = self.lines.iter().enumerate().filter(is_top).map(|(at, _)| at).collect();
        let mut order: Vec<usize> = Vec::with_capacity(self.lines.len());
        for _ in 0..BUDGET_DEPTH_MAX {
            order.extend(&level);
            let lines = level.iter().filter_map(|at| self.lines.get(*at));
            level = lines.flat_map(|line| line.parts.iter().copied()).collect();
        }
        for at in order.into_iter().rev() {
            let (Some(line), Some(part)) = (self.lines.get(at), all.get(at).copied()) else { continue };
            if let Some(whole) = line.parent.and_then(|parent| all.get_mut(parent)) {
                join(whole, part);
            }
        }
        all
    }

    /// Every budget, in the order of the names.
    pub fn lines(&self) -> &[Line<'w>] {
        &self.lines
    }

    /// Looks at one key after the other.
    pub fn walk(&self) -> Walk<'_, 'w> {
        Walk { beginnings: self, seen: vec![0; self.lines.len()], round: 0 }
    }
}

/// A look at keys that remembers which budgets it has seen.
#[derive(Debug)]
pub struct Walk<'b, 'w> {
    beginnings: &'b Beginnings<'w>,
    /// The last round in which each budget was looked at; a round is a key.
    seen: Vec<usize>,
    round: usize,
}

impl<'b, 'w> Walk<'b, 'w> {
    /// The budgets that a key's requests fall under, each before what stands above it.
    pub fn budgets(&mut self, key: &Declared<'_, Key>) -> Vec<&'b Line<'w>> {
        self.round = self.round.saturating_add(1);
        let (mut found, beginnings) = (Vec::new(), self.beginnings);
        if beginnings.lines.is_empty() {
            return found;
        }
        let holder = beginnings.policy.holder(key).and_then(|holder| beginnings.holders.get(holder.at));
        let of_holder = holder.into_iter().flat_map(|holder| &holder.budgets);
        for budget in beginnings.of_keys.get(key.at).into_iter().flatten().chain(of_holder) {
            let mut next = Some(*budget);
            for _ in 0..BUDGET_DEPTH_MAX {
                // What stands above it was looked at, too.
                let Some((at, seen)) = next.and_then(|at| Some((at, self.seen.get_mut(at)?))) else { break };
                if *seen == self.round {
                    break;
                }
                *seen = self.round;
                let line = beginnings.lines.get(at);
                found.extend(line);
                next = line.and_then(|line| line.parent);
            }
        }
        found
    }

    /// The chains in which a key's requests can begin, each once, its own first.
    pub fn of(&mut self, key: &Declared<'_, Key>) -> Vec<Beginning<'w>> {
        let budgets = if self.beginnings.after.is_empty() { Vec::new() } else { self.budgets(key) };
        self.beginnings.under(key, &budgets)
    }
}

impl<'w> Line<'w> {
    fn of(policy: &'w Policy<'w>, graph: &Graph<'w>, budget: &'w Declared<'w, Budget>) -> Self {
        let body = budget.body();
        let parent = body.and_then(|body| body.parent.as_ref());
        let parent = parent.and_then(|parent| place(policy, budget, parent.value.as_str()));
        let taking_over = body.and_then(taking_over);
        let taking_over = taking_over.and_then(|chain| policy.find(budget.owner, chain));
        let taking_over = taking_over.and_then(|chain| graph.place_of(chain));
        Self { budget, taking_over, parent, parts: Vec::new(), keys: Vec::new(), holders: Vec::new() }
    }

    /// Whether it counts money.
    pub fn counts_money(&self) -> bool {
        self.budget.body().is_some_and(|body| body.amount.is_some())
    }
}

/// Whether the parent of a budget, or the chain that takes over from it, is not known.
fn is_lost(policy: &Policy<'_>, budget: &Declared<'_, Budget>) -> bool {
    let Some(body) = budget.body() else { return true };
    let is_unknown = |parent: &Spanned<Reference>| place(policy, budget, parent.value.as_str()).is_none();
    body.parent.as_ref().is_some_and(is_unknown)
        || taking_over(body).is_some_and(|chain| policy.find::<Chain>(budget.owner, chain).is_none())
}

/// The chain that takes over, as written.
fn taking_over(body: &Budget) -> Option<&str> {
    match &body.on_exceed.as_ref()?.value {
        OnExceed::Reject => None,
        OnExceed::Chain(target) => chain_of_target(target.as_str()),
    }
}

/// What a budget says of the chain that takes over, where it stands.
pub fn on_exceed_span(budget: &Declared<'_, Budget>) -> Span {
    let on_exceed = budget.body().and_then(|body| body.on_exceed.as_ref());
    on_exceed.map_or(budget.named.name.span, |on_exceed| on_exceed.span)
}

fn place<T>(policy: &Policy<'_>, from: &Declared<'_, T>, budget: &str) -> Option<usize> {
    policy.find::<Budget>(from.owner, budget).map(|budget| budget.at)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::check::{Options, check};
    use crate::index::indexed;
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

    #[test]
    fn no_more_is_looked_at_than_may_stand_above_each_other() {
        let policy = line(500);
        let text = String::from_utf8(crate::tree_source::Tree::read(&policy, "platform/all.yaml").unwrap());
        indexed(&text.unwrap(), |index| {
            let graph = Graph::of(index);
            let beginnings = Beginnings::of(&index.policy, &graph);
            let mut walk = beginnings.walk();
            let budgets = Policy::bodies(&index.policy.keys).map(|(key, _)| walk.budgets(key).len());
            let budgets: Vec<usize> = budgets.collect();
            assert!(budgets.iter().all(|count| *count <= BUDGET_DEPTH_MAX), "{budgets:?}");
            assert_eq!(budgets.iter().max(), Some(&BUDGET_DEPTH_MAX));
            assert_eq!(beginnings.taken_over(graph.place("after").unwrap()).len(), BUDGET_DEPTH_MAX);
        });
    }
    /// One consumer of many budgets and many keys: what falls under what is kept for the consumer.
    #[test]
    fn keys_of_one_consumer_share_its_budgets() {
        let check = |budgets: usize, keys: usize, is_incomplete: bool| {
            let list = |word: &str, count: usize, body: &str| -> String {
                (0..count).map(|at| format!("{word}{at}{body}")).collect::<Vec<_>>().join(", ")
            };
            let text = format!(
                "budgets: {{ {} }}\nconsumers: {{ web: {{ budgets: [{}] }} }}\nkeys: {{ {} }}\n",
                list("b", budgets, ": { tokens: 5, window: day }"),
                list("b", budgets, ""),
                list("k", keys, ": { consumer: web, chain: c }"),
            );
            indexed(&text, |index| {
                let beginnings = Beginnings::of(&index.policy, &Graph::of(index));
                let named: usize =
                    beginnings.lines.iter().map(|line| line.keys.len() + line.holders.len()).sum();
                assert_eq!(named, budgets.min(BUDGETS_NAMED_MAX), "{budgets} {keys}");
                let counted = beginnings.gathered(|_| 1, |sum, other| *sum += other);
                assert_eq!(counted.iter().sum::<usize>(), named * keys, "{budgets} {keys}");
                assert_eq!(beginnings.is_incomplete, is_incomplete, "{budgets} {keys}");
                let mut walk = beginnings.walk();
                assert!(index.policy.keys.values().all(|key| walk.budgets(key).len() == named));
            });
        };
        check(2, 50, false);
        check(BUDGETS_NAMED_MAX, 300, false);
        check(BUDGETS_NAMED_MAX + 1, 300, true);
    }

    #[test]
    fn no_more_is_gathered_than_may_stand_below_each_other() {
        let policy = line(500);
        let text = String::from_utf8(crate::tree_source::Tree::read(&policy, "platform/all.yaml").unwrap());
        indexed(&text.unwrap(), |index| {
            let beginnings = Beginnings::of(&index.policy, &Graph::of(index));
            let counted = beginnings.gathered(|_| 1, |sum, other| *sum += other);
            assert_eq!(counted.iter().max(), Some(&BUDGET_DEPTH_MAX));
            assert!(
                counted.iter().sum::<usize>() <= 500 + BUDGET_DEPTH_MAX * BUDGET_DEPTH_MAX,
                "{counted:?}"
            );
        });
    }
}
