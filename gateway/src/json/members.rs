//! The top-level members of a request, each as the text that it is written in.
//!
//! Two members of one name are refused, whatever the name and however it is escaped. At the top level, upper and lower
//! case are one: some servers read a member whatever its case and take the last, so nothing may look like a member
//! that routing reads and not be it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{BadRequest, Text, string};
use crate::limits::{JSON_MEMBERS_MAX, JSON_NAME_BYTES_MAX};

/// Those members that routing looks at.
pub(super) struct Members<'a> {
    names: &'static [&'static str],
    values: [Option<&'a RawValue>; NAMES_MAX],
}

impl<'a> Members<'a> {
    /// Reads the members of these names, of which there are at most [`NAMES_MAX`].
    pub(super) fn read(text: &'a str, names: &'static [&'static str]) -> Result<Self, BadRequest> {
        let mut members = Self { names, values: [None; NAMES_MAX] };
        each(text, (JSON_MEMBERS_MAX, same_in_any_case), |name, value| members.put(name, value))?;
        Ok(members)
    }

    fn put(&mut self, name: &str, value: &'a RawValue) -> Result<(), BadRequest> {
        if let Some(slot) = self.place(name).and_then(|at| self.values.get_mut(at)) {
            *slot = Some(value);
        } else if self.names.iter().any(|read| same_in_any_case(read, name)) {
            return Err(BadRequest::OtherCase);
        }
        Ok(())
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|read| *read == name)
    }

    /// A member as it is written.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.values.get(self.place(name)?).copied().flatten()
    }

    /// Whether it is there and not null.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.get() != "null")
    }

    /// Whether it is a list with something in it.
    pub(super) fn is_full_list(&self, name: &str) -> bool {
        let inner = self.get(name).and_then(|value| value.get().strip_prefix('['));
        inner.is_some_and(|inner| inner.trim_start_matches([' ', '\t', '\r', '\n']) != "]")
    }

    /// A whole number.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }
}

/// Members of one dialect that routing looks at.
const NAMES_MAX: usize = 16;

/// Names and texts of members.
type Texts<'a> = Vec<(String, Cow<'a, str>)>;

/// Every member of an object that is a text; `None` when the value is not an object.
pub(super) fn texts(object: &str, members_max: usize) -> Result<Option<Texts<'_>>, BadRequest> {
    let mut found = Vec::new();
    if !object.starts_with('{') {
        return Ok(None);
    }
    each(object, (members_max, str::eq), |name, value| {
        if let Some(text) = string(value) {
            found.push((name.to_owned(), text));
        }
        Ok(())
    })?;
    Ok(Some(found))
}

/// Whether readers that do not look at case, such as Go's, take two names for one. To them, two letters outside ASCII
/// are an `s` and a `k`.
fn same_in_any_case(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    let folded = |letter: char| match letter {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        letter => letter.to_ascii_lowercase(),
    };
    left.chars().map(folded).eq(right.chars().map(folded))
}

/// How many members there may be, and which names are one.
type Rules = (usize, fn(&str, &str) -> bool);

/// Calls `put` with every member of the object that `text` is.
fn each<'a>(
    text: &'a str,
    (members_max, same): Rules,
    put: impl FnMut(&str, &'a RawValue) -> Result<(), BadRequest>,
) -> Result<(), BadRequest> {
    if !text.trim_start_matches([' ', '\t', '\r', '\n']).starts_with('{') {
        // Whether it is another kind of JSON or none at all: say what is true of both, precisely where it is cheap.
        let other = serde_json::from_str::<&RawValue>(text);
        return Err(if other.is_ok() { BadRequest::NotAnObject } else { BadRequest::NotJson });
    }
    let mut refused = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    let walk = Walk { put, members_max, same, refused: &mut refused };
    let read = reader.deserialize_map(walk).and_then(|()| reader.end());
    read.map_err(|_| refused.unwrap_or(BadRequest::NotJson))
}

struct Walk<'r, F> {
    put: F,
    members_max: usize,
    same: fn(&str, &str) -> bool,
    refused: &'r mut Option<BadRequest>,
}

impl<'a, F: FnMut(&str, &'a RawValue) -> Result<(), BadRequest>> Visitor<'a> for Walk<'_, F> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut names: Vec<Cow<'a, str>> = Vec::with_capacity(NAMES_USUAL);
        while let Some(Text(name)) = map.next_key()? {
            if name.len() > JSON_NAME_BYTES_MAX {
                *self.refused = Some(BadRequest::LongName);
                return Err(A::Error::custom("a long name"));
            }
            if names.iter().any(|before| (self.same)(before, &name)) {
                *self.refused = Some(BadRequest::DuplicateMember);
                return Err(A::Error::custom("duplicate"));
            }
            if names.len() == self.members_max {
                *self.refused = Some(BadRequest::TooManyMembers);
                return Err(A::Error::custom("too many"));
            }
            if let Err(bad) = (self.put)(&name, map.next_value()?) {
                *self.refused = Some(bad);
                return Err(A::Error::custom("refused"));
            }
            names.push(name);
        }
        Ok(())
    }
}

/// Members of a usual request.
const NAMES_USUAL: usize = 16;
