//! The chains of a policy as a graph: what each can reach, in which order to judge them, and which go in circles.
//!
//! Deliberately knows targets only, not predicates: every rule counts as one that may match. Invariants: each target is
//! looked at a bounded number of times, so the work is linear in the policy; a chain in a circle, or leading into one,
//! is in no [`Graph::order`], so that whatever walks the order ends.
//!
//! Read next: [`attempts`] for how much one request can cause, [`credentials`] for whose secrets it can spend,
//! [`beginnings`] for whose requests come to it.

pub mod attempts;
pub mod beginnings;
pub mod below;
pub mod credentials;
pub mod models;
pub mod passages;
pub mod roads;
pub mod sets;
pub mod tools;
pub mod ways;

use std::collections::BTreeMap;

use pointsman_schema::source::{Backend, Chain, Rule};
use pointsman_schema::tree::Span;

use crate::index::Index;
use crate::policy::{Declared, Found, Policy, chain_of_target};

/// Chains and their targets.
#[derive(Debug)]
pub struct Graph<'w> {
    /// Chains by stable name, in the order of their names.
    pub chains: Vec<Node<'w>>,
    /// Chains that end, each after all that it goes on to.
    pub order: Vec<usize>,
    policy: &'w Policy<'w>,
    /// By the places of the chains in their table.
    places: Vec<Option<usize>>,
}

/// One chain.
#[derive(Debug)]
pub struct Node<'w> {
    /// Its declaration.
    pub declared: &'w Declared<'w, Chain>,
    /// Its body.
    pub body: &'w Chain,
    /// Every target of every rule that was found, in the order of the source.
    pub hops: Vec<Hop<'w>>,
}

impl<'w> Node<'w> {
    /// Each rule with its targets that were found, arms before fallbacks.
    pub fn rules<'n>(&'n self) -> impl Iterator<Item = (&'w Rule, &'n [Hop<'w>])> + use<'n, 'w> {
        let mut rest = self.hops.as_slice();
        self.body.rules.iter().map(move |rule| {
            let rule = &rule.value;
            let count = rest.iter().take_while(|hop| std::ptr::eq(hop.rule, rule)).count();
            let (own, later) = rest.split_at(count);
            rest = later;
            (rule, own)
        })
    }
}

/// One way on.
#[derive(Debug, Clone, Copy)]
pub struct Hop<'w> {
    /// In which rule.
    pub rule: &'w Rule,
    /// The target as written.
    pub span: Span,
    /// Whether it is an arm of the rule's split.
    pub is_arm: bool,
    /// Where it leads.
    pub goal: Goal<'w>,
}

/// Where a target leads.
#[derive(Debug, Clone, Copy)]
pub enum Goal<'w> {
    /// To a backend.
    Backend(&'w Declared<'w, Backend>),
    /// To a chain, by its place in [`Graph::chains`].
    Chain(usize),
}

impl Goal<'_> {
    /// Whether both lead to one place.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Backend(one), Self::Backend(other)) => one.at == other.at,
            (Self::Chain(one), Self::Chain(other)) => one == other,
            (Self::Backend(_), Self::Chain(_)) | (Self::Chain(_), Self::Backend(_)) => false,
        }
    }
}

impl<'w> Graph<'w> {
    /// The graph of a policy.
    pub fn of(index: &'w Index<'w>) -> Self {
        Self::of_policy(&index.policy)
    }

    /// The same, of a policy that was indexed before.
    pub fn of_policy(policy: &'w Policy<'w>) -> Self {
        let bodies: Vec<_> = Policy::bodies(&policy.chains).collect();
        let mut places = vec![None; policy.chains.len()];
        for (at, (chain, _)) in bodies.iter().enumerate() {
            if let Some(place) = places.get_mut(chain.at) {
                *place = Some(at);
            }
        }
        let mut chains = Vec::with_capacity(bodies.len());
        for of_one in bodies.chunk_by(|(a, _), (b, _)| a.owner == b.owner) {
            let Some((first, _)) = of_one.first() else { continue };
            let goals = policy.goals(first.owner);
            let hop = |rule, (text, span, is_arm): (&str, Span, bool)| {
                let goal = match goals.find(text)? {
                    Found::Backend(backend) => Goal::Backend(backend),
                    Found::Chain(chain) => Goal::Chain(places.get(chain.at).copied().flatten()?),
                };
                Some(Hop { rule, span, is_arm, goal })
            };
            chains.extend(of_one.iter().map(|(declared, body)| {
                let rules = body.rules.iter().map(|rule| &rule.value);
                let hops = rules.flat_map(|rule| targets(rule).filter_map(|target| hop(rule, target)));
                Node { declared, body, hops: hops.collect() }
            }));
        }
        let order = leaves_first(&chains);
        Self { chains, order, policy, places }
    }

    /// The place of a chain by its stable name; nothing when it could not be read.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.policy.chains.get(name).and_then(|chain| self.place_of(chain))
    }

    /// The place of a chain; nothing when it could not be read.
    pub fn place_of(&self, chain: &Declared<'_, Chain>) -> Option<usize> {
        self.places.get(chain.at).copied().flatten()
    }

    /// Something of every chain by its place, worked out from what was found of those that it goes on to; `unknown` for chains
    /// that go in circles.
    pub fn from_below<T: Clone>(&self, unknown: T, mut find: impl FnMut(&Node<'w>, &[T]) -> T) -> Vec<T> {
        let mut all = vec![unknown; self.chains.len()];
        for at in &self.order {
            let Some(node) = self.chains.get(*at) else { continue };
            let found = find(node, &all);
            if let Some(slot) = all.get_mut(*at) {
                *slot = found;
            }
        }
        all
    }

    /// Circles, no two of which have a chain in common, as the hops that make them; others show once these are mended: each entry is a chain and its hop to the next.
    pub fn circles(&self) -> Vec<Vec<(usize, Hop<'w>)>> {
        let mut is_done = vec![false; self.chains.len()];
        for at in &self.order {
            set(&mut is_done, *at);
        }
        let mut circles = Vec::new();
        for start in 0..self.chains.len() {
            let mut road: Vec<(usize, Hop<'w>)> = Vec::new();
            let mut places = BTreeMap::new();
            let mut at = start;
            // Every chain that is not in the order has a hop to another such chain.
            while !is_done.get(at).copied().unwrap_or(true) {
                if let Some(begin) = places.get(&at) {
                    circles.push(road.split_off(*begin));
                    break;
                }
                places.insert(at, road.len());
                let Some((hop, next)) = self.way_on(at, &is_done) else { break };
                road.push((at, hop));
                at = next;
            }
            for at in places.keys() {
                set(&mut is_done, *at);
            }
        }
        circles
    }

    fn way_on(&self, at: usize, is_done: &[bool]) -> Option<(Hop<'w>, usize)> {
        let hops = self.chains.get(at)?.hops.iter();
        let mut open = hops.filter_map(|hop| match hop.goal {
            Goal::Chain(next) if !is_done.get(next).copied().unwrap_or(true) => Some((*hop, next)),
            Goal::Chain(_) | Goal::Backend(_) => None,
        });
        open.next()
    }
}

fn set(flags: &mut [bool], at: usize) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = true;
    }
}

/// The targets of a rule as written, and whether each is an arm.
fn targets(rule: &Rule) -> impl Iterator<Item = (&str, Span, bool)> {
    let arms = rule.split.iter().flat_map(|split| &split.value.0);
    let arms = arms.map(|(arm, _)| (arm.value.as_str(), arm.span, true));
    arms.chain(rule.fallback.iter().map(|target| (target.value.as_str(), target.span, false)))
}

/// Whether all targets of a rule are chains. One without any target has a finding of its own.
pub fn lists_chains_alone(rule: &Rule) -> bool {
    let mut all = targets(rule).map(|(target, ..)| chain_of_target(target).is_some()).peekable();
    all.peek().is_some() && all.all(|is_chain| is_chain)
}

/// Chains after all that they go on to; those that never end are left out.
fn leaves_first(chains: &[Node<'_>]) -> Vec<usize> {
    let mut open: Vec<usize> = Vec::with_capacity(chains.len());
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); chains.len()];
    for (at, chain) in chains.iter().enumerate() {
        let mut count: usize = 0;
        for hop in &chain.hops {
            if let Goal::Chain(next) = hop.goal
                && let Some(callers) = callers.get_mut(next)
            {
                callers.push(at);
                count = count.saturating_add(1);
            }
        }
        open.push(count);
    }
    let mut order: Vec<usize> =
        open.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| at).collect();
    let mut next = 0;
    while let Some(at) = order.get(next).copied() {
        next = next.saturating_add(1);
        for caller in callers.get(at).into_iter().flatten() {
            if let Some(count) = open.get_mut(*caller) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    order.push(*caller);
                }
            }
        }
    }
    order
}
