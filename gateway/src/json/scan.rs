//! Where the members of an object of JSON begin and end, and that all of it is JSON.
//!
//! Nothing is kept and nothing understood. A request is a few values around long texts, so what a text is made of is
//! looked at 32 bytes at a time; a general reader takes as many instructions for a prompt as all the rest of a request
//! together. How deep a value is nested is bounded on the way.
//!
//! **Source**: RFC 8259. What is accepted is what `serde_json` accepts; the tests hold them side by side.

use super::BadRequest;
use crate::limits::JSON_DEPTH_MAX;

/// What the strings of a text hold that matters to who looks for words in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Letters {
    /// Every printable ASCII character is written as it is.
    Plain,
    /// One of them is written as `\u00..` somewhere.
    Escaped,
}

/// Calls `take` with every member of the object that `text` is: its name and its value, as they are written.
pub(super) fn members<'a>(
    text: &'a str,
    mut take: impl FnMut(&'a str, &'a str) -> Result<(), BadRequest>,
) -> Result<Letters, BadRequest> {
    let mut scan = Scan { text, rest: text.as_bytes(), letters: Letters::Plain };
    scan.space();
    if !scan.is_next(b'{') {
        scan.value(Open::default())?;
        scan.end()?;
        return Err(BadRequest::NotAnObject);
    }
    let object = Open::default().with(Kind::Object)?;
    scan.space();
    if !scan.is_next(b'}') {
        loop {
            let name = scan.cut(Scan::name)?;
            scan.colon()?;
            let value = scan.cut(|scan| scan.value(object))?;
            take(name, value)?;
            match scan.after_space()? {
                b',' => {}
                b'}' => break,
                _ => return Err(BadRequest::NotJson),
            }
        }
    }
    scan.end()?;
    Ok(scan.letters)
}

/// A reader at a place of a text.
struct Scan<'a> {
    text: &'a str,
    rest: &'a [u8],
    letters: Letters,
}

impl<'a> Scan<'a> {
    /// What `pass` passes over, without the space before it.
    fn cut(&mut self, pass: impl FnOnce(&mut Self) -> Result<(), BadRequest>) -> Result<&'a str, BadRequest> {
        self.space();
        let start = self.text.len() - self.rest.len();
        pass(self)?;
        self.text.get(start..self.text.len() - self.rest.len()).ok_or(BadRequest::NotJson)
    }

    fn space(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn byte(&mut self) -> Result<u8, BadRequest> {
        let (byte, rest) = self.rest.split_first().ok_or(BadRequest::NotJson)?;
        self.rest = rest;
        Ok(*byte)
    }

    fn after_space(&mut self) -> Result<u8, BadRequest> {
        self.space();
        self.byte()
    }

    /// Passes over a byte if it is this one.
    fn is_next(&mut self, byte: u8) -> bool {
        let rest = self.rest.strip_prefix(&[byte]);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self, word: &[u8]) -> Result<(), BadRequest> {
        self.rest = self.rest.strip_prefix(word).ok_or(BadRequest::NotJson)?;
        Ok(())
    }

    fn end(&mut self) -> Result<(), BadRequest> {
        self.space();
        if self.rest.is_empty() { Ok(()) } else { Err(BadRequest::NotJson) }
    }

    fn name(&mut self) -> Result<(), BadRequest> {
        match self.after_space()? {
            b'"' => self.string(),
            _ => Err(BadRequest::NotJson),
        }
    }

    fn colon(&mut self) -> Result<(), BadRequest> {
        if self.after_space()? == b':' { Ok(()) } else { Err(BadRequest::NotJson) }
    }

    /// Passes over one value, and over what is in it.
    fn value(&mut self, around: Open) -> Result<(), BadRequest> {
        let mut open = around;
        loop {
            match self.after_space()? {
                b'"' => self.string()?,
                b'{' => {
                    open = open.with(Kind::Object)?;
                    self.space();
                    if !self.rest.starts_with(b"}") {
                        self.name()?;
                        self.colon()?;
                        continue;
                    }
                }
                b'[' => {
                    open = open.with(Kind::List)?;
                    self.space();
                    if !self.rest.starts_with(b"]") {
                        continue;
                    }
                }
                b't' => self.word(b"rue")?,
                b'f' => self.word(b"alse")?,
                b'n' => self.word(b"ull")?,
                b'-' => {
                    let first = self.byte()?;
                    self.number(first)?;
                }
                first => self.number(first)?,
            }
            if !self.more(&mut open, around)? {
                return Ok(());
            }
        }
    }

    /// After a value: whether another follows, up to the end of those that were opened within `around`.
    fn more(&mut self, open: &mut Open, around: Open) -> Result<bool, BadRequest> {
        while open.depth > around.depth {
            match (self.after_space()?, open.inmost()) {
                (b',', Kind::List) => return Ok(true),
                (b',', Kind::Object) => {
                    self.name()?;
                    self.colon()?;
                    return Ok(true);
                }
                (b']', Kind::List) | (b'}', Kind::Object) => *open = open.without(),
                _ => return Err(BadRequest::NotJson),
            }
        }
        Ok(false)
    }

    /// Passes over a string whose first quote was taken.
    fn string(&mut self) -> Result<(), BadRequest> {
        loop {
            self.rest = self.rest.get(plain(self.rest)..).unwrap_or_default();
            match self.byte()? {
                b'"' => return Ok(()),
                b'\\' => self.escape()?,
                // A control character.
                _ => return Err(BadRequest::NotJson),
            }
        }
    }

    fn escape(&mut self) -> Result<(), BadRequest> {
        match self.byte()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => {
                let (digits, rest) = self.rest.split_first_chunk::<4>().ok_or(BadRequest::NotJson)?;
                self.rest = rest;
                if matches!(digits, [b'0', b'0', b'2'..=b'7', _]) {
                    self.letters = Letters::Escaped;
                }
                if digits.iter().all(u8::is_ascii_hexdigit) { Ok(()) } else { Err(BadRequest::NotJson) }
            }
            _ => Err(BadRequest::NotJson),
        }
    }

    /// Passes over a number whose sign and first digit were taken.
    fn number(&mut self, first: u8) -> Result<(), BadRequest> {
        match first {
            b'0' => {}
            b'1'..=b'9' => _ = self.digits(),
            _ => return Err(BadRequest::NotJson),
        }
        if self.is_next(b'.') && self.digits() == 0 {
            return Err(BadRequest::NotJson);
        }
        if self.is_next(b'e') || self.is_next(b'E') {
            _ = self.is_next(b'+') || self.is_next(b'-');
            if self.digits() == 0 {
                return Err(BadRequest::NotJson);
            }
        }
        Ok(())
    }

    /// Passes over digits, and says how many.
    fn digits(&mut self) -> usize {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.rest = self.rest.get(digits..).unwrap_or_default();
        digits
    }
}

/// How many bytes of a string are neither its end nor an escape nor forbidden.
pub(super) fn plain(bytes: &[u8]) -> usize {
    let (blocks, _) = bytes.as_chunks::<BLOCK_BYTES>();
    let skipped = BLOCK_BYTES * blocks.iter().take_while(|block| is_plain(block)).count();
    let rest = bytes.get(skipped..).unwrap_or_default();
    let is_special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    skipped + rest.iter().take_while(|byte| !is_special(byte)).count()
}

/// Whether no byte of a block is special, without a branch for each: the compiler makes vectors of it.
fn is_plain(block: &[u8; BLOCK_BYTES]) -> bool {
    let special = |byte: u8| u8::from(byte < b' ') | u8::from(byte == b'"') | u8::from(byte == b'\\');
    block.iter().fold(0, |seen, byte| seen | special(*byte)) == 0
}

const BLOCK_BYTES: usize = 32;

/// What is around a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    List,
}

/// What is open at a place, from the outside in: a bit for each, 1 for an object, the inmost lowest.
#[derive(Debug, Clone, Copy, Default)]
struct Open {
    kinds: u128,
    depth: usize,
}

const _: () = assert!(JSON_DEPTH_MAX <= 128);

impl Open {
    /// One more.
    fn with(self, kind: Kind) -> Result<Self, BadRequest> {
        if self.depth >= JSON_DEPTH_MAX {
            return Err(BadRequest::TooDeep);
        }
        Ok(Self { kinds: self.kinds << 1 | u128::from(kind == Kind::Object), depth: self.depth + 1 })
    }

    /// Without the inmost.
    const fn without(self) -> Self {
        Self { kinds: self.kinds >> 1, depth: self.depth.saturating_sub(1) }
    }

    const fn inmost(self) -> Kind {
        if self.kinds & 1 == 1 { Kind::Object } else { Kind::List }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;

    /// Whether a text is an object of JSON that is not too deep is what `serde_json` says, and so are its members.
    fn check(text: &str) {
        let mut seen = Vec::new();
        let read = members(text, |name, value| {
            seen.push((name, value));
            Ok(())
        });
        let known = serde_json::from_str::<IgnoredAny>(text).is_ok();
        match read {
            Ok(_) | Err(BadRequest::NotAnObject) => assert!(known, "{text:?} is no JSON"),
            Err(_) => assert!(!known, "{text:?} is JSON"),
        }
        if read.is_ok() {
            let again: Vec<_> = seen.iter().map(|(name, value)| format!("{name}:{value}")).collect();
            let again = serde_json::from_str::<serde_json::Value>(&format!("{{{}}}", again.join(",")));
            assert_eq!(again.ok(), serde_json::from_str(text).ok(), "{text:?}");
        }
    }

    #[test]
    fn the_grammar_is_that_of_serde_json() {
        let values = [
            "0",
            "-0",
            "01",
            "-",
            "1.",
            ".5",
            "1.5e",
            "1e+",
            "1E-05",
            "-1.0e9",
            "+1",
            "1e1.5",
            "0x1",
            "9".repeat(50).leak(),
            "true",
            "tru",
            "nulll",
            "NaN",
            "\"\"",
            "\"\\u00e9\\ud800\"",
            "\"\\u00g0\"",
            "\"\\u12\"",
            "\"\\x\"",
            "\"\t\"",
            "\"é\u{7f}\"",
            "\"",
            "'a'",
            "[]",
            "[ ]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1}",
            "{}",
            "{ }",
            "{\"a\":1,}",
            "{\"a\"}",
            "{a:1}",
            "{\"a\" : [ {\"b\":[[],{}]} , 2 ]}",
            "{\"a\":1]",
            "[[[",
            "]",
            "1 1",
            "\u{a0}1",
            "\u{feff}1",
            "",
        ];
        for value in values {
            check(value);
            check(&format!(" {{\"x\" : {value}\n}}\t"));
            check(&format!("{{\"x\":[{value}],\"y\":{value}}}"));
        }
    }

    #[test]
    fn specials_are_found_wherever_a_block_begins() {
        for length in 0..100 {
            for end in ["\"", "\\n\"", "\n\"", "\\\"\"", "\u{1f}", "é\""] {
                check(&format!("{{\"x\":\"{}{end}}}", "y".repeat(length)));
            }
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| {
            members(&format!("{}1{}", "{\"a\":[".repeat(levels), "]}".repeat(levels)), |_, _| Ok(()))
        };
        assert_eq!(nested(JSON_DEPTH_MAX / 2), Ok(Letters::Plain));
        assert_eq!(nested(JSON_DEPTH_MAX / 2 + 1), Err(BadRequest::TooDeep));
    }

    #[test]
    fn escaped_letters_are_noted() {
        for (text, expected) in
            [("\\u0061", true), ("\\u0019", false), ("\\u00e9", false), ("\\\\u0061", false)]
        {
            let letters = members(&format!("{{\"x\":\"{text}\"}}"), |_, _| Ok(()));
            assert_eq!(letters, Ok(if expected { Letters::Escaped } else { Letters::Plain }), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text(text in "[{}\\[\\]\",:\\\\ \\n0-9eE.+\\-tfn]{0,24}|(?:[{\\[\"]|\"a\":|[0-9]|,|[}\\]]|true|null| ){0,24}") {
            check(&text);
            check(&format!("{{\"a\":{text}}}"));
        }
    }
}
