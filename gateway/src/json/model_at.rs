//! Where a body names the model, and what is changed there so that it names the provider's.
//!
//! Azure's clients name it in the path of any operation, whatever their body says. A provider may look for it in the body
//! even so, and must find there no other than the one that was asked for.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;

use crate::upstream::payload::Edit;

/// See the module. **Unit** of places: bytes of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelAt {
    /// Nowhere, as it should be: the path does.
    Path,
    /// Its value stands here, quotes included.
    Body(Range<usize>),
    /// The same, but the path names the model, too, and what stands here means nothing.
    Unread(Range<usize>),
    /// Nowhere, although a body should.
    Missing {
        /// Where it can be written.
        at: usize,
        /// What makes it a member, before its value.
        before: Cow<'static, str>,
        /// The same, after it.
        after: &'static str,
    },
}

impl ModelAt {
    /// That of an object without one.
    pub(super) fn missing(text: &str) -> Self {
        let at = text.find('{').map_or(0, |brace| brace + 1);
        let rest = text.get(at..).unwrap_or_default();
        let after = if rest.trim_ascii_start().starts_with('}') { "" } else { "," };
        Self::Missing { at, before: Cow::Borrowed("\"model\":"), after }
    }

    /// What is to be changed so that a body names the model so. `is_same` is whether that is how it was asked for.
    pub fn edit(&self, is_same: bool, name: impl FnOnce() -> Bytes) -> Option<Edit> {
        match self {
            Self::Path => None,
            Self::Body(_) if is_same => None,
            Self::Body(at) | Self::Unread(at) => Some((at.clone(), name())),
            Self::Missing { at, before, after } => {
                let piece = [before.as_bytes(), &name(), after.as_bytes()].concat();
                Some((*at..*at, Bytes::from(piece)))
            }
        }
    }

    /// Where the whole member of an object's model stands, its name included.
    pub fn member(&self, body: &[u8]) -> Option<Range<usize>> {
        let (Self::Body(at) | Self::Unread(at)) = self else { return None };
        let name = body.get(..at.start)?.trim_ascii_end().strip_suffix(b":")?.trim_ascii_end();
        // However its letters are escaped, none of them is a quote.
        let quote = memchr::memrchr(b'"', name.strip_suffix(b"\"")?)?;
        Some(quote..at.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::operation::Operation;

    /// A body for a path that names the model, and what is sent to a provider that wants the name in the body.
    fn check(body: &str, expected: &str) {
        let asked = json::read(body.as_bytes(), Operation::Chat, Some("deployed")).unwrap();
        assert_eq!(asked.model, "deployed");
        let (at, piece) = asked.model_at.edit(true, || Bytes::from_static(b"\"served\"")).unwrap();
        let piece = std::str::from_utf8(&piece).unwrap();
        assert_eq!(format!("{}{piece}{}", &body[..at.start], &body[at.end..]), expected);
    }

    #[test]
    fn a_path_may_name_the_model_of_a_body() {
        check(r#"{"a":1,"model":"x"}"#, r#"{"a":1,"model":"served"}"#);
        check(r#"{"model":null}"#, r#"{"model":"served"}"#);
        check(r#" {"a":1}"#, r#" {"model":"served","a":1}"#);
        check("{ }", r#"{"model":"served" }"#);
    }

    #[test]
    fn a_name_that_is_right_already_stays() {
        let name = || -> Bytes { panic!("nobody needs it") };
        assert_eq!(ModelAt::Path.edit(false, name), None);
        assert_eq!(ModelAt::Body(1..2).edit(true, name), None);
        assert_eq!(ModelAt::Body(1..2).edit(false, Bytes::new), Some((1..2, Bytes::new())));
    }

    fn check_member(body: &str, expected: &str) {
        let asked = json::read(body.as_bytes(), Operation::Chat, None).unwrap();
        assert_eq!(&body[asked.model_at.member(body.as_bytes()).unwrap()], expected);
    }

    #[test]
    fn a_member_is_its_name_and_its_value() {
        check_member(r#"{"a":"model","model":"m","b":1}"#, r#""model":"m""#);
        check_member("{ \"mod\\u0065l\"\n:\t\"m\" }", "\"mod\\u0065l\"\n:\t\"m\"");
    }
}
