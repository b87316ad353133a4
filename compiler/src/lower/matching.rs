//! A rule's `match` into a branch program.
//!
//! First the predicate becomes a formula in negation normal form with its constants folded and its parts in one order,
//! so that two spellings of one predicate give one program; then each leaf becomes one instruction that says where to
//! go on. The invariant: a program takes exactly the requests that the predicate does, and jumps only forward.

use pointsman_schema::archive::routing::{
    ACCEPT, REJECT, TEST_ATTRIBUTE, TEST_CAPABILITY, TEST_CONSUMER, TEST_INPUT_TOKENS, TEST_MODEL_GLOB,
    TEST_MODEL_IS, TEST_PROTOCOL, TEST_TAG, TEST_TEAM, TEST_TIME, Test,
};
use pointsman_schema::read::OneOrMore;
use pointsman_schema::read::scalar::Glob;
use pointsman_schema::source::Predicate;
use pointsman_schema::source::predicate::TokenRange;
use pointsman_schema::tree::Spanned;

use super::LowerError;
use super::attributes::Attributes;
use super::names::Texts;
use super::references::References;
use super::vocabulary::Vocabulary;
use crate::policy::Owner;

/// What names in a predicate are looked up in.
#[derive(Clone, Copy)]
pub(super) struct Scope<'s, 'p> {
    /// Whose file it is.
    pub(super) owner: &'s Owner,
    /// Rows of stable names.
    pub(super) references: &'s References<'p>,
    /// Rows of teams, tags and windows.
    pub(super) vocabulary: &'s Vocabulary<'p>,
    /// Rows of attributes.
    pub(super) attributes: &'s Attributes<'p>,
}

/// A test, cheapest first: the order of the variants is the order in which the parts of a rule are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Leaf<'p> {
    Protocol(u32),
    Team(u32),
    Consumer(u32),
    Capability(u32),
    Attribute(u32, u32),
    InputTokens(u32, u32),
    Tag(u32),
    ModelIs(&'p str),
    ModelGlob(&'p str, &'p str),
    Time(u32),
}

/// A predicate in negation normal form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Formula<'p> {
    Constant(bool),
    /// The leaf must come out like this.
    Leaf(Leaf<'p>, bool),
    All(Vec<Formula<'p>>),
    Any(Vec<Formula<'p>>),
}

/// The program of a predicate; empty when it takes every request.
pub(super) fn program<'p>(
    predicate: Option<&'p Predicate>,
    scope: Scope<'_, 'p>,
    texts: &mut Texts<'p>,
) -> Result<Vec<Test>, LowerError> {
    let Some(predicate) = predicate else { return Ok(Vec::new()) };
    Ok(emit(&scope.formula(predicate, true)?, texts))
}

impl<'p> Scope<'_, 'p> {
    /// The formula that holds when the predicate comes out as `wanted`.
    fn formula(self, predicate: &'p Predicate, wanted: bool) -> Result<Formula<'p>, LowerError> {
        match predicate {
            Predicate::All(parts) => Ok(join(wanted, self.parts(parts, wanted)?)),
            Predicate::Any(parts) => Ok(join(!wanted, self.parts(parts, wanted)?)),
            Predicate::Not(part) => self.formula(&part.value, !wanted),
            Predicate::Model(globs) => one_of(globs, wanted, |glob| Ok(model(glob, wanted))),
            Predicate::Attribute(name, values) => one_of(values, wanted, |value| {
                let (attribute, value) = self.attributes.value(&name.value, value.as_str())?;
                Ok(Formula::Leaf(Leaf::Attribute(attribute, value), wanted))
            }),
            Predicate::Capability(capabilities) => {
                one_of(capabilities, wanted, |asked| Ok(Formula::Leaf(Leaf::Capability(asked.bit()), wanted)))
            }
            Predicate::InputTokens(range) => Ok(tokens(range, wanted)),
            Predicate::Team(teams) => one_of(teams, wanted, |team| {
                Ok(Formula::Leaf(Leaf::Team(self.vocabulary.team(team.as_str())?), wanted))
            }),
            Predicate::Consumer(consumers) => one_of(consumers, wanted, |consumer| {
                let consumer = self.references.consumer(self.owner, consumer.as_str())?;
                Ok(Formula::Leaf(Leaf::Consumer(consumer), wanted))
            }),
            Predicate::Tag(tags) => one_of(tags, wanted, |tag| {
                Ok(Formula::Leaf(Leaf::Tag(self.vocabulary.tag(tag.as_str())?), wanted))
            }),
            Predicate::Protocol(protocols) => one_of(protocols, wanted, |protocol| {
                Ok(Formula::Leaf(Leaf::Protocol(u32::from(protocol.code())), wanted))
            }),
            Predicate::Time(window) => Ok(Formula::Leaf(Leaf::Time(self.vocabulary.window(window)?), wanted)),
        }
    }

    fn parts(self, parts: &'p [Spanned<Predicate>], wanted: bool) -> Result<Vec<Formula<'p>>, LowerError> {
        parts.iter().map(|part| self.formula(&part.value, wanted)).collect()
    }
}

/// A list of values means any of them.
fn one_of<'p, T>(
    values: &'p OneOrMore<T>,
    wanted: bool,
    leaf: impl FnMut(&'p T) -> Result<Formula<'p>, LowerError>,
) -> Result<Formula<'p>, LowerError> {
    let leaves: Result<Vec<_>, _> = values.0.iter().map(|value| &value.value).map(leaf).collect();
    Ok(join(!wanted, leaves?))
}

fn model(glob: &Glob, wanted: bool) -> Formula<'_> {
    match glob {
        Glob::Exact(name) => Formula::Leaf(Leaf::ModelIs(name), wanted),
        Glob::Around(prefix, suffix) if prefix.is_empty() && suffix.is_empty() => Formula::Constant(wanted),
        Glob::Around(prefix, suffix) => Formula::Leaf(Leaf::ModelGlob(prefix, suffix), wanted),
    }
}

fn tokens(range: &TokenRange, wanted: bool) -> Formula<'_> {
    let TokenRange { min, max } = range;
    let min = min.as_ref().map_or(0, |min| min.value.0);
    let max = max.as_ref().map_or(u32::MAX, |max| max.value.0);
    match (min, max) {
        (0, u32::MAX) => Formula::Constant(wanted),
        _ if min > max => Formula::Constant(!wanted),
        _ => Formula::Leaf(Leaf::InputTokens(min, max), wanted),
    }
}

/// All of the parts, or any of them: nested ones of the same kind are taken up, constants folded, the rest sorted.
fn join(all: bool, parts: Vec<Formula<'_>>) -> Formula<'_> {
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Formula::Constant(holds) if holds == all => {}
            Formula::Constant(holds) => return Formula::Constant(holds),
            Formula::All(inner) if all => kept.extend(inner),
            Formula::Any(inner) if !all => kept.extend(inner),
            part => kept.push(part),
        }
    }
    if let Some(ranges) = one_range(&mut kept, all) {
        match ranges {
            Formula::Constant(holds) if holds != all => return Formula::Constant(holds),
            Formula::Constant(_) => {}
            range => kept.push(range),
        }
    }
    kept.sort_unstable();
    kept.dedup();
    match (kept.len(), kept.pop()) {
        (1, Some(only)) => only,
        (_, None) => Formula::Constant(all),
        (_, Some(last)) => {
            kept.push(last);
            if all { Formula::All(kept) } else { Formula::Any(kept) }
        }
    }
}

/// Token ranges that must all hold are one range, however they were written; so are those of which one must not hold.
fn one_range<'p>(parts: &mut Vec<Formula<'p>>, all: bool) -> Option<Formula<'p>> {
    let mut common: Option<(u32, u32)> = None;
    parts.retain(|part| match part {
        Formula::Leaf(Leaf::InputTokens(min, max), wanted) if *wanted == all => {
            let (low, high) = common.unwrap_or((0, u32::MAX));
            common = Some((low.max(*min), high.min(*max)));
            false
        }
        _ => true,
    });
    common.map(|(min, max)| match (min, max) {
        _ if min > max => Formula::Constant(!all),
        (min, max) => Formula::Leaf(Leaf::InputTokens(min, max), all),
    })
}

fn emit<'p>(formula: &Formula<'p>, texts: &mut Texts<'p>) -> Vec<Test> {
    let mut program = Program { tests: Vec::new(), texts };
    match formula {
        Formula::Constant(true) => {}
        Formula::Constant(false) => program.test(Leaf::Protocol(0), REJECT, REJECT),
        formula => program.emit(formula, ACCEPT, REJECT),
    }
    program.tests
}

struct Program<'t, 'p> {
    tests: Vec<Test>,
    texts: &'t mut Texts<'p>,
}

impl<'p> Program<'_, 'p> {
    fn emit(&mut self, formula: &Formula<'p>, on_true: u16, on_false: u16) {
        match formula {
            // Folded away before: only a whole predicate can still be one.
            Formula::Constant(_) => {}
            Formula::Leaf(leaf, true) => self.test(*leaf, on_true, on_false),
            Formula::Leaf(leaf, false) => self.test(*leaf, on_false, on_true),
            Formula::All(parts) => self.sequence(parts, |next| (next.unwrap_or(on_true), on_false)),
            Formula::Any(parts) => self.sequence(parts, |next| (on_true, next.unwrap_or(on_false))),
        }
    }

    /// Parts one after another; each goes on to the next, the last as the whole does.
    fn sequence(&mut self, parts: &[Formula<'p>], branches: impl Fn(Option<u16>) -> (u16, u16)) {
        for (at, part) in parts.iter().enumerate() {
            let end = self.tests.len().saturating_add(size(part));
            let last = at.saturating_add(1) == parts.len();
            let (on_true, on_false) = branches((!last).then(|| u16::try_from(end).unwrap_or(REJECT)));
            self.emit(part, on_true, on_false);
        }
    }

    fn test(&mut self, leaf: Leaf<'p>, on_true: u16, on_false: u16) {
        let (code, a, b) = match leaf {
            Leaf::Protocol(protocol) => (TEST_PROTOCOL, protocol, 0),
            Leaf::Team(team) => (TEST_TEAM, team, 0),
            Leaf::Consumer(consumer) => (TEST_CONSUMER, consumer, 0),
            Leaf::Capability(bits) => (TEST_CAPABILITY, bits, 0),
            Leaf::Attribute(attribute, value) => (TEST_ATTRIBUTE, attribute, value),
            Leaf::InputTokens(min, max) => (TEST_INPUT_TOKENS, min, max),
            Leaf::Tag(tag) => (TEST_TAG, tag, 0),
            Leaf::ModelIs(name) => (TEST_MODEL_IS, self.texts.number(name), 0),
            Leaf::ModelGlob(prefix, suffix) => {
                (TEST_MODEL_GLOB, self.texts.number(prefix), self.texts.number(suffix))
            }
            Leaf::Time(window) => (TEST_TIME, window, 0),
        };
        self.tests.push(Test { code, a, b, on_true, on_false });
    }
}

/// How many instructions a formula takes.
fn size(formula: &Formula<'_>) -> usize {
    match formula {
        Formula::Constant(_) => 0,
        Formula::Leaf(..) => 1,
        Formula::All(parts) | Formula::Any(parts) => parts.iter().map(size).sum(),
    }
}

#[cfg(test)]
mod tests;
