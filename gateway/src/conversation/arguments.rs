//! The arguments of a call, and schemas, where a protocol wants an object and is told so.

use std::borrow::Cow;

use bytes::BytesMut;

use crate::json;
use crate::json::fields::{Fields, Place};
use crate::json::write::Object;

/// A call's arguments as a JSON object.
///
/// A model can write what is none, and its words are still what the function was called with: they become the one
/// member of an object, so that neither they nor the rest of the conversation is lost.
pub fn object(arguments: &str) -> Cow<'_, str> {
    let text = arguments.trim_ascii();
    if text.is_empty() {
        return Cow::Borrowed("{}");
    }
    if let Some(object) = json::object(text) {
        return Cow::Borrowed(object.get());
    }
    let mut out = BytesMut::with_capacity(text.len() + 32);
    Object::begin(&mut out).text("arguments", text);
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

/// The schema of a function's arguments, which says that they are an object: others take it for granted.
pub fn schema(schema: &str) -> Cow<'_, str> {
    let Ok(mut fields) = Fields::read(schema, &Place::WHOLE) else { return Cow::Borrowed(schema) };
    if fields.raw("type").is_some() {
        return Cow::Borrowed(schema);
    }
    match schema.trim_ascii_start().strip_prefix('{') {
        Some(_) if fields.rest().next().is_none() => Cow::Borrowed(r#"{"type":"object","properties":{}}"#),
        Some(rest) => Cow::Owned(format!("{{\"type\":\"object\",{rest}")),
        None => Cow::Borrowed(schema),
    }
}

/// A schema that says what it is for, as far as it does not already: where a protocol has no other place for that.
pub fn described<'s>(schema: &'s str, description: Option<&str>) -> Cow<'s, str> {
    let Some(description) = description.filter(|text| !text.is_empty()) else { return Cow::Borrowed(schema) };
    let Ok(mut fields) = Fields::read(schema, &Place::WHOLE) else { return Cow::Borrowed(schema) };
    let rest = schema.trim_ascii_start().strip_prefix('{');
    let Some(rest) = rest.filter(|_| fields.raw("description").is_none()) else {
        return Cow::Borrowed(schema);
    };
    let mut out = BytesMut::with_capacity(schema.len() + description.len() + 32);
    Object::begin(&mut out).text("description", description);
    let said = String::from_utf8_lossy(&out);
    let comma = if fields.rest().next().is_some() { "," } else { "" };
    Cow::Owned(format!("{}{comma}{rest}", said.strip_suffix('}').unwrap_or(&said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_says_what_it_is_for() {
        let check = |schema: &str, expected: &str| assert_eq!(described(schema, Some("a \"b\"")), expected);
        check(r#" {"type":"object"}"#, r#"{"description":"a \"b\"","type":"object"}"#);
        check("{ }", r#"{"description":"a \"b\"" }"#);
        check(r#"{"description":"c"}"#, r#"{"description":"c"}"#);
        check("true", "true");
        assert_eq!(described("{}", Some("")), "{}");
    }

    fn check(arguments: &str, expected: &str) {
        assert_eq!(object(arguments), expected);
        assert!(serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(expected).is_ok());
    }

    #[test]
    fn it_is_always_an_object() {
        check("", "{}");
        check(" \n", "{}");
        check(" {\"a\": 1} ", "{\"a\": 1}");
        check("{\"a\": 1", r#"{"arguments":"{\"a\": 1"}"#);
        check("{} {}", r#"{"arguments":"{} {}"}"#);
        check("[1]", r#"{"arguments":"[1]"}"#);
        check("\"\u{1}ä", "{\"arguments\":\"\\\"\\u0001ä\"}");
    }
}
