//! A condition as questions joined by all, any and not, with the place of each part.
//!
//! Deliberately keeps what was written: parts are looked at one by one to see whether each changes anything. The
//! invariant: an unknown name makes the whole condition undecided, never true or false.
//!
//! Read next: [`super::space`], which turns a formula into a set of requests.

use pointsman_schema::read::OneOrMore;
use pointsman_schema::source::Predicate;
use pointsman_schema::tree::{Span, Spanned};

use super::question::Question;
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
}

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

impl<'p> Formula<'p> {
    /// Every question in it, in order.
    pub fn questions(&self, found: &mut Vec<Question<'p>>) {
        match self {
            Self::Ask(question) => found.push(*question),
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.formula.questions(found);
                }
            }
            Self::Not(part) => part.formula.questions(found),
        }
    }
}
