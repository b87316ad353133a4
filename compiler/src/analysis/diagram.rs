//! Sets of requests as multi-valued decision diagrams: one node an axis, one edge an atom.
//!
//! Equal sets are the same node, so "changes nothing" and "is empty" are comparisons of two numbers. Deliberately without
//! reordering and without complement edges: a chain asks few questions. The invariants: an edge leads to a later axis or
//! to an end, a node's edges are not all alike, and no two nodes are equal. Work is counted in steps and stops at a bound.
//!
//! **Source**: R. E. Bryant, Graph-Based Algorithms for Boolean Function Manipulation, 1986; with many-valued variables.

use std::collections::HashMap;

/// A set of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Set(u32);

impl Set {
    /// No request.
    pub const NONE: Self = Self(0);
    /// Every request.
    pub const ALL: Self = Self(1);
}

/// The bound was reached before the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted;

/// Nodes and what was computed of them.
#[derive(Debug)]
pub struct Diagram {
    /// Atoms of each axis.
    widths: Vec<usize>,
    nodes: Vec<Node>,
    known: HashMap<Node, u32>,
    computed: HashMap<(Operation, u32, u32), u32>,
    /// **Unit**: answers looked up.
    lookups_left: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Node {
    axis: usize,
    edges: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Operation {
    And,
    Or,
    Without,
}

impl Operation {
    /// The answer where one side decides it.
    fn at_once(self, a: u32, b: u32) -> Option<u32> {
        let (none, all) = (Set::NONE.0, Set::ALL.0);
        match self {
            Self::And if a == none || b == none => Some(none),
            Self::And if a == all || a == b => Some(b),
            Self::And if b == all => Some(a),
            Self::Or if a == all || b == all => Some(all),
            Self::Or if a == none || a == b => Some(b),
            Self::Without if a == none || b == all || a == b => Some(none),
            Self::Or | Self::Without if b == none => Some(a),
            _ => None,
        }
    }
}

impl Diagram {
    /// No nodes yet; `widths` are the atoms of each axis, `steps_max` the bound on all work together.
    pub fn new(widths: Vec<usize>, steps_max: usize) -> Self {
        let (known, computed) = (HashMap::new(), HashMap::new());
        let lookups_left = steps_max.saturating_mul(LOOKUPS_PER_STEP);
        Self { widths, nodes: Vec::new(), known, computed, lookups_left }
    }

    /// The requests whose atom on one axis is a member.
    pub fn where_atom(&mut self, axis: usize, is_member: impl Fn(usize) -> bool) -> Set {
        let width = self.widths.get(axis).copied().unwrap_or(0);
        let edges = (0..width).map(|atom| u32::from(is_member(atom))).collect();
        Set(self.node(axis, edges))
    }

    /// In both.
    pub fn and(&mut self, a: Set, b: Set) -> Result<Set, Exhausted> {
        self.apply(Operation::And, a.0, b.0).map(Set)
    }

    /// In either.
    pub fn or(&mut self, a: Set, b: Set) -> Result<Set, Exhausted> {
        self.apply(Operation::Or, a.0, b.0).map(Set)
    }

    /// In the first and not in the second.
    pub fn without(&mut self, a: Set, b: Set) -> Result<Set, Exhausted> {
        self.apply(Operation::Without, a.0, b.0).map(Set)
    }

    /// An atom of each axis such that the request is in the set, the first that there is; axes that do not matter are
    /// left out. Nothing for the empty set.
    pub fn member(&self, set: Set) -> Option<Vec<(usize, usize)>> {
        let mut path = Vec::new();
        let mut at = set;
        while at != Set::ALL {
            let node = self.nodes.get(place(at.0)?)?;
            let (atom, next) = node.edges.iter().enumerate().find(|(_, edge)| **edge != Set::NONE.0)?;
            path.push((node.axis, atom));
            at = Set(*next);
        }
        Some(path)
    }

    fn node(&mut self, axis: usize, edges: Vec<u32>) -> u32 {
        if let Some(first) = edges.first()
            && edges.iter().all(|edge| edge == first)
        {
            return *first;
        }
        let node = Node { axis, edges };
        if let Some(known) = self.known.get(&node) {
            return *known;
        }
        let number = u32::try_from(self.nodes.len().saturating_add(ENDS)).unwrap_or(u32::MAX);
        self.nodes.push(node.clone());
        self.known.insert(node, number);
        number
    }

    /// Recursion goes one axis further each time, so its depth is the number of axes.
    fn apply(&mut self, operation: Operation, a: u32, b: u32) -> Result<u32, Exhausted> {
        if let Some(answer) = operation.at_once(a, b) {
            return Ok(answer);
        }
        self.pay(1)?;
        if let Some(answer) = self.computed.get(&(operation, a, b)) {
            return Ok(*answer);
        }
        let axis = self.axis(a).min(self.axis(b));
        let width = self.widths.get(axis).copied().unwrap_or(0);
        self.pay(width.max(1).saturating_mul(LOOKUPS_PER_STEP))?;
        let mut edges = Vec::with_capacity(width);
        for atom in 0..width {
            let (a, b) = (self.edge(a, axis, atom), self.edge(b, axis, atom));
            edges.push(self.apply(operation, a, b)?);
        }
        let answer = self.node(axis, edges);
        self.computed.insert((operation, a, b), answer);
        Ok(answer)
    }

    fn pay(&mut self, lookups: usize) -> Result<(), Exhausted> {
        self.lookups_left = self.lookups_left.checked_sub(lookups).ok_or(Exhausted)?;
        Ok(())
    }

    /// The axis that a node asks about; past all of them for the ends.
    fn axis(&self, number: u32) -> usize {
        place(number).and_then(|at| self.nodes.get(at)).map_or(self.widths.len(), |node| node.axis)
    }

    /// Where a node leads for an atom of an axis; to itself when it does not ask about that axis.
    fn edge(&self, number: u32, axis: usize, atom: usize) -> u32 {
        let node = place(number).and_then(|at| self.nodes.get(at)).filter(|node| node.axis == axis);
        node.and_then(|node| node.edges.get(atom)).copied().unwrap_or(number)
    }
}

/// To find an answer that is known is work, too. **Unit**: answers looked up in the time in which an edge is computed.
const LOOKUPS_PER_STEP: usize = 16;
/// Nothing and everything have the first numbers.
const ENDS: usize = 2;

fn place(number: u32) -> Option<usize> {
    usize::try_from(number).ok()?.checked_sub(ENDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_sets_are_one_node() {
        let mut diagram = Diagram::new(vec![2, 3], 100);
        let a = diagram.where_atom(0, |atom| atom == 1);
        let b = diagram.where_atom(1, |atom| atom != 2);
        let both = diagram.and(a, b).unwrap();
        let neither = diagram.or(a, b).unwrap();
        // a without (a without b) is a and b.
        let rest = diagram.without(a, b).unwrap();
        assert_eq!(diagram.without(a, rest), Ok(both));
        assert_eq!(diagram.or(both, rest), Ok(a));
        let outside = diagram.without(Set::ALL, neither).unwrap();
        assert_eq!(diagram.and(outside, neither), Ok(Set::NONE));
        assert_eq!(diagram.member(both), Some(vec![(0, 1), (1, 0)]));
        assert_eq!(diagram.member(Set::NONE), None);
        assert_eq!(diagram.member(Set::ALL), Some(Vec::new()));
        assert_eq!(diagram.where_atom(1, |_| true), Set::ALL);
    }

    #[test]
    fn what_one_side_decides_is_no_work() {
        let mut diagram = Diagram::new(vec![2], 0);
        let some = diagram.where_atom(0, |atom| atom == 1);
        let (none, all) = (Set::NONE, Set::ALL);
        for (a, b, both, either, rest) in [
            (none, some, none, some, none),
            (some, none, none, some, some),
            (some, all, some, all, none),
            (some, some, some, some, none),
        ] {
            assert_eq!(diagram.and(a, b), Ok(both));
            assert_eq!(diagram.or(a, b), Ok(either));
            assert_eq!(diagram.without(a, b), Ok(rest));
        }
        assert_eq!(diagram.and(all, some), Ok(some));
        assert_eq!(diagram.or(all, some), Ok(all));
    }

    #[test]
    fn work_ends_at_its_bound() {
        let mut diagram = Diagram::new(vec![2; 4], 3);
        let a = diagram.where_atom(0, |atom| atom == 1);
        let b = diagram.where_atom(1, |atom| atom == 1);
        let c = diagram.where_atom(2, |atom| atom == 1);
        let both = diagram.and(a, b).unwrap();
        assert_eq!(diagram.and(both, c), Err(Exhausted));
    }
}
