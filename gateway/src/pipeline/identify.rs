//! From the headers to the key that asks, or to the one refusal that says nothing about why.
//!
//! The text of a key is looked at for its form and its check sum before anything is hashed, and never kept.

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use pointsman_schema::api_key;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::KeyIx;

use crate::error::Kind;

/// The key of a request, accepted at this moment.
pub(super) fn key(
    view: &View<'_>,
    (headers, query): (&HeaderMap, Option<&str>),
    now_s: i64,
) -> Result<KeyIx, Kind> {
    let text = presented(headers, query)?.ok_or(Kind::Unauthorized)?;
    if !api_key::is_well_formed(text) {
        return Err(Kind::Unauthorized);
    }
    let (key, until_s) = view.find_key(&api_key::digest(text)).ok_or(Kind::Unauthorized)?;
    if now_s > until_s {
        return Err(Kind::Unauthorized);
    }
    Ok(key)
}

/// The one key that a request carries, in the place of any protocol and however often it repeats it.
fn presented<'r>(headers: &'r HeaderMap, query: Option<&'r str>) -> Result<Option<&'r [u8]>, Kind> {
    // Once through the headers: looking each name up costs more than a request's few headers.
    let in_headers = headers.iter().filter_map(|(name, value)| match name {
        name if *name == AUTHORIZATION => bearer(value),
        name if PLAIN.contains(name) => Some(value.as_bytes().trim_ascii()),
        _ => None,
    });
    let in_query = query.into_iter().flat_map(|query| query.split('&'));
    let in_query = in_query.filter_map(|pair| pair.strip_prefix("key=")).map(str::as_bytes);
    let mut found = None;
    for text in in_headers.chain(in_query) {
        if found.is_some_and(|found| found != text) {
            return Err(Kind::TwoKeys);
        }
        found = Some(text);
    }
    Ok(found)
}

/// **Source**: RFC 6750 section 2.1; schemes are compared without regard to case (RFC 9110).
fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, text) = value.as_bytes().split_at_checked(BEARER.len())?;
    scheme.eq_ignore_ascii_case(BEARER).then(|| text.trim_ascii())
}

const BEARER: &[u8] = b"bearer ";
/// Where Anthropic's, Google's and Azure's clients put it.
static PLAIN: [HeaderName; 3] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
    HeaderName::from_static("api-key"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[(&'static str, &str)], expected: Result<Option<&str>, Kind>) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        assert_eq!(presented(&headers, None), expected.map(|text| text.map(str::as_bytes)), "{lines:?}");
    }

    #[test]
    fn a_key_is_found_in_either_place() {
        check(&[], Ok(None));
        check(&[("authorization", "Bearer k")], Ok(Some("k")));
        check(&[("authorization", "bEARER  k ")], Ok(Some("k")));
        check(&[("authorization", "Basic k")], Ok(None));
        check(&[("authorization", "Bear")], Ok(None));
        check(&[("x-api-key", "k")], Ok(Some("k")));
        check(&[("authorization", "Bearer k"), ("x-api-key", "k")], Ok(Some("k")));
        check(&[("authorization", "Bearer k"), ("x-api-key", "j")], Err(Kind::TwoKeys));
        check(&[("x-api-key", "k"), ("x-api-key", "j")], Err(Kind::TwoKeys));
        check(&[("x-goog-api-key", "k"), ("api-key", "k")], Ok(Some("k")));
        check(&[("x-goog-api-key", "k"), ("api-key", "j")], Err(Kind::TwoKeys));
    }

    #[test]
    fn googles_clients_may_put_it_into_the_query() {
        let none = HeaderMap::new();
        assert_eq!(presented(&none, Some("alt=sse&key=k")), Ok(Some(&b"k"[..])));
        assert_eq!(presented(&none, Some("key=k&key=j")), Err(Kind::TwoKeys));
        assert_eq!(presented(&none, Some("monkey=k")), Ok(None));
    }
}
