//! What an answer repeats of its request: how it was asked to be made.
//!
//! Clients of this API read it from the answer, and their types want some of it. Values are repeated as they were written;
//! what was not said is what the API does then, or nothing where that is the provider's own.

use bytes::BytesMut;

use crate::json::fields::{Fields, Malformed, Place};
use crate::json::write::Object;

/// The members, without their brackets.
pub fn read(body: &str) -> Result<String, Malformed> {
    let mut all = Fields::read(body, &Place::WHOLE)?;
    let mut out = BytesMut::with_capacity(512);
    let mut members = Object::begin(&mut out);
    for (name, unsaid) in MEMBERS {
        match all.raw(name) {
            Some(value) => members.raw(name, value),
            None => members.json(name, unsaid),
        };
    }
    drop(members);
    let text = std::str::from_utf8(&out).unwrap_or_default();
    Ok(text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default().to_owned())
}

/// Each with what it is where nothing is said.
const MEMBERS: [(&str, &str); 16] = [
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("reasoning", r#"{"effort":null,"summary":null}"#),
    ("safety_identifier", "null"),
    ("temperature", "null"),
    ("text", r#"{"format":{"type":"text"}}"#),
    ("tool_choice", r#""auto""#),
    ("tools", "[]"),
    ("top_logprobs", "0"),
    ("top_p", "null"),
    ("truncation", r#""disabled""#),
    ("user", "null"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &[(&str, &str)]) {
        let echo = format!("{{{}}}", read(body).unwrap());
        let mut fields = Fields::read(&echo, &Place::WHOLE).unwrap();
        for (name, value) in expected {
            assert_eq!(fields.raw(name).map(serde_json::value::RawValue::get), Some(*value), "{name}");
        }
        assert!(fields.raw("input").is_none() && fields.raw("model").is_none());
    }

    #[test]
    fn what_was_said_and_what_is_done_else() {
        check("{}", &[("tools", "[]"), ("tool_choice", "\"auto\""), ("parallel_tool_calls", "true")]);
        check(
            r#"{"model":"m","input":"i","temperature":0.50,"tools":[{"type":"function","name":"f"}],"metadata":null}"#,
            &[("temperature", "0.50"), ("tools", r#"[{"type":"function","name":"f"}]"#), ("metadata", "{}")],
        );
        assert!(read("[]").is_err());
    }
}
