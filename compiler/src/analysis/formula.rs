//! A condition as questions joined by all, any and not, with the place of each part.
//!
//! Deliberately keeps what was written: parts are looked at one by one to see whether each changes anything. The
//! invariant: an unknown name makes the whole condition undecided, never true or false.
//!
//! Read next: [`super::space`], which turns a formula into a set of requests.

use std::collections::HashMap;
use std::rc::Rc;

use pointsman_schema::read::OneOrMore;
use pointsman_schema::source::{Chain, Predicate};
use pointsman_schema::tree::{Span, Spanned};

use super::question::Question;
use super::serving::{all, not};
use crate::index::Index;
use crate::policy::Owner;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula<'p> {
    /// One question.
    Ask(Question<'p>),
    /// Every part holds.
    All(Vec<Part<'p>>),
    /// Some part holds.
    Any(Vec<Part<'p>>),
    /// The part does not hold.
    Not(Box<Part<'p>>),
    /// One that stands in many others.
    Shared(Rc<Self>),
}

/// By which a shared formula is known again.
pub type Address<'p> = *const Formula<'p>;

/// A part of a condition, where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Part<'p> {
    /// What it says.
    pub formula: Formula<'p>,
    /// Where.
    pub span: Span,
}

/// Where the names of a condition are looked up.
#[derive(Clone, Copy)]
pub struct Scope<'p> {
    /// The workspace.
    pub index: &'p Index<'p>,
    /// Whose file the condition stands in.
    pub owner: &'p Owner,
}

impl<'p> Scope<'p> {
    /// The formula of a condition; nothing when a name in it is unknown.
    pub fn formula(self, predicate: &'p Predicate) -> Option<Formula<'p>> {
        Some(match predicate {
            Predicate::All(parts) => Formula::All(self.parts(parts)?),
            Predicate::Any(parts) => Formula::Any(self.parts(parts)?),
            Predicate::Not(part) => Formula::Not(Box::new(self.part(part)?)),
            Predicate::Model(globs) => any(globs, |glob| Some(Question::Model(glob)))?,
            Predicate::Attribute(..) if !self.index.is_workspace_known => return None,
            Predicate::Attribute(name, values) => {
                let attributes = &self.index.policy.workspace.attributes;
                let declared = attributes.iter().find(|attribute| attribute.name.value == name.value)?;
                let body = declared.body.as_ref()?;
                any(values, |value| {
                    let value = value.as_str();
                    let is_known =
                        value == "none" || body.values.iter().any(|known| known.value.as_str() == value);
                    is_known.then_some(Question::Attribute(&name.value, value))
                })?
            }
            Predicate::Capability(asked) => any(asked, |asked| Some(Question::Capability(*asked)))?,
            Predicate::InputTokens(range) => {
                let min = range.min.as_ref().map_or(0, |min| min.value.0);
                let max = range.max.as_ref().map_or(u32::MAX, |max| max.value.0);
                Formula::Ask(Question::InputTokens(min, max))
            }
            Predicate::Team(teams) => any(teams, |team| {
                self.index.teams.contains_key(team.as_str()).then_some(Question::Team(team.as_str()))
            })?,
            Predicate::Consumer(consumers) => any(consumers, |consumer| {
                let found = self.index.policy.consumer(self.owner, consumer.as_str()).found();
                found.map(Question::Consumer)
            })?,
            Predicate::Tag(tags) => any(tags, |tag| {
                self.index.tags.contains(tag.as_str()).then_some(Question::Tag(tag.as_str()))
            })?,
            Predicate::Protocol(protocols) => any(protocols, |protocol| Some(Question::Protocol(*protocol)))?,
            Predicate::Time(window) => Formula::Ask(Question::Time(window)),
        })
    }

    /// What each rule of a chain takes of the requests that come to the chain; nothing when all. Ends with a rule that takes
    /// all that is left, and before one with an unknown name.
    pub fn taken(self, chain: &'p Chain) -> Vec<Option<Formula<'p>>> {
        let (mut taken, mut left) = (Vec::new(), None::<Formula<'p>>);
        for rule in &chain.rules {
            let Some((condition, _)) = rule.value.condition() else {
                taken.push(left);
                break;
            };
            let Some(condition) = self.formula(condition).map(Formula::shared) else { break };
            let both = |condition| Formula::both(left.clone(), condition);
            let (own, others) = (both(condition.clone()), both(not(condition)));
            taken.push(Some(own));
            left = Some(others);
        }
        taken
    }

    fn parts(self, parts: &'p [Spanned<Predicate>]) -> Option<Vec<Part<'p>>> {
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn part(self, part: &'p Spanned<Predicate>) -> Option<Part<'p>> {
        Some(Part { formula: self.formula(&part.value)?, span: part.span })
    }
}

/// A list of values means any of them.
fn any<'p, T>(
    values: &'p OneOrMore<T>,
    question: impl Fn(&'p T) -> Option<Question<'p>>,
) -> Option<Formula<'p>> {
    let part = |value: &'p Spanned<T>| {
        Some(Part { formula: Formula::Ask(question(&value.value)?), span: value.span })
    };
    let mut parts: Vec<_> = values.0.iter().map(part).collect::<Option<_>>()?;
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return Some(only.formula);
    }
    Some(Formula::Any(parts))
}

impl Formula<'_> {
    /// The same, to stand in many others.
    #[must_use]
    pub fn shared(self) -> Self {
        if matches!(self, Self::Shared(_)) { self } else { Self::Shared(Rc::new(self)) }
    }

    /// Both hold; shared.
    pub fn both(one: Option<Self>, other: Self) -> Self {
        match one {
            Some(one) => all(vec![one, other]),
            None => other,
        }
        .shared()
    }
}

/// What some formulas ask.
#[derive(Debug, Default)]
pub struct Questions<'p> {
    /// In order; those of a shared formula once.
    pub found: Vec<Question<'p>>,
    /// Shared formulas that were looked at. Kept, so that no other gets their address.
    seen: HashMap<Address<'p>, Rc<Formula<'p>>>,
}

impl<'p> Questions<'p> {
    /// Adds those of a formula.
    pub fn add(&mut self, formula: &Formula<'p>) {
        match formula {
            Formula::Ask(question) => self.found.push(*question),
            Formula::All(parts) | Formula::Any(parts) => {
                for part in parts {
                    self.add(&part.formula);
                }
            }
            Formula::Not(part) => self.add(&part.formula),
            Formula::Shared(formula) => {
                if self.seen.insert(Rc::as_ptr(formula), Rc::clone(formula)).is_none() {
                    self.add(formula);
                }
            }
        }
    }
}
