//! `when`: a condition in CEL's syntax, for people who know it; the same closed algebra as `match`.
//!
//! Deliberately the part of CEL that can be decided: it becomes a [`Predicate`] here, so that every later pass sees one
//! form. What else CEL has is read far enough to be named in the error. The invariants: reading is linear and so is what comes of
//! it, but for [`COPIED_MAX`], its depth is limited, and a part keeps the place where it stands wherever the text was written without escapes.
//!
//! **Source**: the Common Expression Language specification. Read next: [`token`], [`expression`], [`meaning`].

mod expression;
mod meaning;
mod token;

use serde_json::{Value as Json, json};

use super::predicate::Predicate;
use crate::json_schema::Definitions;
use crate::limits::PREDICATES_PER_RULE_MAX;
use crate::read::{ProblemKind, Read, Reader};
use crate::tree::{Node, Span};

/// A condition in CEL's syntax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When(pub Predicate);

/// So many make a rule too large, whatever else is in it. **Unit**: predicates that the choices of one condition copy.
pub const COPIED_MAX: usize = PREDICATES_PER_RULE_MAX * 4;

/// What is wrong with a condition, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    at: Span,
    /// What was found there: `an addition`.
    found: String,
    /// What to do.
    help: String,
}

impl Fault {
    fn new(at: Span, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at, found: found.into(), help: help.into() }
    }
}

/// From places in the text of a scalar to places in its file.
#[derive(Clone, Copy)]
struct Place {
    /// The scalar as written.
    whole: Span,
    /// Where the text begins in the file, when it stands there as it is.
    start: Option<u32>,
}

impl Place {
    /// A text of the same length as what was written, apart from quotes, was written without escapes.
    fn of(node: &Node, text: &str) -> Self {
        let written = node.span.end.saturating_sub(node.span.start);
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let quote = match written.checked_sub(length) {
            Some(0) => Some(0),
            Some(2) => Some(1),
            _ => None,
        };
        Self { whole: node.span, start: quote.map(|quote| node.span.start.saturating_add(quote)) }
    }

    fn span(self, inner: Span) -> Span {
        let shifted = |start: u32| Span {
            start: inner.start.saturating_add(start),
            end: inner.end.saturating_add(start),
        };
        self.start.map_or(self.whole, shifted)
    }
}

impl Read for When {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "a condition")?;
        let place = Place::of(node, text);
        let read = token::tokens(text)
            .and_then(|tokens| expression::parse(text, &tokens))
            .and_then(|expression| meaning::predicate(&expression, place));
        match read {
            Ok(predicate) => Some(Self(predicate.value)),
            Err(Fault { at, found, help }) => {
                reader.report(place.span(at), ProblemKind::BadCondition { found, help });
                None
            }
        }
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "minLength": 1 })
    }
}

#[cfg(test)]
mod tests;
