//! The scalar types of the policy language: names, numbers, durations, dates, addresses.
//!
//! Each is a newtype made in one constructor, so that a value past this file is known to have its form.

use serde_json::{Value as Json, json};

use super::{ProblemKind, Read, Reader};
use crate::json_schema::Definitions;
use crate::limits;
use crate::tree::{Node, ScalarKind};

/// Declares a newtype over text with a check; the error is the reason or how to write it.
macro_rules! text_type {
    ($(#[$meta:meta])* $Name:ident, $expected:literal, $check:path, $schema:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $Name(String);

        impl $Name {
            /// Checks the form; the error says what is wrong or how to write it.
            pub fn parse(text: &str) -> Result<Self, String> {
                $check(text).map(|()| Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Read for $Name {
            fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
                let text = reader.text(node, $expected)?;
                Self::parse(text).map_err(|why| malformed(node, reader, $expected, text, why)).ok()
            }

            fn describe(_: &mut Definitions) -> Json {
                $schema
            }
        }
    };
}
pub(crate) use text_type;

text_type! {
    /// The name of something that a policy declares.
    ///
    /// **Shape**: 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or digit. ASCII only, so that no two names look
    /// alike.
    Name, "a name", check_name, json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$" })
}

text_type! {
    /// A reference to something declared: a name, or `team/name`.
    Reference, "a name, or team/name", check_reference,
    json!({ "type": "string", "pattern": "^([a-z0-9][a-z0-9._-]{0,63}/)?[a-z0-9][a-z0-9._-]{0,63}$" })
}

text_type! {
    /// Where a rule sends a request: a backend, or `chain/NAME` for another chain.
    TargetReference, "a backend, or chain/NAME", check_target,
    json!({ "type": "string", "pattern": "^(chain/)?([a-z0-9][a-z0-9._-]{0,63}/)?[a-z0-9][a-z0-9._-]{0,63}$" })
}

text_type! {
    /// The name of a model or an alias, as clients send it.
    ///
    /// **Shape**: 1 to 128 of `A-Z a-z 0-9 . _ : / @ -`.
    ModelName, "a model name", check_model_name, json!({ "type": "string", "pattern": "^[A-Za-z0-9._:/@-]{1,128}$" })
}

text_type! {
    /// A value of a request attribute, or a member or header name.
    AttributeValue, "an attribute value", check_attribute_value,
    json!({ "type": "string", "minLength": 1, "maxLength": 64 })
}

text_type! {
    /// The name of an HTTP header (RFC 9110 field name), in lower case.
    HeaderName, "a header name in lower case", check_header_name,
    json!({ "type": "string", "pattern": "^[a-z0-9-]{1,64}$" })
}

pub(super) fn malformed(
    node: &Node,
    reader: &mut Reader<'_>,
    expected: &'static str,
    text: &str,
    why: String,
) {
    reader.report(node.span, ProblemKind::Malformed { expected, text: text.to_owned(), why });
}

/// Whether a text is a [`Name`].
pub fn check_name(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.len() > limits::NAME_BYTES_MAX {
        return Err(format!("it has {} bytes, at most {} are allowed", text.len(), limits::NAME_BYTES_MAX));
    }
    if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
        return Err(format!(
            "`{}` cannot stand in a name; use a-z, 0-9, `.`, `_` and `-`",
            bad.escape_default()
        ));
    }
    if !text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        return Err("it must begin with a letter or a digit".to_owned());
    }
    Ok(())
}

/// Whether a text is a [`Reference`].
pub fn check_reference(text: &str) -> Result<(), String> {
    match text.split_once('/') {
        None => check_name(text),
        Some((team, name)) => check_name(team).and_then(|()| check_name(name)),
    }
}

fn check_target(text: &str) -> Result<(), String> {
    check_reference(text.strip_prefix("chain/").unwrap_or(text))
}

fn check_model_name(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '/' | '@' | '-');
    if text.is_empty() || text.len() > limits::MODEL_NAME_BYTES_MAX {
        return Err(format!("it must have 1 to {} bytes", limits::MODEL_NAME_BYTES_MAX));
    }
    match text.chars().find(|c| !allowed(*c)) {
        Some(bad) => Err(format!(
            "`{}` cannot stand in a model name; use letters, digits and `. _ : / @ -`",
            bad.escape_default()
        )),
        None => Ok(()),
    }
}

fn check_attribute_value(text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > limits::ATTRIBUTE_VALUE_BYTES_MAX {
        return Err(format!("it must have 1 to {} bytes", limits::ATTRIBUTE_VALUE_BYTES_MAX));
    }
    if text.chars().any(|c| !(c.is_ascii_graphic() || c == ' ')) || text.trim() != text {
        return Err("use printable ASCII without spaces at the ends".to_owned());
    }
    Ok(())
}

fn check_header_name(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
        return Err("use 1 to 64 of a-z, 0-9 and `-`".to_owned());
    }
    Ok(())
}

/// A model pattern with at most one `*`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Glob {
    /// Exactly this text.
    Exact(String),
    /// Begins with the first, ends with the second, and is at least as long as both.
    Around(String, String),
}

impl Glob {
    /// Reads a pattern; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = |part: &str| part.is_empty() || check_model_name(part).is_ok();
        match text.split_once('*') {
            None => check_model_name(text).is_ok().then(|| Self::Exact(text.to_owned())),
            Some((prefix, suffix)) if valid(prefix) && valid(suffix) => {
                Some(Self::Around(prefix.to_owned(), suffix.to_owned()))
            }
            Some(_) => None,
        }
    }

    /// Whether a text fits the pattern.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == text,
            Self::Around(prefix, suffix) => {
                text.len() >= prefix.len() + suffix.len()
                    && text.starts_with(prefix)
                    && text.ends_with(suffix)
            }
        }
    }
}

impl Read for Glob {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "a model name or pattern")?;
        let glob = Self::parse(text);
        if glob.is_none() {
            reader.report(node.span, ProblemKind::NotAGlob { text: text.to_owned() });
        }
        glob
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^[A-Za-z0-9._:/@-]*\\*?[A-Za-z0-9._:/@-]*$", "minLength": 1 })
    }
}

/// A whole number within bounds that its use gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole<const MIN: u32, const MAX: u32>(pub u32);

impl<const MIN: u32, const MAX: u32> Read for Whole<MIN, MAX> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        // No other number begins and ends as weights do.
        let expected = if (MIN, MAX) == (0, limits::WEIGHT_MAX) { "a weight" } else { "a whole number" };
        let scalar = reader.scalar(node, expected)?;
        let number = match scalar.kind {
            ScalarKind::Plain | ScalarKind::Number => whole(&scalar.text),
            ScalarKind::Text | ScalarKind::Bool | ScalarKind::Null => None,
        };
        let Some(number) = number else {
            if scalar.kind != ScalarKind::Text && is_fraction(&scalar.text) {
                let found = "a number that is not whole";
                reader.report(node.span, ProblemKind::WrongType { expected: expected.to_owned(), found });
            } else {
                reader.wrong_type(node, expected);
            }
            return None;
        };
        match u32::try_from(number) {
            Ok(number) if (MIN..=MAX).contains(&number) => Some(Self(number)),
            _ => {
                // The only number with one value is the version of the language.
                let (what, bounds) = if MIN == MAX {
                    ("language version", MIN.to_string())
                } else {
                    ("number", format!("{MIN} to {MAX}"))
                };
                let kind = ProblemKind::OutOfRange { what, value: number.to_string(), bounds };
                reader.report(node.span, kind);
                None
            }
        }
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// A whole number as it is written: ASCII digits, between two of which `_` may stand; below zero only to be told so.
pub(super) fn whole(text: &str) -> Option<i128> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let is_grouped = text.split('_').all(is_digits);
    let number = is_grouped.then(|| text.replace('_', "").parse::<i128>().ok()).flatten()?;
    number.checked_mul(sign)
}

/// Whether a text is nothing but ASCII digits: what `str::parse` takes for a number may begin with a sign.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text is a number with a fraction or an exponent.
fn is_fraction(text: &str) -> bool {
    text.contains(['.', 'e', 'E']) && text.replace('_', "").parse::<f64>().is_ok()
}

/// A length of time.
///
/// **Shape**: a whole number and `ms`, `s`, `m` or `h`: `500ms`, `2s`. **Unit**: ms. From 1 ms to 1 h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DurationMs(pub u32);

impl DurationMs {
    const MAX_MS: u64 = 3_600_000;

    /// The error is nothing for a duration out of bounds, else how to write one.
    fn parse(text: &str) -> Result<Self, Option<String>> {
        let hint = || Some("write a whole number and ms, s, m or h, such as 500ms or 2s".to_owned());
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(hint)?;
        let (number, unit) = text.split_at(digits);
        let factor: u64 = match unit {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(hint()),
        };
        let ms = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(hint)?;
        match u32::try_from(ms) {
            Ok(short) if (1..=Self::MAX_MS).contains(&ms) => Ok(Self(short)),
            _ => Err(None),
        }
    }
}

impl Read for DurationMs {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "a duration")?;
        let report = |why| {
            if let Some(why) = why {
                return malformed(node, reader, "a duration", text, why);
            }
            let (value, bounds) = (text.to_owned(), "1ms to 1h".to_owned());
            reader.report(node.span, ProblemKind::OutOfRange { what: "duration", value, bounds });
        };
        Self::parse(text).map_err(report).ok()
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h)$" })
    }
}

/// A minute of the day.
///
/// **Shape**: `HH:MM`, from `00:00` to `24:00`. **Unit**: minutes since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinuteOfDay(pub u16);

impl MinuteOfDay {
    /// Reads `HH:MM`.
    pub fn parse(text: &str) -> Option<Self> {
        let two = |part: &str| part.len() == 2 && is_digits(part);
        let (hours, minutes) = text.split_once(':').filter(|(hours, minutes)| two(hours) && two(minutes))?;
        let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
        let minute = hours.checked_mul(60)?.checked_add(minutes)?;
        (minutes < 60 && minute <= 1440).then_some(Self(minute))
    }
}

impl Read for MinuteOfDay {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "a time of day")?;
        let parsed = Self::parse(text);
        if parsed.is_none() {
            malformed(node, reader, "a time of day", text, "write HH:MM, from 00:00 to 24:00".to_owned());
        }
        parsed
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$" })
    }
}

/// A day or an instant at which something ends.
///
/// **Shape**: RFC 3339: `2027-01-31` (the end of that day in UTC) or `2027-01-31T12:00:00Z`. **Unit**: the last Unix
/// second that is still inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastSecond(pub i64);

impl LastSecond {
    /// Reads a date or an instant.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(date) = text.parse::<jiff::civil::Date>()
            && text.len() == 10
        {
            let next = date.tomorrow().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            return Some(Self(next.timestamp().as_second() - 1));
        }
        text.parse::<jiff::Timestamp>().ok().map(|instant| Self(instant.as_second()))
    }
}

impl Read for LastSecond {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = reader.text(node, "a date")?;
        let parsed = Self::parse(text);
        if parsed.is_none() {
            let why = "write a day such as 2027-01-31 or an instant such as 2027-01-31T12:00:00Z".to_owned();
            malformed(node, reader, "a date", text, why);
        }
        parsed
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}" })
    }
}
