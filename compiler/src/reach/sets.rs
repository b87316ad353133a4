//! Many sets of small numbers that have much in common, stored once for what they share.
//!
//! What one chain reaches mostly differs by a backend or two from what another reaches, so a set is a tree over words of bits,
//! and equal parts of any two sets are one node. Deliberately knows nothing of what the numbers stand for. The invariant:
//! equal sets are equal [`Set`]s, and a union adds only nodes that neither side has.
//!
//! Read next: [`super::below`], which has one for the backends below each chain.

use std::collections::HashMap;

use pointsman_schema::source::Backend;

use super::{Goal, Graph};
use crate::policy::Declared;

/// One set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set(u32);

impl Set {
    /// The set of nothing.
    pub const EMPTY: Self = Self(0);
}

/// Sets that are complete.
#[derive(Debug, Default)]
pub struct Sets {
    /// The first is the empty one, however high it stands.
    nodes: Vec<Node>,
    levels: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    /// Of [`WORD`] numbers, which are in it.
    Word(u64),
    /// The lower and the higher half.
    Halves(Set, Set),
}

/// Sets that are being put together.
#[derive(Debug)]
pub struct Draft {
    sets: Sets,
    /// Nobody walks over either of these, so their order cannot be seen.
    known: HashMap<Node, Set>,
    unions: HashMap<(Set, Set), Set>,
    differences: HashMap<(Set, Set), Set>,
}

impl Draft {
    /// Sets of numbers under `count`.
    pub fn new(count: usize) -> Self {
        let levels = (0..usize::BITS).find(|levels| width(*levels) >= count).unwrap_or(usize::BITS);
        let sets = Sets { nodes: vec![Node::Word(0)], levels };
        let known = HashMap::from([(Node::Word(0), Set::EMPTY)]);
        Self { sets, known, unions: HashMap::new(), differences: HashMap::new() }
    }

    /// The set of some numbers.
    pub fn of(&mut self, mut numbers: Vec<usize>) -> Set {
        numbers.sort_unstable();
        numbers.dedup();
        self.part(self.sets.levels, 0, &numbers)
    }

    fn part(&mut self, level: u32, begin: usize, numbers: &[usize]) -> Set {
        if numbers.is_empty() {
            return Set::EMPTY;
        }
        let Some(below) = level.checked_sub(1) else {
            let bits = numbers.iter().map(|number| bit(*number)).fold(0, |bits, bit| bits | bit);
            return self.node(Node::Word(bits));
        };
        let middle = begin.saturating_add(width(below));
        let (lower, higher) = numbers.split_at(numbers.partition_point(|number| *number < middle));
        let (lower, higher) = (self.part(below, begin, lower), self.part(below, middle, higher));
        self.node(Node::Halves(lower, higher))
    }

    /// What is in one of two sets.
    pub fn union(&mut self, one: Set, other: Set) -> Set {
        if one == other || other == Set::EMPTY {
            return one;
        }
        if one == Set::EMPTY {
            return other;
        }
        let pair = (one.min(other), one.max(other));
        if let Some(known) = self.unions.get(&pair) {
            return *known;
        }
        let found = match (self.sets.node(one), self.sets.node(other)) {
            (Node::Word(one), Node::Word(other)) => Node::Word(one | other),
            (Node::Halves(low, high), Node::Halves(other_low, other_high)) => {
                Node::Halves(self.union(low, other_low), self.union(high, other_high))
            }
            // Both stand as high.
            (Node::Word(_), Node::Halves(..)) | (Node::Halves(..), Node::Word(_)) => return one,
        };
        let found = self.node(found);
        self.unions.insert(pair, found);
        found
    }

    /// What is in one set and not in another.
    pub fn without(&mut self, one: Set, other: Set) -> Set {
        if one == other || one == Set::EMPTY {
            return Set::EMPTY;
        }
        if other == Set::EMPTY {
            return one;
        }
        if let Some(known) = self.differences.get(&(one, other)) {
            return *known;
        }
        let found = match (self.sets.node(one), self.sets.node(other)) {
            (Node::Word(one), Node::Word(other)) => self.node(Node::Word(one & !other)),
            (Node::Halves(low, high), Node::Halves(other_low, other_high)) => {
                match (self.without(low, other_low), self.without(high, other_high)) {
                    (Set::EMPTY, Set::EMPTY) => Set::EMPTY,
                    (low, high) => self.node(Node::Halves(low, high)),
                }
            }
            // Both stand as high.
            (Node::Word(_), Node::Halves(..)) | (Node::Halves(..), Node::Word(_)) => return one,
        };
        self.differences.insert((one, other), found);
        found
    }

    fn node(&mut self, node: Node) -> Set {
        *self.known.entry(node).or_insert_with(|| {
            let set = Set(u32::try_from(self.sets.nodes.len()).unwrap_or(u32::MAX));
            self.sets.nodes.push(node);
            set
        })
    }

    /// The sets, to be looked at.
    pub fn finish(self) -> Sets {
        self.sets
    }
}

impl Sets {
    fn node(&self, set: Set) -> Node {
        let at = usize::try_from(set.0).unwrap_or(usize::MAX);
        self.nodes.get(at).copied().unwrap_or(Node::Word(0))
    }

    /// Whether a number is in a set.
    pub fn contains(&self, mut set: Set, number: usize) -> bool {
        if number >= width(self.levels) {
            return false;
        }
        for level in (0..self.levels).rev() {
            let Node::Halves(lower, higher) = self.node(set) else { return false };
            set = if number & width(level) == 0 { lower } else { higher };
        }
        matches!(self.node(set), Node::Word(bits) if bits & bit(number) != 0)
    }

    /// The numbers of a set, in order.
    pub fn iter(&self, set: Set) -> impl Iterator<Item = usize> + '_ {
        let mut open = vec![(set, self.levels, 0_usize)];
        let (mut bits, mut begin) = (0_u64, 0_usize);
        std::iter::from_fn(move || {
            while bits == 0 {
                let (set, level, from) = open.pop()?;
                match self.node(set) {
                    Node::Word(word) => (bits, begin) = (word, from),
                    Node::Halves(lower, higher) => {
                        let below = level.saturating_sub(1);
                        open.push((higher, below, from.saturating_add(width(below))));
                        open.push((lower, below, from));
                    }
                }
            }
            let at = usize::try_from(bits.trailing_zeros()).unwrap_or(0);
            bits &= bits.wrapping_sub(1);
            Some(begin.saturating_add(at))
        })
    }

    /// **Unit**: nodes, which is what all sets together need.
    pub fn size(&self) -> usize {
        self.nodes.len()
    }
}

impl<'w> Graph<'w> {
    /// The numbers of the backends below each chain, by its place; none for chains that go in circles.
    pub fn union_below(
        &self,
        draft: &mut Draft,
        of_backend: impl Fn(&Declared<'w, Backend>) -> Option<usize>,
    ) -> Vec<Set> {
        self.from_below(Set::EMPTY, |node, all| {
            let (mut own, mut found) = (Vec::new(), Set::EMPTY);
            for hop in &node.hops {
                match hop.goal {
                    Goal::Backend(backend) => own.extend(of_backend(backend)),
                    Goal::Chain(next) => {
                        found = draft.union(found, all.get(next).copied().unwrap_or(Set::EMPTY));
                    }
                }
            }
            let own = draft.of(own);
            draft.union(found, own)
        })
    }
}

/// How many numbers a node of a level is about.
fn width(level: u32) -> usize {
    WORD.checked_shl(level).filter(|width| width >> level == WORD).unwrap_or(usize::MAX)
}

fn bit(number: usize) -> u64 {
    1 << (number % WORD)
}

/// **Unit**: numbers of the lowest nodes.
const WORD: usize = 64;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn sets_hold_what_was_put_into_them() {
        for count in [0, 1, 64, 65, 1_000, 5_000] {
            let mut draft = Draft::new(count);
            let numbers = |step: usize| (0..count).filter(move |number| number % step == 0);
            let made: Vec<_> = [1, 2, 3, 63].map(|step| draft.of(numbers(step).rev().collect())).to_vec();
            let mut expected: Vec<BTreeSet<usize>> =
                [1, 2, 3, 63].map(|step| numbers(step).collect()).to_vec();
            let mut found = made.clone();
            for (one, other) in [(1, 2), (2, 3), (0, 3), (3, 1)] {
                found.push(draft.union(made[one], made[other]));
                expected.push(expected[one].union(&expected[other]).copied().collect());
            }
            assert_eq!(found[4], draft.union(made[2], made[1]));
            assert_eq!(found[4], draft.of(expected[4].iter().copied().collect()));
            assert_eq!(draft.of(Vec::new()), Set::EMPTY);
            let sets = draft.finish();
            for (set, expected) in found.into_iter().zip(expected) {
                assert_eq!(sets.iter(set).collect::<Vec<_>>(), expected.iter().copied().collect::<Vec<_>>());
                for number in 0..count + 3 {
                    assert_eq!(sets.contains(set, number), expected.contains(&number), "{number}");
                }
            }
        }
    }

    #[test]
    fn a_difference_is_the_set_that_has_what_it_has() {
        let mut draft = Draft::new(1_000);
        let all = draft.of((0..1_000).collect());
        let even = draft.of((0..1_000).step_by(2).collect());
        let odd = draft.of((1..1_000).step_by(2).collect());
        assert_eq!(draft.without(all, even), odd);
        assert_eq!(draft.without(even, all), Set::EMPTY);
        assert_eq!(draft.without(even, odd), even);
        assert_eq!(draft.without(Set::EMPTY, odd), Set::EMPTY);
        let lower = draft.of((0..500).collect());
        let higher = draft.of((500..1_000).collect());
        assert_eq!(draft.without(all, lower), higher);
    }

    #[test]
    fn one_number_more_costs_one_way_down() {
        let mut draft = Draft::new(1 << 16);
        let hub = draft.of((0..40_000).collect());
        let before = draft.sets.size();
        for number in 40_000..41_000 {
            let own = draft.of(vec![number]);
            draft.union(hub, own);
        }
        // A way down has 11 nodes; that of the number alone, and that of both together.
        let added = draft.sets.size() - before;
        assert!(added <= 1_000 * 22, "{added}");
    }
}
