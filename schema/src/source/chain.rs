//! `chain`: ordered rules, each with a `match` and a target.

use serde_json::{Value as Json, json};

use super::predicate::Predicate;
use super::when::When;
use crate::json_schema::Definitions;
use crate::limits::WEIGHT_MAX;
use crate::outcome::{Outcome, RETRYABLE};
use crate::read::record::record;
use crate::read::scalar::{ModelName, Name, TargetReference, Whole, check_name};
use crate::read::{OneOrMore, Pairs, ProblemKind, Read, Reader};
use crate::tree::{Node, Span};
use crate::words::words;

record! {
    /// A routing chain: the first rule that matches a request decides where it goes.
    object "chain"
    pub struct Chain {
        /// Names that a request's `model` may have besides the models of the chain's backends.
        list aliases: ModelName = "aliases",
        /// The rules; the first that matches decides.
        items rules: Rule = "rules" | "rule",
        /// What every backend that it can reach must carry, such as `eu` or `pii`: on the backend or its provider.
        list labels: Name = "labels",
        /// Whether other teams' files may name it.
        optional export: bool = "export",
    }
}

record! {
    /// One rule of a chain.
    object "rule"
    pub struct Rule {
        /// Its name, unique in its chain.
        required name: Name = "name",
        /// Which requests it takes; without it, all.
        optional matches: Predicate = "match",
        /// The same in CEL's syntax, instead of `match`: `attribute.tier == "gold" && input_tokens > 8000`.
        optional when: When = "when",
        /// Weighted targets, one of which is drawn as the primary.
        optional split: Pairs<Whole<0, WEIGHT_MAX>> = "split",
        /// What a draw sticks to: `consumer`, `key`, or `attribute/NAME`; by default each request is drawn anew.
        optional sticky: Sticky = "sticky",
        /// Targets that take over, in order, when the one before fails; without a split the first is the primary.
        list fallback: TargetReference = "fallback",
        /// Extra tries on the same backend.
        optional retry: Retry = "retry",
        /// What becomes of a request that holds something for which a backend's protocol has no form: `refuse`, the
        /// default, passes the backend over; `allow` leaves out what changes the answer only in degree (a seed, the
        /// user, metadata, penalties, …) and names it in the response header `x-pointsman-dropped`.
        optional lossy: Lossy = "lossy",
    }
}

impl Rule {
    /// What a request must be like for this rule, and where that is written; nothing when the rule takes every request.
    pub fn condition(&self) -> Option<(&Predicate, Span)> {
        let matches = self.matches.as_ref().map(|matches| (&matches.value, matches.span));
        matches.or_else(|| self.when.as_ref().map(|when| (&when.value.0, when.span)))
    }
}

words! {
    /// Whether a request may lose something on its way to a backend of another protocol.
    pub enum Lossy {
        /// A backend that cannot be given all of it is passed over.
        Refuse = 0 "refuse",
        /// What may be left out is left out: [`crate::feature::may_be_dropped`].
        Allow = 1 "allow",
    }
}

impl Lossy {
    /// The features that may be left out, as masks.
    pub const fn dropped(self) -> u64 {
        match self {
            Self::Refuse => 0,
            Self::Allow => crate::feature::DROPPABLE,
        }
    }
}

record! {
    /// Extra tries on the same backend, before the next one is tried.
    object "retry"
    pub struct Retry {
        /// How many extra tries, at most 7.
        required attempts: Whole<1, 7> = "attempts",
        /// After which outcomes, one or several; by default after `connect` and `timeout`.
        optional on: OneOrMore<RetryOutcome> = "on",
    }
}

/// An outcome that a retry can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RetryOutcome(pub Outcome);

const RETRY_WORDS: &[&str] = &["connect", "timeout", "rate-limited", "overloaded", "server-error"];

impl Read for RetryOutcome {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        reader.word(node, RETRY_WORDS, |word| {
            Outcome::from_word(word).filter(|outcome| RETRYABLE.contains(outcome)).map(Self)
        })
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "enum": RETRY_WORDS })
    }
}

/// What a split's draw sticks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sticky {
    /// The consumer.
    Consumer,
    /// The key.
    Key,
    /// A declared attribute; a request without it is drawn by its own id.
    Attribute(String),
}

impl Read for Sticky {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "consumer, key or attribute/NAME")?;
        match (text, text.strip_prefix("attribute/")) {
            ("consumer", _) => Some(Self::Consumer),
            ("key", _) => Some(Self::Key),
            (_, Some(name)) if check_name(name).is_ok() => Some(Self::Attribute(name.to_owned())),
            _ => {
                let known = &["consumer", "key", "attribute/NAME"];
                reader.report(node.span, ProblemKind::UnknownWord { word: text.to_owned(), known });
                None
            }
        }
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^(consumer|key|attribute/.+)$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_words_are_the_retryable_outcomes() {
        assert_eq!(RETRYABLE.iter().map(|outcome| outcome.word()).collect::<Vec<_>>(), RETRY_WORDS);
    }
}
