//! Where a body is wrong that was refused, in words for whoever wrote it.
//!
//! Deliberately apart from the reading itself, which keeps no places: a body that is refused is looked at once more.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use super::{BadRequest, asked, members};
use crate::error::{Failure, Told};
use crate::operation::Operation;

/// The failure of a body that is no request for an operation.
pub(crate) fn failure(
    bad: BadRequest,
    (body, headers): (&[u8], &HeaderMap),
    operation: Operation,
) -> Failure {
    let explained = match bad {
        BadRequest::NotJson => Some((not_json(body, headers), None)),
        BadRequest::DuplicateMember | BadRequest::OtherCase => clash(body, operation),
        _ => None,
    };
    let told = explained.map(|(message, param)| {
        Box::new(Told {
            message: Some(message),
            param,
            code: Some("invalid_body".to_owned()),
            ..Told::default()
        })
    });
    Failure { told, ..Failure::from(bad) }
}

fn not_json(body: &[u8], headers: &HeaderMap) -> String {
    if headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return "The body is compressed, as `content-encoding` says: send it as it is.".to_owned();
    }
    if body.is_empty() {
        return "The body is empty.".to_owned();
    }
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => return format!("The body is not UTF-8: see its byte {}.", error.valid_up_to()),
    };
    let place = match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => String::new(),
        Err(error) => format!(": see line {}, column {}", error.line(), error.column()),
    };
    format!("The body is not valid JSON{place}.")
}

/// Two members of the body whose names count as one.
fn clash(body: &[u8], operation: Operation) -> Option<(String, Option<String>)> {
    let text = std::str::from_utf8(body).ok()?;
    let (other, name) = members::clash(text, asked::names(operation.dialect()))?;
    let message = if other == name {
        format!("The body has two members named `{name}`.")
    } else {
        format!("The body has a member named `{name}`, which could be taken for `{other}`.")
    };
    Some((message, Some(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], coding: Option<&'static str>, (message, param): (&str, Option<&str>)) {
        let bad = super::super::read(body, Operation::Chat, None).unwrap_err();
        let coding = coding.map(|coding| (CONTENT_ENCODING, http::HeaderValue::from_static(coding)));
        let headers = HeaderMap::from_iter(coding);
        let told = failure(bad, (body, &headers), Operation::Chat).told.unwrap();
        assert_eq!((told.message.as_deref(), told.param.as_deref()), (Some(message), param));
    }

    #[test]
    fn errors_say_where() {
        let at = |line, column| format!("The body is not valid JSON: see line {line}, column {column}.");
        check(b"", None, ("The body is empty.", None));
        check(br#"{"model": on}"#, None, (&at(1, 11), None));
        check(b"{\"model\": \"m\",\n messages: []}", None, (&at(2, 2), None));
        check(br#"{"model":"m"} x"#, None, (&at(1, 15), None));
        check(b"{\"model\":\"\xFF\"}", None, ("The body is not UTF-8: see its byte 10.", None));
        let compressed = "The body is compressed, as `content-encoding` says: send it as it is.";
        check(b"\x1F\x8B\x08", Some("gzip"), (compressed, None));
        let twice = "The body has two members named `user`.";
        check(br#"{"model":"m","user":1,"us\u0065r":2}"#, None, (twice, Some("user")));
        let case = "The body has a member named `Model`, which could be taken for `model`.";
        check(br#"{"model":"m","Model":"n"}"#, None, (case, Some("Model")));
        check(br#"{"Model":"n"}"#, None, (case, Some("Model")));
    }
}
