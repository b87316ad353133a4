//! A text as its escapes mean it, with the way back to where each part is written.
//!
//! Deliberately the escapes of YAML, KDL and JSON together, wherever they stand: the search for secrets reads files that
//! are none of these, or broken. The invariant: every offset of the text has a place in the source.

use std::iter::Peekable;
use std::str::CharIndices;

use pointsman_schema::tree::Span;

/// A text without its escapes.
pub(super) struct Unescaped {
    /// The text.
    pub(super) text: String,
    /// Offset in the text and offset in the source of each place after which the two run in step again.
    steps: Vec<(usize, usize)>,
}

impl Unescaped {
    /// Reads the escapes of a text.
    pub(super) fn of(source: &str) -> Self {
        let mut found = Self { text: String::with_capacity(source.len()), steps: vec![(0, 0)] };
        let mut rest = source.char_indices().peekable();
        while let Some((_, character)) = rest.next() {
            if character != '\\' {
                found.text.push(character);
                continue;
            }
            if let Some(meant) = escape(&mut rest) {
                found.text.push(meant);
            }
            let next = rest.peek().map_or(source.len(), |(at, _)| *at);
            found.steps.push((found.text.len(), next));
        }
        found
    }

    /// Where a part of the text is written.
    pub(super) fn source(&self, span: Span) -> Span {
        let range = span.range();
        Span::new(self.offset(range.start), self.offset(range.end))
    }

    fn offset(&self, at: usize) -> usize {
        let after = self.steps.partition_point(|(here, _)| *here <= at);
        let step = after.checked_sub(1).and_then(|before| self.steps.get(before));
        step.map_or(at, |(here, source)| source.saturating_add(at.saturating_sub(*here)))
    }
}

/// The character of the escape whose backslash was just read; nothing for one that goes on in the next line.
fn escape(rest: &mut Peekable<CharIndices<'_>>) -> Option<char> {
    let (_, character) = *rest.peek()?;
    if character.is_whitespace() {
        while rest.next_if(|(_, c)| c.is_whitespace()).is_some() {}
        return None;
    }
    rest.next();
    match character {
        'n' => Some('\n'),
        't' => Some('\t'),
        'x' => hexadecimal(rest, 2),
        'u' if rest.next_if(|(_, c)| *c == '{').is_some() => {
            let meant = hexadecimal(rest, 6);
            rest.next_if(|(_, c)| *c == '}');
            meant
        }
        'u' => hexadecimal(rest, 4),
        'U' => hexadecimal(rest, 8),
        other => Some(other),
    }
}

fn hexadecimal(rest: &mut Peekable<CharIndices<'_>>, digits_max: usize) -> Option<char> {
    let mut value = 0_u32;
    for _ in 0..digits_max {
        let Some(digit) = rest.next_if(|(_, c)| c.is_ascii_hexdigit()).and_then(|(_, c)| c.to_digit(16))
        else {
            break;
        };
        value = value.wrapping_mul(16).wrapping_add(digit);
    }
    char::from_u32(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_its_place() {
        let check = |source: &str, expected: &str, part: &str, written: &str| {
            let found = Unescaped::of(source);
            assert_eq!(found.text, expected);
            let start = found.text.find(part).unwrap();
            let span = found.source(Span::new(start, start + part.len()));
            assert_eq!(source.get(span.range()), Some(written), "{source}");
        };
        check(r"a\x62c", "abc", "b", r"\x62");
        check(r"a\u{62}c", "abc", "bc", r"\u{62}c");
        check(r"\u0061\U00000062c", "abc", "ab", r"\u0061\U00000062");
        check("a\\\n    bc", "abc", "abc", "a\\\n    bc");
        check(r#"\"a\\\n"#, "\"a\\\n", "a", "a");
        check("ü\\x", "ü\0", "ü", "ü");
    }
}
