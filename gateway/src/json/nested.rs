//! What is inside the values of a body: the elements of a list, one member of an object.
//!
//! Nothing that is passed over is kept, so a list of millions of numbers takes no memory here. The text that is read was
//! read before, as a part of the whole: it is JSON.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::Text;

/// Calls `look` with every element of the list that `text` is. What is not a list has none.
pub(crate) fn elements<'a>(text: &'a str, look: impl FnMut(&'a RawValue)) {
    if text.starts_with('[') {
        serde_json::Deserializer::from_str(text).deserialize_seq(Elements(look)).ok();
    }
}

/// The member of an object with this name: the last of several, as for nearly every reader downstream.
pub(crate) fn last_member<'a>(object: &'a str, name: &str) -> Option<&'a RawValue> {
    if !object.starts_with('{') {
        return None;
    }
    serde_json::Deserializer::from_str(object).deserialize_map(LastMember(name)).ok().flatten()
}

struct Elements<F>(F);

impl<'a, F: FnMut(&'a RawValue)> Visitor<'a> for Elements<F> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'a>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(element) = list.next_element()? {
            (self.0)(element);
        }
        Ok(())
    }
}

struct LastMember<'n>(&'n str);

impl<'a> Visitor<'a> for LastMember<'_> {
    type Value = Option<&'a RawValue>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some((Text(name), value)) = map.next_entry::<Text<'a>, &'a RawValue>()? {
            if name == self.0 {
                found = Some(value);
            }
        }
        Ok(found)
    }
}
