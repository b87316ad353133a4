//! What a part's head says of it: its name, and whether it is a file.
//!
//! **Source**: RFC 7578, section 4.2; RFC 2045, section 5.1, for parameters.

use std::borrow::Cow;

/// The value of `content-disposition`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Disposition<'a> {
    pub(super) name: Cow<'a, [u8]>,
    pub(super) is_file: bool,
}

impl<'a> Disposition<'a> {
    /// Reads a form's; nothing for any other, and for one with no name, or two.
    pub(super) fn read(value: &'a [u8]) -> Option<Self> {
        let value = value.trim_ascii();
        let end = memchr::memchr(b';', value).unwrap_or(value.len());
        if !value.get(..end)?.trim_ascii().eq_ignore_ascii_case(b"form-data") {
            return None;
        }
        let (mut name, mut is_file) = (None, false);
        parameters(value.get(end..)?, |parameter, text| {
            is_file |=
                parameter.eq_ignore_ascii_case("filename") || parameter.eq_ignore_ascii_case("filename*");
            let is_second = parameter.eq_ignore_ascii_case("name") && name.replace(text).is_some();
            if is_second || parameter.eq_ignore_ascii_case("name*") { None } else { Some(()) }
        })?;
        name.map(|name| Self { name, is_file })
    }
}

/// Calls `take` with each parameter after a semicolon, until that gives nothing or something is not well formed.
pub(super) fn parameters<'a>(
    text: &'a [u8],
    mut take: impl FnMut(&str, Cow<'a, [u8]>) -> Option<()>,
) -> Option<()> {
    let mut rest = text.trim_ascii_start();
    while !rest.is_empty() {
        rest = rest.strip_prefix(b";")?.trim_ascii_start();
        if rest.is_empty() {
            break;
        }
        let equals = memchr::memchr(b'=', rest)?;
        let name = std::str::from_utf8(rest.get(..equals)?).ok()?;
        if name.is_empty() || !name.bytes().all(is_token) {
            return None;
        }
        let (value, after) = value(rest.get(equals + 1..)?)?;
        take(name, value)?;
        rest = after.trim_ascii_start();
    }
    Some(())
}

/// A quoted text or a word, and what follows it.
fn value(text: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let end = text.iter().position(|byte| !is_token(*byte)).unwrap_or(text.len());
        return (end > 0).then(|| text.split_at(end)).map(|(word, rest)| (Cow::Borrowed(word), rest));
    };
    let end = memchr::memchr2(b'"', b'\\', quoted)?;
    if quoted.get(end) == Some(&b'"') {
        return Some((Cow::Borrowed(quoted.get(..end)?), quoted.get(end + 1..)?));
    }
    let mut bytes = quoted.iter();
    let mut out = Vec::new();
    loop {
        match bytes.next()? {
            b'"' => return Some((Cow::Owned(out), bytes.as_slice())),
            b'\\' => out.push(*bytes.next()?),
            byte => out.push(*byte),
        }
    }
}

/// A letter of a word.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Option<(&str, bool)>) {
        let found = Disposition::read(value.as_bytes());
        let expected = expected
            .map(|(name, is_file)| Disposition { name: Cow::Owned(name.as_bytes().to_vec()), is_file });
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn names_are_quoted_or_words() {
        check(" form-data; name=\"model\"", Some(("model", false)));
        check("FORM-DATA ;NAME=model;", Some(("model", false)));
        check("form-data; filename=\"a;b\\\"c\"; name=\"image[]\"", Some(("image[]", true)));
        check("form-data; name=\"a\\b\"; filename*=utf-8''x", Some(("ab", true)));
        for none in [
            "form-data",
            "form-data; name",
            "form-data; name=",
            "form-data; name=\"model",
            "form-data; name=\"a\\",
            "form-data; name=\"a\" x",
            "form-data; name=\"a\"; name=\"b\"",
            "form-data; name=\"a\"; name*=utf-8''b",
            "form-data; =a",
            "attachment; name=a",
        ] {
            check(none, None);
        }
    }
}
