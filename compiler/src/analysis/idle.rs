//! Parts of a condition that change nothing.
//!
//! Deliberately by place: what was written once stands in several parts when a choice asks it for both of its sides, and
//! without it is without all of them. The invariants: all parts that are found could be removed together, and each part is
//! tried once, over questions that were answered before.
//!
//! Read next: [`crate::rules::predicate_without_effect`].

use std::collections::BTreeMap;

use pointsman_schema::tree::Span;

use super::Idle;
use super::diagram::{Diagram, Exhausted, Set};
use super::formula::{Formula, Part};
use super::space::Space;

/// Parts of a condition without which it takes the same of the requests that are left, later ones before earlier ones;
/// all of them could be removed together.
pub(super) fn idle<'p>(
    space: &mut Space<'p>,
    formula: &Formula<'p>,
    remaining: Set,
) -> Result<Vec<Idle>, Exhausted> {
    let mut places = BTreeMap::new();
    let whole = Term::of(space, formula, &mut places);
    let is_dropped = vec![false; places.len()];
    let mut search = Search { diagram: space.diagram(), remaining, is_dropped, found: Vec::new() };
    let alone = search.set(&whole)?;
    let here = search.diagram.and(remaining, alone)?;
    search.look(&whole, &Whole { term: &whole, alone, here })?;
    search.found.reverse();
    Ok(search.found)
}

/// A condition with its questions answered.
enum Term {
    Set(Set),
    Not(Box<Self>),
    /// Two parts at least: a single one is the condition, and without it there would be another one.
    All(Vec<Numbered>),
    /// The same.
    Any(Vec<Numbered>),
}

/// A part with the number of its place.
struct Numbered {
    number: usize,
    span: Span,
    term: Term,
}

impl Term {
    fn of<'p>(space: &Space<'p>, formula: &Formula<'p>, places: &mut BTreeMap<Span, usize>) -> Self {
        match formula {
            Formula::Ask(question) => Self::Set(space.ask(*question)),
            Formula::Shared(formula) => Self::of(space, formula, places),
            Formula::Not(part) => match Self::of(space, &part.formula, places) {
                Self::Not(inner) => *inner,
                inner => Self::Not(Box::new(inner)),
            },
            Formula::All(parts) => Self::joined(space, (parts, Set::ALL), places, Self::All),
            Formula::Any(parts) => Self::joined(space, (parts, Set::NONE), places, Self::Any),
        }
    }

    fn joined<'p>(
        space: &Space<'p>,
        (parts, neutral): (&[Part<'p>], Set),
        places: &mut BTreeMap<Span, usize>,
        join: fn(Vec<Numbered>) -> Self,
    ) -> Self {
        match parts {
            [] => Self::Set(neutral),
            [only] => Self::of(space, &only.formula, places),
            parts => join(
                parts
                    .iter()
                    .map(|part| {
                        let next = places.len();
                        let number = *places.entry(part.span).or_insert(next);
                        Numbered { number, span: part.span, term: Self::of(space, &part.formula, places) }
                    })
                    .collect(),
            ),
        }
    }
}

/// The condition with all its parts.
struct Whole<'t> {
    term: &'t Term,
    alone: Set,
    /// Of the requests that are left.
    here: Set,
}

struct Search<'d> {
    diagram: &'d mut Diagram,
    remaining: Set,
    /// By number.
    is_dropped: Vec<bool>,
    found: Vec<Idle>,
}

impl Search<'_> {
    fn look(&mut self, term: &Term, whole: &Whole<'_>) -> Result<(), Exhausted> {
        let parts = match term {
            Term::Set(_) => return Ok(()),
            Term::Not(inner) => return self.look(inner, whole),
            Term::All(parts) | Term::Any(parts) => parts,
        };
        for part in parts.iter().rev() {
            self.drop(part.number, true);
            let set = self.set(whole.term)?;
            if self.diagram.and(self.remaining, set)? == whole.here {
                self.found.push(Idle { span: part.span, is_by_order: set != whole.alone });
            } else {
                self.drop(part.number, false);
                self.look(&part.term, whole)?;
            }
        }
        Ok(())
    }

    fn drop(&mut self, number: usize, is_dropped: bool) {
        if let Some(slot) = self.is_dropped.get_mut(number) {
            *slot = is_dropped;
        }
    }

    /// The requests for which a term holds without what was dropped.
    fn set(&mut self, term: &Term) -> Result<Set, Exhausted> {
        match term {
            Term::Set(set) => Ok(*set),
            Term::Not(inner) => {
                let inner = self.set(inner)?;
                self.diagram.without(Set::ALL, inner)
            }
            Term::All(parts) => self.fold(parts, (Set::ALL, Diagram::and)),
            Term::Any(parts) => self.fold(parts, (Set::NONE, Diagram::or)),
        }
    }

    fn fold(&mut self, parts: &[Numbered], (neutral, join): (Set, Join)) -> Result<Set, Exhausted> {
        let mut all = neutral;
        for part in parts {
            if !self.is_dropped.get(part.number).copied().unwrap_or_default() {
                let set = self.set(&part.term)?;
                all = join(self.diagram, all, set)?;
            }
        }
        Ok(all)
    }
}

type Join = fn(&mut Diagram, Set, Set) -> Result<Set, Exhausted>;
