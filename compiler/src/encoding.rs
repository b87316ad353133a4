//! Bytes into text, before any parser sees them.
//!
//! Deliberately accepts UTF-8 alone and guesses nothing. The invariant: what it accepts has no NUL, and byte offsets of
//! the text are byte offsets of the file (a byte order mark stays in the text, the parsers step over it).
//!
//! Read next: [`crate::parse`].

use pointsman_schema::tree::Span;

use crate::diagnostic::Diagnostic;
use crate::rules::bad_encoding;
use crate::source_map::FileId;

/// Why bytes are not text that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncodingFault {
    /// The file starts with the byte order mark of UTF-16.
    Utf16,
    /// A byte that UTF-8 does not have at its place.
    NotUtf8(u8),
    /// A NUL character.
    Nul,
}

/// Bytes that are not text, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file is not UTF-8 text ({fault:?} at byte {})", span.start)]
pub struct EncodingProblem {
    /// The first such place, in the text that [`readable`] gives for the same bytes.
    pub span: Span,
    /// What stands there.
    pub fault: EncodingFault,
}

/// The bytes as text.
pub fn decode(bytes: &[u8]) -> Result<&str, EncodingProblem> {
    let problem = |start: usize, length: usize, fault| {
        Err(EncodingProblem { span: Span::new(start, start.saturating_add(length)), fault })
    };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return problem(0, REPLACEMENT_BYTES, EncodingFault::Utf16);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => match text.find('\0') {
            Some(at) => problem(at, 1, EncodingFault::Nul),
            None => Ok(text),
        },
        Err(error) => {
            let at = error.valid_up_to();
            let found = bytes.get(at).copied().unwrap_or(0);
            problem(at, REPLACEMENT_BYTES, EncodingFault::NotUtf8(found))
        }
    }
}

/// Any bytes as text to point into: what is not UTF-8 becomes the replacement character.
///
/// UTF-16 is read as such, so that a secret in it is found instead of shown with a NUL after each character.
pub fn readable(bytes: &[u8]) -> String {
    let utf16 = |read: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes.as_chunks::<2>();
        char::decode_utf16(pairs.iter().map(|pair| read(*pair)))
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    match bytes.get(..2) {
        Some([0xff, 0xfe]) => utf16(u16::from_le_bytes),
        Some([0xfe, 0xff]) => utf16(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

impl EncodingProblem {
    /// The problem as a finding in a file that was added with [`readable`] text.
    pub fn diagnose(&self, file: FileId) -> Diagnostic {
        bad_encoding::diagnostic(file, self.span, self.fault)
    }
}

/// **Unit**: bytes of U+FFFD in UTF-8.
const REPLACEMENT_BYTES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Result<&str, (EncodingFault, &str)>) {
        let text = readable(bytes);
        let found = decode(bytes).map_err(|problem| (problem.fault, text.get(problem.span.range()).unwrap()));
        assert_eq!(found, expected);
    }

    #[test]
    fn only_utf8_without_nul_is_text() {
        check(b"a: b", Ok("a: b"));
        check("\u{feff}ключ: 1".as_bytes(), Ok("\u{feff}ключ: 1"));
        check(b"a: \xfcber", Err((EncodingFault::NotUtf8(0xfc), "\u{fffd}")));
        check(b"\xff\xfea\0", Err((EncodingFault::Utf16, "\u{feff}")));
        check(b"\xfe\xff\0a", Err((EncodingFault::Utf16, "\u{feff}")));
        check(b"a: \0", Err((EncodingFault::Nul, "\0")));
        check(b"cut \xe2\x82", Err((EncodingFault::NotUtf8(0xe2), "\u{fffd}")));
    }
}
