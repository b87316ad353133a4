//! A schema in Google's form, which is that of `OpenAPI`, as JSON Schema.
//!
//! Read in one pass and written as it is read; only the schemas of an `anyOf` are copied, once a level.
//!
//! **Source**: `Schema` of the SDK; JSON Schema 2020-12.

use std::borrow::Cow;
use std::fmt;

use bytes::{BufMut as _, BytesMut};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::Text;
use crate::json::fields::{Fields, Malformed, Place, camel_case};
use crate::json::write::string;

/// The schema that one of two members has: the first in JSON Schema, the second in Google's form.
pub(super) fn either<'a>(
    fields: &mut Fields<'a>,
    (written, other): (&str, &str),
    place: &Place<'_>,
) -> Result<Option<Cow<'a, RawValue>>, Malformed> {
    if let Some(schema) = fields.raw(written) {
        return Ok(Some(Cow::Borrowed(schema)));
    }
    let converted = fields.raw(other).map(|raw| convert(raw, &place.member(other)));
    Ok(converted.transpose()?.map(Cow::Owned))
}

fn convert(schema: &RawValue, place: &Place<'_>) -> Result<Box<RawValue>, Malformed> {
    let mut out = BytesMut::with_capacity(schema.get().len());
    let mut reader = serde_json::Deserializer::from_str(schema.get());
    let read = Schema(&mut out).deserialize(&mut reader);
    let wrong = || place.expected("a schema");
    let is_there = read.map_err(|_| wrong())?;
    let text = String::from_utf8(out.to_vec()).map_err(|_| wrong())?;
    if !is_there {
        return Err(wrong());
    }
    RawValue::from_string(text).map_err(|_| wrong())
}

/// Writes one schema; `false` for none.
struct Schema<'o>(&'o mut BytesMut);

/// Writes an object of schemas, with the names that it has.
struct Named<'o>(&'o mut BytesMut);

/// Writes schemas with commas between them.
struct Several<'o>(&'o mut BytesMut);

impl<'de> DeserializeSeed<'de> for Schema<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Schema<'_> {
    type Value = bool;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a schema")
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_bool<E>(self, any: bool) -> Result<bool, E> {
        self.0.extend_from_slice(if any { b"true" } else { b"false" });
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut writing = Writing { out: self.0, is_empty: true };
        writing.out.put_u8(b'{');
        let mut held = Held::default();
        while let Some(Text(name)) = map.next_key()? {
            match &*camel_case(&name) {
                "type" => held.kind = map.next_value()?,
                "nullable" => held.is_nullable = map.next_value::<Option<bool>>()? == Some(true),
                "enum" => held.values = map.next_value()?,
                "anyOf" => {
                    let mut list = BytesMut::new();
                    map.next_value_seed(Several(&mut list))?;
                    held.any_of = Some(list);
                }
                // Says in which order members are written, which JSON Schema has no word for.
                "propertyOrdering" => drop(map.next_value::<IgnoredAny>()?),
                name @ ("items" | "additionalProperties") => {
                    writing.member(name, |out| map.next_value_seed(Schema(out)))?;
                }
                "properties" => writing.member("properties", |out| map.next_value_seed(Named(out)))?,
                "defs" | "$defs" => writing.member("$defs", |out| map.next_value_seed(Named(out)))?,
                other => writing.plain(other, map.next_value()?),
            }
        }
        held.write(&mut writing);
        writing.out.put_u8(b'}');
        Ok(true)
    }
}

/// What is written last, since one of them changes the others.
#[derive(Default)]
struct Held<'de> {
    kind: Option<&'de RawValue>,
    is_nullable: bool,
    values: Option<&'de RawValue>,
    any_of: Option<BytesMut>,
}

impl Held<'_> {
    fn write(&self, writing: &mut Writing<'_>) {
        let kind = self.kind.map(|kind| kind.get().to_ascii_lowercase());
        if let Some(kind) = kind.filter(|kind| kind != "\"type_unspecified\"") {
            let out = writing.name("type");
            // One that is a list is JSON Schema already.
            if self.is_nullable && kind.starts_with('"') {
                out.extend_from_slice(format!("[{kind},\"null\"]").as_bytes());
            } else {
                out.extend_from_slice(kind.as_bytes());
            }
        }
        if let Some(values) = self.values.map(RawValue::get) {
            let nullable = values.trim_end().strip_suffix(']').filter(|_| self.is_nullable);
            let out = writing.name("enum");
            match nullable {
                Some("[") => out.extend_from_slice(b"[null]"),
                Some(rest) => out.extend_from_slice(format!("{rest},null]").as_bytes()),
                None => out.extend_from_slice(values.as_bytes()),
            }
        }
        if let Some(list) = &self.any_of {
            let out = writing.name("anyOf");
            out.put_u8(b'[');
            out.extend_from_slice(list);
            if self.is_nullable {
                out.extend_from_slice(if list.is_empty() { b"" } else { b"," });
                out.extend_from_slice(b"{\"type\":\"null\"}");
            }
            out.put_u8(b']');
        }
    }
}

/// An object that is being written.
struct Writing<'o> {
    out: &'o mut BytesMut,
    is_empty: bool,
}

impl Writing<'_> {
    fn name(&mut self, name: &str) -> &mut BytesMut {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.out.put_u8(b',');
        }
        string(self.out, name);
        self.out.put_u8(b':');
        self.out
    }

    /// A member whose value is written by `write`, which says whether there is one.
    fn member<E>(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut BytesMut) -> Result<bool, E>,
    ) -> Result<(), E> {
        let (before, was_empty) = (self.out.len(), self.is_empty);
        if !write(self.name(name))? {
            self.out.truncate(before);
            self.is_empty = was_empty;
        }
        Ok(())
    }

    /// A member that holds no schema.
    fn plain(&mut self, name: &str, value: Option<&RawValue>) {
        let Some(value) = value.map(RawValue::get) else { return };
        match name {
            // That a text is one of a list is said by the list.
            "format" if value == "\"enum\"" => {}
            "ref" => {
                let target = value.replace("#/defs/", "#/$defs/");
                self.name("$ref").extend_from_slice(target.as_bytes());
            }
            "example" => self.name("examples").extend_from_slice(format!("[{value}]").as_bytes()),
            // Whole numbers of 64 bits are texts in JSON of protocol buffers.
            name if COUNTS.contains(&name) => {
                self.name(name).extend_from_slice(value.trim_matches('"').as_bytes());
            }
            name => self.name(name).extend_from_slice(value.as_bytes()),
        }
    }
}

const COUNTS: [&str; 6] =
    ["minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"];

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Named<'_> {
    type Value = bool;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object of schemas")
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut writing = Writing { out: self.0, is_empty: true };
        writing.out.put_u8(b'{');
        while let Some(Text(name)) = map.next_key()? {
            writing.member(&name, |out| map.next_value_seed(Schema(out)))?;
        }
        writing.out.put_u8(b'}');
        Ok(true)
    }
}

impl<'de> DeserializeSeed<'de> for Several<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Several<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of schemas")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut is_first = true;
        loop {
            let before = self.0.len();
            if !is_first {
                self.0.put_u8(b',');
            }
            match list.next_element_seed(Schema(self.0))? {
                Some(true) => is_first = false,
                Some(false) => self.0.truncate(before),
                None => {
                    self.0.truncate(before);
                    return Ok(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(schema: &Value, expected: &Value) {
        let text = RawValue::from_string(schema.to_string()).unwrap();
        let converted =
            convert(&text, &Place::WHOLE).map(|schema| serde_json::from_str::<Value>(schema.get()).unwrap());
        assert_eq!(converted.unwrap_or(Value::Null), *expected, "{schema}");
    }

    #[test]
    fn types_names_and_what_may_be_null() {
        check(
            &json!({"type": "OBJECT", "description": "d", "properties": {"a_b": {"type": "INTEGER", "format": "int32",
                "minimum": 1}, "type": {"type": "STRING", "enum": ["x"], "format": "enum", "nullable": true},
                "none": null}, "required": ["a_b"], "propertyOrdering": ["type", "a_b"],
                "additional_properties": false}),
            &json!({"type": "object", "description": "d", "properties": {"a_b": {"type": "integer", "format": "int32",
                "minimum": 1}, "type": {"type": ["string", "null"], "enum": ["x", null]}}, "required": ["a_b"],
                "additionalProperties": false}),
        );
        check(
            &json!({"type": "ARRAY", "items": {"anyOf": [{"type": "NUMBER"}, {"ref": "#/defs/x"}], "nullable": true},
                "maxItems": "3", "defs": {"x": {"type": "TYPE_UNSPECIFIED", "example": {"a": 1}}}}),
            &json!({"type": "array", "items": {"anyOf": [{"type": "number"}, {"$ref": "#/$defs/x"}, {"type": "null"}]},
                "maxItems": 3, "$defs": {"x": {"examples": [{"a": 1}]}}}),
        );
        check(&json!({"type": ["string", "null"]}), &json!({"type": ["string", "null"]}));
    }

    #[test]
    fn what_is_no_schema_is_none() {
        for wrong in [json!(1), json!(null), json!("x"), json!({"properties": []}), json!({"maxItems": "x"})]
        {
            check(&wrong, &Value::Null);
        }
    }
}
