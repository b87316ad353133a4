//! Probabilities of tokens: the same as in chat completions, but every token has its bytes and its alternatives.

use bytes::BytesMut;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::conversation::answer::Opaque;
use crate::json::Text;
use crate::json::write::{List, Object};

/// The elements of a list, without its brackets. Nothing where the answer's words have none.
pub(super) fn elements(logprobs: Opaque<'_>) -> String {
    let Ok(Whole { content: Some(tokens) }) = serde_json::from_str(logprobs.0.get()) else {
        return String::new();
    };
    let mut out = BytesMut::with_capacity(logprobs.0.get().len());
    let mut list = List::begin(&mut out);
    for one in &tokens {
        let mut element = list.object();
        token(&mut element, one);
        let mut others = element.list("top_logprobs");
        for other in one.top_logprobs.iter().flatten() {
            token(&mut others.object(), other);
        }
    }
    drop(list);
    let text = std::str::from_utf8(&out).unwrap_or_default();
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or_default().to_owned()
}

fn token(out: &mut Object<'_>, token: &Token<'_>) {
    let Token { text, bytes, logprob, top_logprobs: _ } = token;
    out.text("token", &text.0).raw("logprob", logprob);
    match bytes {
        Some(bytes) => out.raw("bytes", bytes),
        None => out.json("bytes", &format!("{:?}", text.0.as_bytes())),
    };
}

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow, default)]
    content: Option<Vec<Token<'a>>>,
}

#[derive(Deserialize)]
struct Token<'a> {
    #[serde(borrow, rename = "token")]
    text: Text<'a>,
    #[serde(borrow, default)]
    bytes: Option<&'a RawValue>,
    #[serde(borrow)]
    logprob: &'a RawValue,
    /// Those that could have stood in its place, which have none themselves.
    #[serde(borrow, default)]
    top_logprobs: Option<Vec<Token<'a>>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(logprobs: &str, expected: &str) {
        let raw: &RawValue = serde_json::from_str(logprobs).unwrap();
        assert_eq!(elements(Opaque(raw)), expected);
    }

    #[test]
    fn every_token_has_bytes_and_alternatives() {
        check(
            r#"{"content":[{"token":"ä","logprob":-0.5,"bytes":null,"top_logprobs":[{"token":"b","logprob":-1,"bytes":[98]}]},
                {"token":"c","logprob":-0.0}],"refusal":null}"#,
            r#"{"token":"ä","logprob":-0.5,"bytes":[195, 164],"top_logprobs":[{"token":"b","logprob":-1,"bytes":[98]}]},{"token":"c","logprob":-0.0,"bytes":[99],"top_logprobs":[]}"#,
        );
        for nothing in ["null", "{}", r#"{"content":null}"#, r#"{"content":[]}"#, r#"{"content":[1]}"#, "[]"]
        {
            check(nothing, "");
        }
    }
}
