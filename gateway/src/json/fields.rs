//! Taking an object apart member by member, so that what nobody took is known.
//!
//! Every value stays the text that it was written in until it is asked for in some form; nothing is copied that has no
//! escapes in it. A `null` counts as absent, as it does for every provider. Errors say where: `messages[2].content`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::nested::elements;
use super::{Text, string};
use crate::limits::{JSON_MEMBERS_MAX, JSON_NAME_BYTES_MAX};

/// A value is not of the form that it must have. Whoever wrote it is at fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{at}` must be {expected}")]
pub struct Malformed {
    /// Where: members with dots, elements with their numbers.
    pub at: String,
    /// What should stand there.
    pub expected: Cow<'static, str>,
}

/// Where a value stands, as a list from the inside out.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    outer: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Whole,
    Member(&'p str),
    Element(usize),
}

impl<'p> Place<'p> {
    /// The whole text.
    pub const WHOLE: Place<'static> = Place { outer: None, step: Step::Whole };

    /// A member of this.
    pub const fn member<'q>(&'q self, name: &'q str) -> Place<'q>
    where
        'p: 'q,
    {
        Place { outer: Some(self), step: Step::Member(name) }
    }

    /// An element of this.
    pub const fn element<'q>(&'q self, at: usize) -> Place<'q>
    where
        'p: 'q,
    {
        Place { outer: Some(self), step: Step::Element(at) }
    }

    /// The error that something else stands here.
    pub fn expected(&self, expected: &'static str) -> Malformed {
        self.wrong(Cow::Borrowed(expected))
    }

    /// The same, where what is expected depends on what else there is.
    pub fn expected_so(&self, expected: String) -> Malformed {
        self.wrong(Cow::Owned(expected))
    }

    fn wrong(&self, expected: Cow<'static, str>) -> Malformed {
        let at = self.to_string();
        Malformed { at: if at.is_empty() { "body".to_owned() } else { at }, expected }
    }

    /// The error that nothing stands here.
    pub fn missing(&self) -> Malformed {
        self.expected("given")
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(outer) = self.outer {
            outer.fmt(out)?;
        }
        match self.step {
            Step::Whole => Ok(()),
            Step::Element(at) => write!(out, "[{at}]"),
            Step::Member(name) if self.outer.is_some_and(|outer| matches!(outer.step, Step::Whole)) => {
                out.write_str(name)
            }
            Step::Member(name) => write!(out, ".{name}"),
        }
    }
}

/// The members of one object that nobody has taken yet.
pub struct Fields<'a> {
    members: Vec<(Cow<'a, str>, Option<&'a RawValue>)>,
}

impl<'a> Fields<'a> {
    /// Reads an object; one with two members of one name is none.
    pub fn read(text: &'a str, place: &Place<'_>) -> Result<Self, Malformed> {
        if !text.trim_ascii_start().starts_with('{') {
            return Err(place.expected("an object"));
        }
        let wrong = || place.expected("an object whose members have different names");
        let mut reader = serde_json::Deserializer::from_str(text);
        let members = reader.deserialize_map(Taking).map_err(|_| wrong())?;
        reader.end().map_err(|_| wrong())?;
        Ok(Self { members })
    }

    /// The same, where `max_tokens` and `maxTokens` are one name: what is JSON of protocol buffers is read so.
    pub fn in_camel_case(mut self, place: &Place<'_>) -> Result<Self, Malformed> {
        if self.members.iter().all(|(name, _)| !name.contains('_')) {
            return Ok(self);
        }
        for (name, _) in &mut self.members {
            *name = Cow::Owned(camel_case(name));
        }
        let mut names: Vec<&str> = self.members.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            return Err(place.expected("an object whose members have different names"));
        }
        Ok(self)
    }

    /// A member as it is written.
    pub fn raw(&mut self, name: &str) -> Option<&'a RawValue> {
        let found = self.members.iter_mut().find(|(one, _)| one == name)?;
        found.1.take().filter(|value| value.get() != "null")
    }

    /// A text.
    pub fn text(&mut self, name: &str, place: &Place<'_>) -> Result<Option<Cow<'a, str>>, Malformed> {
        let Some(value) = self.raw(name) else { return Ok(None) };
        string(value).map(Some).ok_or_else(|| place.member(name).expected("a string"))
    }

    /// A text that has to be there.
    pub fn need_text(&mut self, name: &str, place: &Place<'_>) -> Result<Cow<'a, str>, Malformed> {
        self.text(name, place)?.ok_or_else(|| place.member(name).missing())
    }

    /// An object as it is written.
    pub fn raw_object(&mut self, name: &str, place: &Place<'_>) -> Result<Option<&'a RawValue>, Malformed> {
        let value = self.raw(name);
        if value.is_some_and(|value| !value.get().starts_with('{')) {
            return Err(place.member(name).expected("an object"));
        }
        Ok(value)
    }

    /// True or false.
    pub fn flag(&mut self, name: &str, place: &Place<'_>) -> Result<Option<bool>, Malformed> {
        match self.raw(name).map(RawValue::get) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(place.member(name).expected("true or false")),
        }
    }

    /// A whole number that is not negative.
    pub fn count(&mut self, name: &str, place: &Place<'_>) -> Result<Option<u64>, Malformed> {
        let Some(value) = self.raw(name) else { return Ok(None) };
        let number = serde_json::from_str(value.get());
        number.map(Some).map_err(|_| place.member(name).expected("a whole number that is not negative"))
    }

    /// A whole number of at least one.
    pub fn positive(&mut self, name: &str, place: &Place<'_>) -> Result<Option<u64>, Malformed> {
        match self.count(name, place)? {
            Some(0) => Err(place.member(name).expected("at least 1")),
            count => Ok(count),
        }
    }

    /// A number.
    pub fn number(&mut self, name: &str, place: &Place<'_>) -> Result<Option<Number<'a>>, Malformed> {
        let Some(value) = self.raw(name) else { return Ok(None) };
        Number::read(value).map(Some).ok_or_else(|| place.member(name).expected("a number"))
    }

    /// An object.
    pub fn object(&mut self, name: &str, place: &Place<'_>) -> Result<Option<Self>, Malformed> {
        let Some(value) = self.raw(name) else { return Ok(None) };
        Self::read(value.get(), &place.member(name)).map(Some)
    }

    /// The elements of a list; none when it is absent.
    pub fn list(&mut self, name: &str, place: &Place<'_>) -> Result<Vec<&'a RawValue>, Malformed> {
        let Some(value) = self.raw(name) else { return Ok(Vec::new()) };
        list(value, &place.member(name))
    }

    /// The names of the members that are there and that nobody took.
    pub fn rest(&self) -> impl Iterator<Item = &str> {
        let left = self.members.iter().filter(|(_, value)| value.is_some_and(|value| value.get() != "null"));
        left.map(|(name, _)| &**name)
    }
}

/// The name that protocol buffers give a field in JSON.
pub fn camel_case(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    let mut is_raised = false;
    for letter in name.chars() {
        match letter {
            '_' => is_raised = true,
            letter if std::mem::take(&mut is_raised) => written.push(letter.to_ascii_uppercase()),
            letter => written.push(letter),
        }
    }
    written
}

struct Taking;

impl<'a> Visitor<'a> for Taking {
    type Value = Vec<(Cow<'a, str>, Option<&'a RawValue>)>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Self::Value = Vec::with_capacity(MEMBERS_USUAL);
        while let Some((Text(name), value)) = map.next_entry::<Text<'a>, &'a RawValue>()? {
            let is_one_too_many = members.len() == JSON_MEMBERS_MAX || name.len() > JSON_NAME_BYTES_MAX;
            if is_one_too_many || members.iter().any(|(before, _)| *before == name) {
                return Err(A::Error::custom("not taken"));
            }
            members.push((name, Some(value)));
        }
        Ok(members)
    }
}

/// Members of a usual object.
const MEMBERS_USUAL: usize = 8;

/// The elements of a list.
pub fn list<'a>(value: &'a RawValue, place: &Place<'_>) -> Result<Vec<&'a RawValue>, Malformed> {
    if !value.get().starts_with('[') {
        return Err(place.expected("a list"));
    }
    let mut found = Vec::new();
    elements(value.get(), |element| found.push(element));
    Ok(found)
}

/// The text that a value is.
pub fn text<'a>(value: &'a RawValue, place: &Place<'_>) -> Result<Cow<'a, str>, Malformed> {
    string(value).ok_or_else(|| place.expected("a string"))
}

/// A number, in the digits that it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number<'a>(&'a str);

impl<'a> Number<'a> {
    /// The number that a value is.
    pub fn read(value: &'a RawValue) -> Option<Self> {
        let text = value.get();
        text.starts_with(|first: char| first == '-' || first.is_ascii_digit()).then_some(Self(text))
    }

    /// Its digits.
    pub const fn digits(self) -> &'a str {
        self.0
    }

    /// The same without a fraction that says nothing: `40.0` is `40`.
    #[must_use]
    pub fn without_zeros(self) -> Self {
        let whole =
            self.0.split_once('.').filter(|(_, fraction)| fraction.bytes().all(|digit| digit == b'0'));
        whole.map_or(self, |(whole, _)| Self(whole))
    }

    /// Whether it is 1, in whichever digits.
    pub fn is_one(self) -> bool {
        self.0.parse() == Ok(1.0)
    }

    /// Whether it is greater than a whole number.
    pub fn is_above(self, limit: u16) -> bool {
        self.0.parse::<f64>().is_ok_and(|number| number > f64::from(limit))
    }

    /// Whether it is one of these, the ends included.
    pub fn is_within(self, least: f64, most: f64) -> bool {
        self.0.parse::<f64>().is_ok_and(|number| (least..=most).contains(&number))
    }

    /// Whether it is a whole number.
    pub fn is_whole(self) -> bool {
        self.without_zeros().0.parse::<i128>().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields<'_> {
        Fields::read(text, &Place::WHOLE).unwrap()
    }

    #[test]
    fn what_nobody_took_is_left() {
        let mut all = fields(r#"{"a":"x\ny","b":null,"c":[1,2],"d":{"e":true},"f":1.50}"#);
        assert_eq!(all.text("a", &Place::WHOLE).unwrap().unwrap(), "x\ny");
        assert_eq!(all.text("b", &Place::WHOLE).unwrap(), None);
        assert_eq!(all.list("c", &Place::WHOLE).unwrap().len(), 2);
        assert_eq!(all.number("f", &Place::WHOLE).unwrap().unwrap().digits(), "1.50");
        assert_eq!(all.rest().collect::<Vec<_>>(), ["d"]);
        let mut inner = all.object("d", &Place::WHOLE).unwrap().unwrap();
        assert_eq!(inner.flag("e", &Place::WHOLE).unwrap(), Some(true));
        assert_eq!((inner.rest().count(), all.rest().count()), (0, 0));
    }

    #[test]
    fn errors_say_where() {
        let place = Place::WHOLE.member("messages");
        let place = place.element(2);
        let error = fields(r#"{"content":1}"#).text("content", &place).unwrap_err();
        assert_eq!(error.to_string(), "`messages[2].content` must be a string");
        let twice = Fields::read(r#"{"a":1,"a":2}"#, &Place::WHOLE).err().unwrap();
        assert_eq!(twice.at, "body");
    }

    #[test]
    fn snake_case_and_camel_case_are_one_where_both_are_read() {
        let read = |text: &'static str| fields(text).in_camel_case(&Place::WHOLE);
        let mut all = read(r#"{"top_p":1,"topK":40.0,"a_b_c":2}"#).unwrap();
        assert_eq!(all.number("topP", &Place::WHOLE).unwrap().unwrap().digits(), "1");
        let number = all.number("topK", &Place::WHOLE).unwrap().unwrap();
        assert_eq!(number.without_zeros().digits(), "40");
        assert_eq!(all.rest().collect::<Vec<_>>(), ["aBC"]);
        assert!(read(r#"{"top_p":1,"topP":1}"#).is_err());
    }

    #[test]
    fn numbers_keep_their_digits() {
        let mut all = fields(r#"{"a":1e0,"b":1.01,"c":"1","d":12345678901234567890123}"#);
        let mut above = |name, limit| {
            all.number(name, &Place::WHOLE).map(|found| found.is_some_and(|number| number.is_above(limit)))
        };
        assert_eq!((above("a", 1), above("b", 1)), (Ok(false), Ok(true)));
        assert!(above("c", 1).is_err());
        let digits = fields(r#"{"d":12345678901234567890123}"#).number("d", &Place::WHOLE).unwrap().unwrap();
        assert_eq!(digits.digits(), "12345678901234567890123");
    }
}
