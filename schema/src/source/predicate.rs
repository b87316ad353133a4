//! `match`: the closed algebra of rules.
//!
//! Closed on purpose: the compiler can decide what a rule takes. All members of one mapping must hold; a list of values
//! means any of them. In KDL, where nodes may repeat, each child of `any` is one alternative; elsewhere only `all`, `any`
//! and `not` may repeat, because a second `model` reads like an alternative and would mean both.

use serde_json::{Value as Json, json};

use crate::capability::{Asked, Capability};
use crate::json_schema::Definitions;
use crate::protocol::Protocol;
use crate::read::record::record;
use crate::read::scalar::{AttributeValue, Glob, MinuteOfDay, Name, Reference, Whole};
use crate::read::{OneOrMore, Pairs, ProblemKind, Read, Reader};
use crate::tree::{Entry, Node, Span, Spanned, Syntax, Value};
use crate::words::words;

/// What a request must be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// Every part holds.
    All(Vec<Spanned<Predicate>>),
    /// Some part holds.
    Any(Vec<Spanned<Predicate>>),
    /// The part does not hold.
    Not(Box<Spanned<Predicate>>),
    /// The model asked for.
    Model(OneOrMore<Glob>),
    /// A declared attribute has one of these values; `none` when it is absent.
    Attribute(Spanned<String>, OneOrMore<AttributeValue>),
    /// A capability is asked for.
    Capability(OneOrMore<Capability>),
    /// The estimated input tokens.
    InputTokens(TokenRange),
    /// The consumer's team.
    Team(OneOrMore<Name>),
    /// The consumer.
    Consumer(OneOrMore<Reference>),
    /// A tag of the consumer.
    Tag(OneOrMore<Name>),
    /// What the client speaks.
    Protocol(OneOrMore<Protocol>),
    /// A weekly window of local time.
    Time(TimeWindow),
}

impl Predicate {
    /// How much it asks. **Unit**: predicates, each value of a list counted; a part that has none counts as one.
    pub fn size(&self) -> usize {
        let leaves = match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().map(|part| part.value.size()).fold(0, usize::saturating_add)
            }
            Self::Not(part) => part.value.size(),
            Self::Model(values) => values.0.len(),
            Self::Attribute(_, values) => values.0.len(),
            Self::Capability(values) => values.0.len(),
            Self::Team(values) | Self::Tag(values) => values.0.len(),
            Self::Consumer(values) => values.0.len(),
            Self::Protocol(values) => values.0.len(),
            Self::InputTokens(_) | Self::Time(_) => 1,
        };
        leaves.max(1)
    }
}

record! {
    /// A range of estimated input tokens, both ends included.
    object "input-tokens"
    pub struct TokenRange {
        /// At least this many.
        optional min: Whole<0, 100_000_000> = "min",
        /// At most this many.
        optional max: Whole<0, 100_000_000> = "max",
    }
}

record! {
    /// A weekly window of local time. When `to` is not after `from` it ends on the next day.
    object "time"
    pub struct TimeWindow {
        /// Days on which it begins; without it, every day.
        list days: Day = "days",
        /// First minute inside.
        required from: MinuteOfDay = "from",
        /// First minute outside again.
        required to: MinuteOfDay = "to",
        /// IANA time zone, such as Europe/Berlin.
        required zone: String = "zone",
    }
}

words! {
    /// A day of the week.
    pub enum Day {
        /// Monday.
        Monday = 0 "mon",
        /// Tuesday.
        Tuesday = 1 "tue",
        /// Wednesday.
        Wednesday = 2 "wed",
        /// Thursday.
        Thursday = 3 "thu",
        /// Friday.
        Friday = 4 "fri",
        /// Saturday.
        Saturday = 5 "sat",
        /// Sunday.
        Sunday = 6 "sun",
    }
}

const KNOWN: &[&str] = &[
    "all",
    "any",
    "not",
    "model",
    "attribute",
    "capability",
    "input-tokens",
    "team",
    "consumer",
    "tag",
    "protocol",
    "time",
];

impl Read for Predicate {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let entries = reader.entries(node, "predicates")?;
        match reader.syntax() {
            Syntax::Yaml => reader.duplicates(entries),
            Syntax::Kdl => repeated(entries, reader),
        }
        conjunction(entries, reader)
    }

    fn describe(definitions: &mut Definitions) -> Json {
        definitions.refer("match", |definitions| {
            let nested = json!({ "$ref": "#/$defs/match" });
            json!({
                "type": "object",
                "description": "What a request must be like: every member must hold, a list of values means any of them.",
                "additionalProperties": false,
                "properties": {
                    "all": { "type": "array", "items": nested, "description": "Every part holds." },
                    "any": { "type": "array", "items": nested, "description": "Some part holds." },
                    "not": nested,
                    "model": OneOrMore::<Glob>::describe(definitions),
                    "attribute": Pairs::<OneOrMore<AttributeValue>>::describe(definitions),
                    "capability": OneOrMore::<Asked>::describe(definitions),
                    "input-tokens": TokenRange::describe(definitions),
                    "team": OneOrMore::<Name>::describe(definitions),
                    "consumer": OneOrMore::<Reference>::describe(definitions),
                    "tag": OneOrMore::<Name>::describe(definitions),
                    "protocol": OneOrMore::<Protocol>::describe(definitions),
                    "time": TimeWindow::describe(definitions),
                },
            })
        })
    }
}

/// Reports predicates that stand twice where every one must hold, combinators aside.
fn repeated(entries: &[Entry], reader: &mut Reader<'_>) {
    let mut seen = std::collections::BTreeMap::new();
    for entry in entries {
        let predicate = entry.key.value.as_str();
        if matches!(predicate, "all" | "any" | "not") || !KNOWN.contains(&predicate) {
            continue;
        }
        if let Some(first) = seen.get(predicate) {
            let kind = ProblemKind::RepeatedPredicate { predicate: predicate.to_owned(), first: *first };
            reader.report(entry.key.span, kind);
        } else {
            seen.insert(predicate, entry.key.span);
        }
    }
}

/// Every member that could be read, so that the names in it are looked at although another one is wrong.
fn conjunction(entries: &[Entry], reader: &mut Reader<'_>) -> Option<Predicate> {
    let mut parts: Vec<_> = entries.iter().filter_map(|entry| member(entry, reader)).collect();
    if parts.is_empty() && !entries.is_empty() {
        return None;
    }
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => Some(only.value),
        (_, last) => {
            parts.extend(last);
            Some(Predicate::All(parts))
        }
    }
}

/// One member of a mapping: `model: gpt-*`.
fn member(entry: &Entry, reader: &mut Reader<'_>) -> Option<Spanned<Predicate>> {
    let node = &entry.value;
    let predicate = match entry.key.value.as_str() {
        "all" => {
            if let (Syntax::Kdl, Value::Map(entries)) = (reader.syntax(), &node.value) {
                repeated(entries, reader);
            }
            Predicate::All(alternatives(node, reader)?)
        }
        "any" => Predicate::Any(alternatives(node, reader)?),
        "not" => Predicate::Not(Box::new(Spanned::new(Predicate::read(node, reader)?, node.span))),
        "model" => Predicate::Model(Read::read(node, reader)?),
        "attribute" => return attributes(entry, reader),
        "capability" => Predicate::Capability(asked(node, reader)?),
        "input-tokens" => Predicate::InputTokens(Read::read(node, reader)?),
        "team" => Predicate::Team(Read::read(node, reader)?),
        "consumer" => Predicate::Consumer(Read::read(node, reader)?),
        "tag" => Predicate::Tag(Read::read(node, reader)?),
        "protocol" => Predicate::Protocol(Read::read(node, reader)?),
        "time" => Predicate::Time(window(node, reader)?),
        other => {
            let known = KNOWN.to_vec();
            let kind = ProblemKind::UnknownField { field: other.to_owned(), object: "match", known };
            reader.report(entry.key.span, kind);
            return None;
        }
    };
    Some(Spanned::new(predicate, entry.span()))
}

/// The parts of `all` and `any`: YAML's list of mappings, KDL's children.
fn alternatives(node: &Node, reader: &mut Reader<'_>) -> Option<Vec<Spanned<Predicate>>> {
    if reader.syntax() == Syntax::Kdl {
        let entries = reader.entries(node, "predicates as children")?;
        return readable(entries.iter().map(|entry| member(entry, reader)).collect());
    }
    let Value::List(items) = &node.value else {
        reader.wrong_type(node, "a list of predicates");
        return None;
    };
    let parts: Vec<_> =
        items.iter().map(|item| Some(Spanned::new(Predicate::read(item, reader)?, item.span))).collect();
    readable(parts)
}

/// What could be read of several parts; nothing when there is nothing of any.
fn readable(parts: Vec<Option<Spanned<Predicate>>>) -> Option<Vec<Spanned<Predicate>>> {
    let is_empty = parts.is_empty();
    let read: Vec<_> = parts.into_iter().flatten().collect();
    (is_empty || !read.is_empty()).then_some(read)
}

/// A window of time. When only its hours could not be read, its zone is kept with stand-ins, so that it is looked at too.
fn window(node: &Node, reader: &mut Reader<'_>) -> Option<TimeWindow> {
    if let Some(window) = TimeWindow::read(node, reader) {
        return Some(window);
    }
    let Value::Map(entries) = &node.value else { return None };
    let zone = &entries.iter().find(|entry| entry.key.value == "zone")?.value;
    // Its own problem is already reported.
    let text = Reader::new(reader.syntax(), &mut Vec::new()).text(zone, "text")?.to_owned();
    let midnight = Spanned::new(MinuteOfDay(0), node.span);
    Some(TimeWindow {
        days: Vec::new(),
        from: midnight.clone(),
        to: midnight,
        zone: Spanned::new(text, zone.span),
    })
}

fn asked(node: &Node, reader: &mut Reader<'_>) -> Option<OneOrMore<Capability>> {
    let OneOrMore(asked) = OneOrMore::<Asked>::read(node, reader)?;
    Some(OneOrMore(asked.into_iter().map(|asked| Spanned::new(asked.value.0, asked.span)).collect()))
}

fn attributes(entry: &Entry, reader: &mut Reader<'_>) -> Option<Spanned<Predicate>> {
    let entries = reader.entries(&entry.value, "attributes with their values")?;
    reader.duplicates(entries);
    let one = |attribute: &Entry| {
        let values = OneOrMore::read(&attribute.value, reader)?;
        Some(Spanned::new(Predicate::Attribute(attribute.key.clone(), values), attribute.span()))
    };
    let mut parts = readable(entries.iter().map(one).collect())?;
    if parts.len() == 1 {
        return parts.pop();
    }
    let span: Span = entry.span();
    Some(Spanned::new(Predicate::All(parts), span))
}
