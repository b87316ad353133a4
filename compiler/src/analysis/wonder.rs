//! Whether some request that reaches a rule is like this or like that, with an example of one.
//!
//! Deliberately asks about a chain as a whole, so that what its conditions cost is paid once. The invariant: nothing is
//! claimed about a chain whose requests are not known in full, so an example is one that can be.
//!
//! Read next: [`crate::rules::fallback_lacks_capability`].

use pointsman_schema::source::Chain;

use super::diagram::{Exhausted, Set};
use super::formula::{Formula, Questions};
use super::formulas;
use super::question::Point;
use super::space::{Space, World};
use super::witness::Witness;
use crate::policy::Declared;

/// Something to find out about the requests that reach a rule.
#[derive(Debug, Clone)]
pub struct Wonder<'p> {
    /// The rule's place in its chain.
    pub rule: usize,
    /// What such a request would be like.
    pub like: Formula<'p>,
    /// Of which it is asked whether one of such requests is like this as well.
    pub details: Vec<Formula<'p>>,
}

/// That there is such a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noticed {
    /// One of them; what it does not ask for is left out.
    pub witness: Witness,
    /// The answer to each detail.
    pub details: Vec<bool>,
}

/// The answers to wonders about a chain, which stand in the order of its rules; nothing when its requests are not known.
pub fn noticed<'p>(
    (declared, body): (&'p Declared<'p, Chain>, &'p Chain),
    world: World<'p>,
    wonders: &[Wonder<'p>],
) -> Result<Option<Vec<Option<Noticed>>>, Exhausted> {
    let Some(formulas) = formulas(declared, body, world) else { return Ok(None) };
    let mut questions = Questions::default();
    formulas.iter().flatten().for_each(|formula| questions.add(formula));
    for wonder in wonders {
        questions.add(&wonder.like);
        wonder.details.iter().for_each(|detail| questions.add(detail));
    }
    let Some(mut space) = Space::new(world, &questions.found)?.filter(Space::is_exact) else {
        return Ok(None);
    };
    answers(&mut space, &formulas, wonders).map(Some)
}

pub(super) fn answers<'p>(
    space: &mut Space<'p>,
    formulas: &[Option<Formula<'p>>],
    wonders: &[Wonder<'p>],
) -> Result<Vec<Option<Noticed>>, Exhausted> {
    let mut found = Vec::with_capacity(wonders.len());
    let mut remaining = Set::ALL;
    let mut open = wonders.iter().peekable();
    for (at, formula) in formulas.iter().enumerate() {
        let set = formula.as_ref().map_or(Ok(Set::ALL), |formula| space.set(formula))?;
        let reached = space.diagram().and(remaining, set)?;
        while let Some(wonder) = open.next_if(|wonder| wonder.rule == at) {
            found.push(notice(space, reached, wonder)?);
        }
        remaining = space.diagram().without(remaining, set)?;
    }
    Ok(found)
}

fn notice<'p>(
    space: &mut Space<'p>,
    reached: Set,
    wonder: &Wonder<'p>,
) -> Result<Option<Noticed>, Exhausted> {
    if reached == Set::NONE {
        return Ok(None);
    }
    let like = space.set(&wonder.like)?;
    let such = space.diagram().and(reached, like)?;
    let Some(mut request) = space.request(such) else { return Ok(None) };
    request.retain(|(_, point)| !matches!(point, Point::Asked(false) | Point::Tokens(0)));
    let mut details = Vec::with_capacity(wonder.details.len());
    for detail in &wonder.details {
        let detail = space.set(detail)?;
        details.push(space.diagram().and(such, detail)? != Set::NONE);
    }
    Ok(Some(Noticed { witness: Witness::of(&request), details }))
}
