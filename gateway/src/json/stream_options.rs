//! The wish that a stream of OpenAI's says at its end what it used: where it is to be written into a body.
//!
//! Somebody has to count it, whether or not the client asks. Nothing else of the body changes.

use std::ops::Range;

use pointsman_schema::dialect::Dialect;
use serde_json::value::RawValue;

use super::members::Members;
use super::nested::last_member;
use super::place;

/// What to write where; nothing where the client asks, or where the dialect has no such wish. What is no object is left to
/// the provider to refuse.
pub(super) fn edit(
    text: &str,
    members: &Members<'_>,
    dialect: Dialect,
) -> Option<(Range<usize>, &'static str)> {
    if !matches!(dialect, Dialect::Chat | Dialect::Completions) {
        return None;
    }
    let Some(options) = members.get("stream_options") else {
        let start = text.find('{')? + 1;
        return Some((start..start, "\"stream_options\":{\"include_usage\":true},"));
    };
    if options == "null" {
        return Some((place(text, options), "{\"include_usage\":true}"));
    }
    let inner = options.strip_prefix('{')?;
    match last_member(options, "include_usage").map(RawValue::get) {
        Some("true") => None,
        Some(other) => Some((place(text, other), "true")),
        None => {
            let start = place(text, inner).start;
            let is_empty = inner.trim_start().starts_with('}');
            let wish = if is_empty { "\"include_usage\":true" } else { "\"include_usage\":true," };
            Some((start..start, wish))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::json;
    use crate::operation::Operation;

    /// The members of a chat request after `model`, and what is sent.
    fn check(operation: Operation, members: &str, expected: &str) {
        let body = format!("{{\"model\":\"m\"{members}}}");
        let mut sent = body.clone();
        if let Some((at, wish)) = json::read(body.as_bytes(), operation, None).unwrap().usage_edit {
            sent.replace_range(at, wish);
        }
        assert!(serde_json::from_str::<serde_json::Value>(&sent).is_ok(), "{sent}");
        assert_eq!(sent, expected);
    }

    #[test]
    fn the_wish_is_written_once_and_nothing_else_changes() {
        use Operation::{Chat, Completions, Responses};
        let said = r#"{"stream_options":{"include_usage":true},"model":"m","stream":true}"#;
        check(Chat, r#","stream":true"#, said);
        check(Completions, r#","stream":true"#, said);
        for same in [
            r#","stream":false"#,
            "",
            r#","stream":true,"stream_options":{"include_usage":true}"#,
            r#","stream":true,"stream_options":7"#,
        ] {
            check(Chat, same, &format!("{{\"model\":\"m\"{same}}}"));
        }
        check(Responses, r#","stream":true"#, r#"{"model":"m","stream":true}"#);
        for (options, sent) in [
            ("null", r#"{"include_usage":true}"#),
            ("{}", r#"{"include_usage":true}"#),
            ("{ }", r#"{"include_usage":true }"#),
            (r#"{"x": 1}"#, r#"{"include_usage":true,"x": 1}"#),
            (r#"{"x":1, "include_usage" : false}"#, r#"{"x":1, "include_usage" : true}"#),
        ] {
            let members = |options: &str| format!(r#","stream":true,"stream_options":{options}"#);
            check(Chat, &members(options), &format!("{{\"model\":\"m\"{}}}", members(sent)));
        }
    }
}
