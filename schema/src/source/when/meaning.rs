//! From an expression to the predicate that it means, with its types checked.
//!
//! Deliberately a table of what each variable can be asked: whatever is not in it is an error that names it. Whether an
//! attribute, a team or a tag exists is the compiler's business, as in a `match`.

use super::expression::{Expression, Kind};
use super::{COPIED_MAX, Fault, Place};
use crate::capability::Asked;
use crate::protocol::Protocol;
use crate::read::OneOrMore;
use crate::read::scalar::{AttributeValue, Glob, MinuteOfDay, Name, Reference};
use crate::source::predicate::{Day, Predicate, TimeWindow, TokenRange};
use crate::tree::{Span, Spanned};

type Meaning = Result<Spanned<Predicate>, Fault>;

/// The predicate of a condition.
pub(super) fn predicate(expression: &Expression, place: Place) -> Meaning {
    Reading { place, copied: 0 }.predicate(expression)
}

/// A condition on its way to a predicate.
struct Reading {
    place: Place,
    /// **Unit**: predicates that stand once more than they were written.
    copied: usize,
}

impl Reading {
    fn predicate(&mut self, expression: &Expression) -> Meaning {
        let (place, span) = (self.place, self.place.span(expression.at));
        let written = |predicate| Ok(Spanned::new(predicate, span));
        match &expression.kind {
            Kind::Name(name) if name == "true" => written(Predicate::All(Vec::new())),
            Kind::Name(name) if name == "false" => written(Predicate::Any(Vec::new())),
            Kind::Not(inner) => written(Predicate::Not(Box::new(self.predicate(inner)?))),
            Kind::Binary(operator @ ("&&" | "||"), ..) => {
                let mut parts = Vec::new();
                self.operands(expression, operator, &mut parts)?;
                written(if *operator == "&&" { Predicate::All(parts) } else { Predicate::Any(parts) })
            }
            Kind::Binary(operator @ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "in"), left, right) => {
                comparison(operator, left, right, expression.at, place)
            }
            Kind::Choice(condition, yes, no) => {
                let (condition, otherwise) = self.twice(condition)?;
                let (yes, no) = (self.predicate(yes)?, self.predicate(no)?);
                let first = Spanned::new(Predicate::All(vec![condition, yes]), span);
                let second = Spanned::new(Predicate::All(vec![otherwise, no]), span);
                written(Predicate::Any(vec![first, second]))
            }
            Kind::Call(Some(object), function, arguments) => {
                call(object, function, arguments, expression.at, place)
            }
            _ => Err(not_a_condition(expression)),
        }
    }

    /// The parts of a run of one operator, in order.
    fn operands(
        &mut self,
        expression: &Expression,
        operator: &str,
        parts: &mut Vec<Spanned<Predicate>>,
    ) -> Result<(), Fault> {
        match &expression.kind {
            Kind::Binary(here, left, right) if *here == operator => {
                self.operands(left, operator, parts)?;
                self.operands(right, operator, parts)
            }
            _ => {
                parts.push(self.predicate(expression)?);
                Ok(())
            }
        }
    }

    /// What a choice asks, and that it does not hold. A choice in what another one asks is copied with it, so their size is
    /// looked at before it doubles.
    fn twice(&mut self, asked: &Expression) -> Result<(Spanned<Predicate>, Spanned<Predicate>), Fault> {
        let condition = self.predicate(asked)?;
        self.copied = self.copied.saturating_add(condition.value.size());
        if self.copied > COPIED_MAX {
            let help = "each side of `?` asks it again; use && and ||, or rules of their own";
            return Err(Fault::new(asked.at, "a question that comes to too many predicates", help));
        }
        let otherwise = Predicate::Not(Box::new(condition.clone()));
        let span = condition.span;
        Ok((condition, Spanned::new(otherwise, span)))
    }
}

/// What a condition can be about.
enum Subject {
    Model,
    Attribute(Spanned<String>),
    InputTokens,
    Team,
    Consumer,
    Protocol,
    Tags,
    Capabilities,
}

const VARIABLES: &str =
    "model, attribute.NAME, capabilities, input_tokens, team, consumer, tags, protocol and time";

/// The subject that an expression names, if it does.
fn subject(expression: &Expression, place: Place) -> Result<Option<Subject>, Fault> {
    let is_attribute = |object: &Expression| matches!(&object.kind, Kind::Name(name) if name == "attribute");
    Ok(Some(match &expression.kind {
        Kind::Member(object, name) if is_attribute(object) => {
            Subject::Attribute(Spanned::new(name.clone(), place.span(last(expression.at, name.len()))))
        }
        Kind::Index(object, index) if is_attribute(object) => {
            let Kind::Text(name) = &index.kind else {
                return Err(Fault::new(index.at, "no string", "write attribute[\"NAME\"]"));
            };
            Subject::Attribute(Spanned::new(name.clone(), place.span(index.at)))
        }
        Kind::Name(name) => match name.as_str() {
            "model" => Subject::Model,
            "input_tokens" => Subject::InputTokens,
            "team" => Subject::Team,
            "consumer" => Subject::Consumer,
            "protocol" => Subject::Protocol,
            "tags" => Subject::Tags,
            "capabilities" => Subject::Capabilities,
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

/// The last bytes of a place.
fn last(at: Span, length: usize) -> Span {
    let length = u32::try_from(length).unwrap_or(0);
    Span { start: at.end.saturating_sub(length), end: at.end }
}

fn comparison(operator: &str, left: &Expression, right: &Expression, at: Span, place: Place) -> Meaning {
    let span = place.span(at);
    if operator == "in" {
        return membership(left, right, span, place);
    }
    let (subject, other, operator) = match (subject(left, place)?, subject(right, place)?) {
        (Some(_), Some(_)) => {
            let help = "compare with a value: two properties of a request cannot be compared";
            return Err(Fault::new(at, "a comparison of two properties", help));
        }
        (Some(subject), None) => (subject, right, operator),
        (None, Some(subject)) => (subject, left, mirrored(operator)),
        (None, None) => return Err(no_subject(left, right, at)),
    };
    if let Subject::InputTokens = subject {
        return tokens(operator, other, span);
    }
    if !matches!(operator, "==" | "!=") {
        return Err(Fault::new(at, format!("`{operator}`"), "only input_tokens has an order; use == or !="));
    }
    let equal = Spanned::new(one_of(&subject, std::slice::from_ref(other), at, place)?, span);
    if operator == "!=" { Ok(Spanned::new(Predicate::Not(Box::new(equal)), span)) } else { Ok(equal) }
}

fn mirrored(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

/// `model in ["a", "b"]`, or `"a" in tags`.
fn membership(left: &Expression, right: &Expression, span: Span, place: Place) -> Meaning {
    let at = Span { start: left.at.start, end: right.at.end };
    match (subject(left, place)?, subject(right, place)?) {
        (None, Some(set @ (Subject::Tags | Subject::Capabilities))) => {
            Ok(Spanned::new(one_of(&set, std::slice::from_ref(left), at, place)?, span))
        }
        (Some(Subject::Tags | Subject::Capabilities), _) => Err(Fault::new(
            left.at,
            "a list before `in`",
            "write \"NAME\" in tags, or \"NAME\" in capabilities",
        )),
        (Some(Subject::InputTokens), _) => {
            Err(Fault::new(at, "a number in a list", "compare with <, <=, ==, >= or >"))
        }
        (Some(subject), None) => {
            let Kind::List(items) = &right.kind else {
                return Err(Fault::new(right.at, "no list", "write a list, such as [\"a\", \"b\"]"));
            };
            if items.is_empty() {
                return Err(Fault::new(
                    right.at,
                    "an empty list",
                    "nothing is in it; write at least one value",
                ));
            }
            Ok(Spanned::new(one_of(&subject, items, at, place)?, span))
        }
        _ => Err(no_subject(left, right, at)),
    }
}

/// The subject has one of these values.
fn one_of(subject: &Subject, values: &[Expression], at: Span, place: Place) -> Result<Predicate, Fault> {
    Ok(match subject {
        Subject::Model => Predicate::Model(texts(values, place, |text| {
            match Glob::parse(text) {
            Some(glob @ Glob::Exact(_)) => Ok(glob),
            _ => Err("a model name has letters, digits and `. _ : / @ -`; for a pattern use startsWith or endsWith".to_owned()),
        }
        })?),
        Subject::Attribute(name) => {
            Predicate::Attribute(name.clone(), texts(values, place, AttributeValue::parse)?)
        }
        Subject::Team => Predicate::Team(texts(values, place, Name::parse)?),
        Subject::Consumer => Predicate::Consumer(texts(values, place, Reference::parse)?),
        Subject::Protocol => Predicate::Protocol(words(values, place, Protocol::from_word, Protocol::WORDS)?),
        Subject::Tags => Predicate::Tag(texts(values, place, Name::parse)?),
        Subject::Capabilities => {
            let asked = |word: &str| Asked::from_word(word).map(|asked| asked.0);
            Predicate::Capability(words(values, place, asked, Asked::WORDS)?)
        }
        Subject::InputTokens => return Err(Fault::new(at, "a text", "input_tokens is a number")),
    })
}

fn words<T>(
    values: &[Expression],
    place: Place,
    parse: impl Fn(&str) -> Option<T>,
    known: &[&str],
) -> Result<OneOrMore<T>, Fault> {
    texts(values, place, |text| parse(text).ok_or_else(|| format!("it is one of {}", known.join(", "))))
}

fn texts<T>(
    values: &[Expression],
    place: Place,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<OneOrMore<T>, Fault> {
    let one = |value: &Expression| match &value.kind {
        Kind::Text(text) => {
            let value_of =
                parse(text).map_err(|help| Fault::new(value.at, "a value that cannot be", help))?;
            Ok(Spanned::new(value_of, place.span(value.at)))
        }
        Kind::Name(name) if name != "true" && name != "false" => {
            Err(Fault::new(value.at, format!("`{name}`"), format!("put text in quotes: \"{name}\"")))
        }
        _ => Err(Fault::new(value.at, what(value), "compare with a string in quotes")),
    };
    values.iter().map(one).collect::<Result<_, _>>().map(OneOrMore)
}

fn tokens(operator: &str, value: &Expression, span: Span) -> Meaning {
    let number = match &value.kind {
        Kind::Number(number) => *number,
        Kind::Minus(inner) if matches!(inner.kind, Kind::Number(_)) => {
            return Err(Fault::new(value.at, "a negative number", "input_tokens is 0 or more"));
        }
        _ => return Err(Fault::new(value.at, what(value), "compare input_tokens with a whole number")),
    };
    let bound = u32::try_from(number).ok().filter(|number| *number <= TOKENS_MAX);
    let Some(bound) = bound else {
        return Err(Fault::new(
            value.at,
            "a number that is too large",
            format!("at most {TOKENS_MAX} is read"),
        ));
    };
    let range = |min: Option<u32>, max: Option<u32>| {
        let written = |bound: u32| Spanned::new(crate::read::scalar::Whole(bound), span);
        Predicate::InputTokens(TokenRange { min: min.map(written), max: max.map(written) })
    };
    let never = Predicate::Any(Vec::new());
    let predicate = match operator {
        ">=" => range(Some(bound), None),
        ">" => range(Some(bound.saturating_add(1)), None),
        "<=" => range(None, Some(bound)),
        "<" => bound.checked_sub(1).map_or(never, |bound| range(None, Some(bound))),
        "==" => range(Some(bound), Some(bound)),
        _ => Predicate::Not(Box::new(Spanned::new(range(Some(bound), Some(bound)), span))),
    };
    Ok(Spanned::new(predicate, span))
}

/// **Unit**: tokens that a condition may name; one more still fits the range.
const TOKENS_MAX: u32 = 99_999_999;

fn call(object: &Expression, function: &str, arguments: &[Expression], at: Span, place: Place) -> Meaning {
    let span = place.span(at);
    if matches!(&object.kind, Kind::Name(name) if name == "time") {
        return Ok(Spanned::new(Predicate::Time(window(function, arguments, at, place)?), span));
    }
    if !matches!(subject(object, place)?, Some(Subject::Model)) {
        let help = format!(
            "`{function}` is not decided; only model has startsWith and endsWith, and time has within"
        );
        return Err(Fault::new(at, format!("a call of `{function}`"), help));
    }
    let glob = |prefix: &str, suffix: &str| {
        let pattern = format!("{prefix}*{suffix}");
        Glob::parse(&pattern)
    };
    let glob = match (function, arguments) {
        ("startsWith", [Expression { kind: Kind::Text(text), .. }]) => glob(text, ""),
        ("endsWith", [Expression { kind: Kind::Text(text), .. }]) => glob("", text),
        ("startsWith" | "endsWith", _) => {
            return Err(Fault::new(at, "no string", format!("write model.{function}(\"…\")")));
        }
        _ => {
            let help = "use startsWith, endsWith or ==; `contains` and `matches` are CEL, but not decided";
            return Err(Fault::new(at, format!("a call of `{function}`"), help));
        }
    };
    let Some(glob) = glob else {
        return Err(Fault::new(
            at,
            "a value that cannot be",
            "a model name has letters, digits and `. _ : / @ -`",
        ));
    };
    Ok(Spanned::new(Predicate::Model(OneOrMore(vec![Spanned::new(glob, span)])), span))
}

/// `time.within(["mon", "tue"], "09:00", "17:00", "Europe/Berlin")`; the days may be left out.
fn window(function: &str, arguments: &[Expression], at: Span, place: Place) -> Result<TimeWindow, Fault> {
    let help = "write time.within([\"mon\", \"tue\"], \"09:00\", \"17:00\", \"Europe/Berlin\"); the days may be left out";
    let wrong = |at: Span, found: &str| Fault::new(at, found, help);
    let (days, rest) = match (function, arguments) {
        ("within", [Expression { kind: Kind::List(days), .. }, rest @ ..]) => (days.as_slice(), rest),
        ("within", rest) => (&[][..], rest),
        _ => return Err(wrong(at, &format!("a call of `{function}`"))),
    };
    let [from, to, zone] = rest else { return Err(wrong(at, "another number of arguments")) };
    let minute = |value: &Expression| match &value.kind {
        Kind::Text(text) => MinuteOfDay::parse(text)
            .map(|minute| Spanned::new(minute, place.span(value.at)))
            .ok_or_else(|| wrong(value.at, "no time of day")),
        _ => Err(wrong(value.at, "no time of day")),
    };
    let Kind::Text(name) = &zone.kind else { return Err(wrong(zone.at, "no time zone")) };
    let days = words(days, place, Day::from_word, Day::WORDS)?;
    let zone = Spanned::new(name.clone(), place.span(zone.at));
    Ok(TimeWindow { days: days.0, from: minute(from)?, to: minute(to)?, zone })
}

fn no_subject(left: &Expression, right: &Expression, at: Span) -> Fault {
    for side in [left, right] {
        if matches!(side.kind, Kind::Name(_) | Kind::Member(..) | Kind::Index(..)) {
            return Fault::new(side.at, what(side), format!("a condition can ask about {VARIABLES}"));
        }
        if let Kind::Call(..) | Kind::Binary(..) | Kind::Minus(_) | Kind::Choice(..) = &side.kind {
            return Fault::new(
                side.at,
                what(side),
                "CEL has it, but it is not decided; compare with a plain value",
            );
        }
    }
    Fault::new(at, "a comparison of two values", format!("compare with {VARIABLES}"))
}

fn not_a_condition(expression: &Expression) -> Fault {
    let help = match &expression.kind {
        Kind::Name(_) | Kind::Member(..) | Kind::Index(..) => {
            format!("compare it with a value; a condition can ask about {VARIABLES}")
        }
        Kind::Call(..) => "functions and macros such as has and size are CEL, but not decided".to_owned(),
        Kind::Binary(..) | Kind::Minus(_) => "arithmetic is CEL, but not decided".to_owned(),
        _ => "a condition is true or false: compare a property of the request with a value".to_owned(),
    };
    Fault::new(expression.at, what(expression), help)
}

/// What an expression is, with its article.
fn what(expression: &Expression) -> String {
    match &expression.kind {
        Kind::Name(name) | Kind::Member(_, name) => format!("`{name}`"),
        Kind::Text(_) => "a string".to_owned(),
        Kind::Number(_) => "a number".to_owned(),
        Kind::List(_) => "a list".to_owned(),
        Kind::Index(..) => "an element".to_owned(),
        Kind::Call(_, name, _) => format!("a call of `{name}`"),
        Kind::Minus(_) => "a negative value".to_owned(),
        Kind::Binary("+" | "-" | "*" | "/" | "%", ..) => "arithmetic".to_owned(),
        Kind::Not(_) | Kind::Binary(..) => "a condition".to_owned(),
        Kind::Choice(..) => "a choice".to_owned(),
    }
}
