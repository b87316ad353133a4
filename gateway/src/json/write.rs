//! Writing JSON straight into a buffer, member by member.
//!
//! Values that were read as text go out as the same text, but in one line, because events of a stream end where a line
//! does. What is written is an object or a list that somebody began; dropping its writer ends it, so that none stays open.

use std::fmt::Write as _;

use bytes::{BufMut as _, BytesMut};
use serde_json::value::RawValue;

use super::fields::Number;
use super::scan;

/// An object that is being written.
pub struct Object<'o> {
    out: &'o mut BytesMut,
    is_empty: bool,
}

/// A list that is being written.
pub struct List<'o> {
    out: &'o mut BytesMut,
    is_empty: bool,
}

impl<'o> Object<'o> {
    /// Begins one.
    pub fn begin(out: &'o mut BytesMut) -> Self {
        out.put_u8(b'{');
        Self { out, is_empty: true }
    }

    /// Goes on with one that somebody else began, after a comma or its bracket.
    pub fn resume(out: &'o mut BytesMut) -> Self {
        Self { out, is_empty: true }
    }

    /// A text.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        string(self.name(name), value);
        self
    }

    /// A text, where there is one.
    pub fn text_if(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(name, value);
        }
        self
    }

    /// Those numbers that are there, in their own digits.
    pub fn numbers_if(&mut self, numbers: &[(&str, Option<Number<'_>>)]) -> &mut Self {
        for (name, number) in numbers {
            if let Some(number) = number {
                self.json(name, number.digits());
            }
        }
        self
    }

    /// A list of texts, where there are any.
    pub fn texts_if<T: AsRef<str>>(&mut self, name: &str, texts: &[T]) -> &mut Self {
        if let [_, ..] = texts {
            let mut list = self.list(name);
            for text in texts {
                list.text(text.as_ref());
            }
        }
        self
    }

    /// A whole number.
    pub fn count(&mut self, name: &str, value: u64) -> &mut Self {
        // Writing to a buffer that grows cannot fail.
        write!(self.name(name), "{value}").unwrap_or_default();
        self
    }

    /// True or false.
    pub fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.name(name).extend_from_slice(if value { b"true" } else { b"false" });
        self
    }

    /// Nothing.
    pub fn null(&mut self, name: &str) -> &mut Self {
        self.name(name).extend_from_slice(b"null");
        self
    }

    /// A value as it was read.
    pub fn raw(&mut self, name: &str, value: &RawValue) -> &mut Self {
        self.json(name, value.get())
    }

    /// A value that is JSON already.
    pub fn json(&mut self, name: &str, value: &str) -> &mut Self {
        in_one_line(self.name(name), value);
        self
    }

    /// Members that somebody wrote before, without their brackets.
    pub fn members(&mut self, members: &str) -> &mut Self {
        if !members.is_empty() {
            if !std::mem::replace(&mut self.is_empty, false) {
                self.out.put_u8(b',');
            }
            in_one_line(self.out, members);
        }
        self
    }

    /// An object within.
    pub fn object(&mut self, name: &str) -> Object<'_> {
        Object::begin(self.name(name))
    }

    /// A list within.
    pub fn list(&mut self, name: &str) -> List<'_> {
        List::begin(self.name(name))
    }

    fn name(&mut self, name: &str) -> &mut BytesMut {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.out.put_u8(b',');
        }
        string(self.out, name);
        self.out.put_u8(b':');
        self.out
    }
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        self.out.put_u8(b'}');
    }
}

impl<'o> List<'o> {
    /// Begins one.
    pub fn begin(out: &'o mut BytesMut) -> Self {
        out.put_u8(b'[');
        Self { out, is_empty: true }
    }

    /// A text.
    pub fn text(&mut self, value: &str) -> &mut Self {
        string(self.next(), value);
        self
    }

    /// A value as it was read.
    pub fn raw(&mut self, value: &RawValue) -> &mut Self {
        in_one_line(self.next(), value.get());
        self
    }

    /// Elements that somebody wrote before, without their brackets.
    pub fn elements(&mut self, elements: &str) -> &mut Self {
        if !elements.is_empty() {
            in_one_line(self.next(), elements);
        }
        self
    }

    /// An object within.
    pub fn object(&mut self) -> Object<'_> {
        Object::begin(self.next())
    }

    fn next(&mut self) -> &mut BytesMut {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.out.put_u8(b',');
        }
        self.out
    }
}

impl Drop for List<'_> {
    fn drop(&mut self) {
        self.out.put_u8(b']');
    }
}

/// JSON that somebody else wrote. Within its texts lines cannot end, so that where one does, a space is as good.
fn in_one_line(out: &mut BytesMut, json: &str) {
    let mut rest = json.as_bytes();
    while let Some(at) = memchr::memchr2(b'\n', b'\r', rest) {
        let (line, after) = rest.split_at(at);
        out.extend_from_slice(line);
        out.put_u8(b' ');
        rest = after.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

/// A text with its quotes.
///
/// **Source**: RFC 8259, section 7.
pub fn string(out: &mut BytesMut, text: &str) {
    out.reserve(text.len() + 2);
    out.put_u8(b'"');
    let mut rest = text.as_bytes();
    while let Some((plain, special)) = rest.split_at_checked(scan::plain(rest)) {
        out.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else { break };
        escape(out, *byte);
        rest = after;
    }
    out.put_u8(b'"');
}

fn escape(out: &mut BytesMut, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        // Writing to a buffer that grows cannot fail.
        other => write!(out, "\\u{other:04x}").unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_string(text: &str) {
        let mut out = BytesMut::new();
        string(&mut out, text);
        assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
    }

    #[test]
    fn every_text_can_be_read_back() {
        let all: String = ('\0'..='\u{FF}').collect();
        for text in ["", "plain", "\"\\\n\r\t\u{0}\u{1f}\u{7f}", "ä\u{2028}\u{1F600}", &all] {
            check_string(text);
        }
    }

    #[test]
    fn what_somebody_else_wrote_is_in_one_line() {
        let raw: &RawValue = serde_json::from_str("[\n1,\r\n\"a\\nb\"]").unwrap();
        let mut out = BytesMut::new();
        {
            let mut outer = Object::begin(&mut out);
            outer.raw("a", raw).json("b", "{\n}").members("\"c\":\n1");
            outer.list("d").raw(raw).elements("2,\n3");
        }
        let expected = r#"{"a":[ 1,  "a\nb"],"b":{ },"c": 1,"d":[[ 1,  "a\nb"],2, 3]}"#;
        assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
    }

    #[test]
    fn objects_and_lists_end_where_they_are_let_go() {
        let mut out = BytesMut::new();
        {
            let mut outer = Object::begin(&mut out);
            outer.text("a", "x").count("b", 3).flag("c", true).null("d");
            outer.list("e").text("y").text("z");
            outer.object("f").text_if("g", None).text_if("h", Some("i"));
            outer.list("j").object();
            outer.members("").members("\"k\":1").list("l").elements("").elements("2,3").elements("4");
        }
        let expected =
            r#"{"a":"x","b":3,"c":true,"d":null,"e":["y","z"],"f":{"h":"i"},"j":[{}],"k":1,"l":[2,3,4]}"#;
        assert_eq!(std::str::from_utf8(&out).unwrap(), expected);
    }
}
