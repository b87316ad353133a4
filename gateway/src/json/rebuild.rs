//! Writing a value again without some of its parts, where what stays is the text that it was.
//!
//! For what is forwarded and yet has something in it that must not be. The values were read before, as parts of the whole:
//! they are JSON, and nested no deeper than a request may be.

use std::fmt;

use bytes::BytesMut;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Text;
use super::nested::elements;
use super::write::string;

/// What becomes of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// It stays.
    Kept,
    /// It goes.
    Gone,
    /// This JSON stands there instead.
    Instead(String),
}

/// A list without some of its elements, which `look` is given with their numbers. It goes when none is left; what is no list
/// stays.
pub fn list(value: &str, mut look: impl FnMut(usize, &str) -> Part) -> Part {
    let (mut out, mut at, mut is_changed) = (String::from("["), 0, false);
    elements(value, |element| {
        let part = look(at, element.get());
        is_changed |= part != Part::Kept;
        push(&mut out, None, element, &part);
        at += 1;
    });
    ended(out, ']', is_changed)
}

/// An object without some of its members, which `look` is given by name and value. It goes when none is left; what is no
/// object stays.
pub fn object(value: &str, mut look: impl FnMut(&str, &str) -> Part) -> Part {
    let (mut out, mut is_changed) = (String::from("{"), false);
    let each = |name: &str, member: &RawValue| {
        let part = look(name, member.get());
        is_changed |= part != Part::Kept;
        push(&mut out, Some(name), member, &part);
    };
    if value.starts_with('{') {
        serde_json::Deserializer::from_str(value).deserialize_map(Members(each)).ok();
    }
    ended(out, '}', is_changed)
}

fn push(out: &mut String, name: Option<&str>, value: &RawValue, part: &Part) {
    let text = match part {
        Part::Kept => value.get(),
        Part::Gone => return,
        Part::Instead(text) => text,
    };
    if out.len() > 1 {
        out.push(',');
    }
    if let Some(name) = name {
        let mut written = BytesMut::new();
        string(&mut written, name);
        out.push_str(&String::from_utf8_lossy(&written));
        out.push(':');
    }
    out.push_str(text);
}

fn ended(mut out: String, bracket: char, is_changed: bool) -> Part {
    if !is_changed {
        return Part::Kept;
    }
    if out.len() == 1 {
        return Part::Gone;
    }
    out.push(bracket);
    Part::Instead(out)
}

struct Members<F>(F);

impl<'a, F: FnMut(&str, &'a RawValue)> Visitor<'a> for Members<F> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((Text(name), value)) = map.next_entry::<Text<'a>, &'a RawValue>()? {
            (self.0)(&name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &Part) {
        let without = |part: &str| match part {
            "0" => Part::Gone,
            "1" => Part::Instead("\"one\"".to_owned()),
            _ => Part::Kept,
        };
        let found = if value.starts_with('[') {
            list(value, |_, element| without(element))
        } else {
            object(value, |_, member| without(member))
        };
        assert_eq!(found, *expected, "{value}");
    }

    #[test]
    fn what_stays_is_the_text_that_it_was() {
        let instead = |text: &str| Part::Instead(text.to_owned());
        check("[2, {\"a\" : 0}]", &Part::Kept);
        check("[ 2.50, 0, {\"a\" : 0}]", &instead("[2.50,{\"a\" : 0}]"));
        check("[0,1,0]", &instead("[\"one\"]"));
        check("[0]", &Part::Gone);
        check("[]", &Part::Kept);
        check("{\"a\": 0, \"b\\n\" : [ 0 ]}", &instead("{\"b\\n\":[ 0 ]}"));
        check("{\"a\":0}", &Part::Gone);
        check("{\"a\":1}", &instead("{\"a\":\"one\"}"));
        check("3", &Part::Kept);
    }

    #[test]
    fn elements_have_their_numbers() {
        let mut seen = Vec::new();
        list("[7, 8]", |at, element| {
            seen.push((at, element.to_owned()));
            Part::Kept
        });
        assert_eq!(seen, [(0, "7".to_owned()), (1, "8".to_owned())]);
    }
}
