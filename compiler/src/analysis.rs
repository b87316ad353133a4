//! What the rules of a chain decide, exactly: which are reached, which of their parts change anything, and which requests
//! none of them takes.
//!
//! `match` is closed over finite sets and ranges, so each question has an answer: a chain's requests are a product of a few
//! axes ([`space`]), a condition is a set of them ([`diagram`]), and equal sets are equal numbers. Deliberately no sampling.
//! The worst case is exponential in the number of axes that one chain asks about; the work is bounded, and a chain that
//! needs more is reported as undecided. Beyond the bound nothing is claimed.
//!
//! Read next: [`crate::rules::unreachable_rule`], [`crate::rules::predicate_without_effect`],
//! [`crate::rules::request_falls_through`].

pub mod callers;
pub mod diagram;
pub mod formula;
mod idle;
pub mod question;
pub mod serving;
pub mod space;
pub mod witness;
pub mod wonder;

use pointsman_schema::source::Chain;
use pointsman_schema::tree::Span;

use self::diagram::{Exhausted, Set};
use self::formula::{Formula, Questions, Scope};
use self::idle::idle;
use self::space::{Space, World};
use self::witness::Witness;
use crate::policy::Declared;

/// What is known of a chain.
#[derive(Debug)]
pub enum Answer {
    /// Everything.
    Decided(Decided),
    /// A name in it is unknown or a part could not be read, which is reported elsewhere; or no request can come.
    Unknown,
    /// It would take more work than the bound allows.
    TooMuch,
}

/// The verdicts of one chain.
#[derive(Debug, Default)]
pub struct Decided {
    /// One for each rule, in their order.
    pub rules: Vec<Verdict>,
    /// A request that no rule takes.
    pub falls_through: Option<Witness>,
    /// Whether every request of the space can be, so that `falls_through` is one.
    pub is_exact: bool,
}

/// What a rule decides.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Some request, although these parts of its condition change nothing.
    Reached {
        /// The places of those parts.
        idle: Vec<Idle>,
        /// Whether no request is left for the rules after it.
        takes_the_rest: bool,
    },
    /// Nothing: no request is like its condition.
    NeverMatches,
    /// Nothing: rules before it take all that it would.
    Shadowed {
        /// Their places in the chain; none of them could be missing.
        by: Vec<usize>,
    },
}

/// A part of a condition that changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idle {
    /// Where it stands.
    pub span: Span,
    /// Whether that is so only because of the rules before it.
    pub is_by_order: bool,
}

/// Decides a chain.
pub fn decide<'p>(declared: &'p Declared<'p, Chain>, body: &'p Chain, world: World<'p>) -> Answer {
    let Some(formulas) = formulas(declared, body, world) else { return Answer::Unknown };
    let mut questions = Questions::default();
    formulas.iter().flatten().for_each(|formula| questions.add(formula));
    let mut space = match Space::new(world, &questions.found) {
        Ok(Some(space)) => space,
        Ok(None) => return Answer::Unknown,
        Err(Exhausted) => return Answer::TooMuch,
    };
    match in_order(&mut space, &formulas) {
        Ok(decided) => Answer::Decided(decided),
        Err(Exhausted) => Answer::TooMuch,
    }
}

/// The condition of each rule of a chain; nothing when a name in one of them is unknown.
fn formulas<'p>(
    declared: &'p Declared<'p, Chain>,
    body: &'p Chain,
    world: World<'p>,
) -> Option<Vec<Option<Formula<'p>>>> {
    let scope = Scope { index: world.index, owner: declared.owner };
    let formula = |condition: Option<_>| match condition {
        None => Some(None),
        Some((condition, _)) => scope.formula(condition).map(Some),
    };
    body.rules.iter().map(|rule| formula(rule.value.condition())).collect()
}

/// A request that one condition takes and the other does not, over one world; nothing when there is none.
pub fn difference<'p>(
    world: World<'p>,
    takes: &Formula<'p>,
    leaves: &Formula<'p>,
) -> Result<Option<Witness>, Exhausted> {
    let mut questions = Questions::default();
    questions.add(takes);
    questions.add(leaves);
    let Some(mut space) = Space::new(world, &questions.found)? else { return Ok(None) };
    let difference = |space: &mut Space<'p>| {
        let (takes, leaves) = (space.set(takes)?, space.set(leaves)?);
        space.diagram().without(takes, leaves)
    };
    difference(&mut space).map(|set| space.request(set).map(|request| Witness::of(&request)))
}

fn in_order<'p>(space: &mut Space<'p>, formulas: &[Option<Formula<'p>>]) -> Result<Decided, Exhausted> {
    let mut decided = Decided { is_exact: space.is_exact(), ..Decided::default() };
    let mut remaining = Set::ALL;
    let mut before: Vec<Set> = Vec::with_capacity(formulas.len());
    for formula in formulas {
        let set = formula.as_ref().map_or(Ok(Set::ALL), |formula| space.set(formula))?;
        let reached = space.diagram().and(remaining, set)?;
        let after = space.diagram().without(remaining, set)?;
        let verdict = if set == Set::NONE {
            Verdict::NeverMatches
        } else if reached == Set::NONE {
            Verdict::Shadowed { by: shadows(space, &before, set)? }
        } else {
            let idle = formula.as_ref().map_or(Ok(Vec::new()), |formula| idle(space, formula, remaining))?;
            Verdict::Reached { idle, takes_the_rest: after == Set::NONE }
        };
        decided.rules.push(verdict);
        before.push(set);
        remaining = after;
    }
    decided.falls_through = space.request(remaining).map(|request| Witness::of(&request));
    Ok(decided)
}

/// The rules before one that together take all of it, without any that could be missing.
fn shadows(space: &mut Space<'_>, before: &[Set], set: Set) -> Result<Vec<usize>, Exhausted> {
    let mut by = Vec::new();
    for (at, other) in before.iter().enumerate() {
        if space.diagram().and(*other, set)? != Set::NONE {
            by.push(at);
        }
    }
    // Later rules are dropped first: the rules that a reader meets first are the better explanation.
    for candidate in by.clone().into_iter().rev() {
        let mut left = set;
        for at in by.iter().filter(|at| **at != candidate) {
            let other = before.get(*at).copied().unwrap_or(Set::NONE);
            left = space.diagram().without(left, other)?;
        }
        if left == Set::NONE {
            by.retain(|at| *at != candidate);
        }
    }
    Ok(by)
}

#[cfg(test)]
mod tests;
