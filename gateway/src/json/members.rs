//! The top-level members of a request, each as the text that it is written in.
//!
//! Two members of one name are refused, whatever the name and however it is escaped. At the top level, upper and lower
//! case are one: some servers read a member whatever its case and take the last, so nothing may look like a member
//! that routing reads and not be it.

use std::borrow::Cow;

use super::scan::{self, Letters};
use super::{BadRequest, unquoted};
use crate::limits::{JSON_MEMBERS_MAX, JSON_NAME_BYTES_MAX};

/// Those members that routing looks at.
pub(super) struct Members<'a> {
    names: &'static [&'static str],
    values: [Option<&'a str>; NAMES_MAX],
    /// How the strings of the whole body are written.
    pub(super) letters: Letters,
}

impl<'a> Members<'a> {
    /// Reads the members of these names, of which there are at most [`NAMES_MAX`].
    pub(super) fn read(text: &'a str, names: &'static [&'static str]) -> Result<Self, BadRequest> {
        let mut members = Self { names, values: [None; NAMES_MAX], letters: Letters::Plain };
        let rules: Rules = (JSON_MEMBERS_MAX, same_in_any_case);
        members.letters = each(text, rules, |name, value| members.put(name, value))?;
        Ok(members)
    }

    fn put(&mut self, name: &str, value: &'a str) -> Result<(), BadRequest> {
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
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        // Most of them are not there, so their names need not be compared.
        self.names.iter().zip(&self.values).find_map(|(read, value)| value.filter(|_| *read == name))
    }

    /// Whether it is there and not null.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "null")
    }

    /// Whether it is a list with something in it.
    pub(super) fn is_full_list(&self, name: &str) -> bool {
        let inner = self.get(name).and_then(|value| value.strip_prefix('['));
        inner.is_some_and(|inner| inner.trim_start_matches([' ', '\t', '\r', '\n']) != "]")
    }

    /// A whole number.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        serde_json::from_str(self.get(name)?).ok()
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
        if let Some(text) = unquoted(value) {
            found.push((name.to_owned(), text));
        }
        Ok(())
    })?;
    Ok(Some(found))
}

/// Whether a value is an object, every member of which is a text of a name that is `known`.
pub(super) fn are_texts(object: &str, members_max: usize, known: impl Fn(&str) -> bool) -> bool {
    let mut are = object.starts_with('{');
    let read = each(object, (members_max, str::eq), |name, value| {
        are &= known(name) && value.starts_with('"');
        Ok(())
    });
    are && read.is_ok()
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

/// Of a body whose names clash: the earlier or known name of the first two that count as one, and the other.
pub(super) fn clash(text: &str, known: &[&str]) -> Option<(String, String)> {
    let (mut names, mut found): (Vec<Cow<'_, str>>, _) = (Vec::new(), None);
    let scanned = scan::members(text, |name, _| {
        let name = unquoted(name).ok_or(BadRequest::NotJson)?;
        let before = names.iter().map(|before| &**before);
        // A known name is no clash with itself.
        let mut others = before.chain(known.iter().copied().filter(|known| *known != name));
        if let Some(other) = others.find(|other| same_in_any_case(other, &name)) {
            found = Some((other.to_owned(), name.clone().into_owned()));
            return Err(BadRequest::DuplicateMember);
        }
        names.push(name);
        if names.len() > JSON_MEMBERS_MAX { Err(BadRequest::TooManyMembers) } else { Ok(()) }
    });
    scanned.err().and(found)
}

/// How many members there may be, and which names are one.
type Rules = (usize, fn(&str, &str) -> bool);

/// Calls `put` with every member of the object that `text` is.
fn each<'a>(
    text: &'a str,
    (members_max, same): Rules,
    mut put: impl FnMut(&str, &'a str) -> Result<(), BadRequest>,
) -> Result<Letters, BadRequest> {
    let mut names: Vec<Cow<'a, str>> = Vec::with_capacity(NAMES_USUAL);
    scan::members(text, |name, value| {
        let name = unquoted(name).ok_or(BadRequest::NotJson)?;
        if name.len() > JSON_NAME_BYTES_MAX {
            return Err(BadRequest::LongName);
        }
        if names.iter().any(|before| same(before, &name)) {
            return Err(BadRequest::DuplicateMember);
        }
        if names.len() == members_max {
            return Err(BadRequest::TooManyMembers);
        }
        put(&name, value)?;
        names.push(name);
        Ok(())
    })
}

/// Members of a usual request.
const NAMES_USUAL: usize = 16;
