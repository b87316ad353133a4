//! One accepted form of a key: its digest, and until when it is accepted.
//!
//! Deliberately one text and not an object, so that a rotation is one line in either syntax. The key itself, which people
//! paste here by mistake, is hidden from every report.

use std::fmt;

use serde_json::{Value as Json, json};

use super::scalar::{LastSecond, malformed};
use super::{Read, Reader};
use crate::digest::Digest;
use crate::json_schema::Definitions;
use crate::tree::Node;

/// A key's digest as a policy holds it.
///
/// **Shape**: `sha256:` (which may be left out) and 64 hexadecimal digits in lower case, then ` until ` and a day or an
/// instant where the form is accepted no longer than that, as the old one of a rotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyDigest {
    /// SHA-256 of the key's text.
    pub digest: Digest,
    /// The end of this form alone; the key's own `expires` holds besides.
    pub until: Option<LastSecond>,
}

const UNTIL: &str = " until ";
const HINT: &str = "write the 64 digits that `pointsman key new` prints";
const HINT_UNTIL: &str =
    "write a day such as 2027-01-31 or an instant such as 2027-01-31T12:00:00Z after `until`";

impl KeyDigest {
    /// Reads one; the error says how to write it and holds nothing of the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (digest, until) =
            text.split_once(UNTIL).map_or((text, None), |(digest, until)| (digest, Some(until)));
        let digest = digest.strip_prefix("sha256:").unwrap_or(digest);
        let digest = Digest::parse(digest).map_err(|_| HINT)?;
        let until = until.map(|until| LastSecond::parse(until).ok_or(HINT_UNTIL)).transpose()?;
        Ok(Self { digest, until })
    }
}

impl fmt::Display for KeyDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "sha256:{}", self.digest)
    }
}

impl Read for KeyDigest {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        reader.hiding(node.span, |reader| {
            let text = reader.text(node, "a key digest")?;
            Self::parse(text).map_err(|why| malformed(node, reader, "a key digest", "", why.to_owned())).ok()
        })
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^(sha256:)?[0-9a-f]{64}( until [0-9]{4}-[0-9]{2}-[0-9]{2}.*)?$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "8a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1";

    fn check(text: &str, expected: Result<Option<i64>, &str>) {
        let read = KeyDigest::parse(text);
        assert_eq!(read.map(|read| read.until.map(|until| until.0)), expected, "{text}");
    }

    #[test]
    fn a_digest_may_say_until_when_it_is_accepted() {
        check(DIGITS, Ok(None));
        check(&format!("sha256:{DIGITS}"), Ok(None));
        check(&format!("sha256:{DIGITS} until 1970-01-01"), Ok(Some(86_399)));
        check(&format!("{DIGITS} until 1970-01-01T00:01:00Z"), Ok(Some(60)));
        check(&format!("{DIGITS} until tomorrow"), Err(HINT_UNTIL));
        check(&format!("{DIGITS} until "), Err(HINT_UNTIL));
        check(&format!("{DIGITS}  until 1970-01-01"), Err(HINT));
        check("pmk_live_0 until 1970-01-01", Err(HINT));
        check("", Err(HINT));
    }
}
