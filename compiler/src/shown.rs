//! Text made safe to print: secrets masked, control characters and bidirectional overrides written out.
//!
//! Deliberately not a renderer and not a pretty printer; it changes only what could lie to a reader or leak. The
//! invariant: printable text passes unchanged, and every source offset has a place in the shown text.
//!
//! Read next: [`crate::source_map`], which knows what is secret.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How a piece of source text may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// As it is, apart from what could deceive.
    Open,
    /// Only its width.
    Secret,
}

/// A stretch of source text as it may be printed, with the way from source offsets to shown offsets.
#[derive(Debug, Default)]
pub struct Shown {
    text: String,
    /// Source offset and shown offset of each place after which the two run in step again.
    steps: Vec<(u32, usize)>,
    source_end: u32,
}

impl Shown {
    /// Nothing yet; the text to come starts at `source_offset` of its file.
    pub fn starting_at(source_offset: u32) -> Self {
        Self { text: String::new(), steps: vec![(source_offset, 0)], source_end: source_offset }
    }

    /// The text to print.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where a byte of the source stands in [`Self::text`]; outside counts as the nearer end.
    pub fn offset(&self, source_offset: u32) -> usize {
        let after = self.steps.partition_point(|(source, _)| *source <= source_offset);
        let Some((source, shown)) = after.checked_sub(1).and_then(|index| self.steps.get(index)) else {
            return 0;
        };
        let limit = self.steps.get(after).map_or(self.text.len(), |(_, shown)| *shown);
        let inside =
            usize::try_from(source_offset.min(self.source_end).saturating_sub(*source)).unwrap_or(usize::MAX);
        let mut found = shown.saturating_add(inside).min(limit);
        while !self.text.is_char_boundary(found) {
            found = found.saturating_sub(1);
        }
        found
    }

    /// Adds the next piece of the source.
    pub fn push(&mut self, source: &str, piece: Piece) {
        match piece {
            Piece::Secret => self.push_replaced(source, |text| text.push_str(&mask(source))),
            Piece::Open => {
                let mut rest = source;
                while let Some((at, character)) = rest.char_indices().find(|(_, c)| deceives(*c)) {
                    let (open, tail) = rest.split_at(at);
                    self.push_plain(open);
                    let (deceiver, tail) = tail.split_at(character.len_utf8());
                    self.push_replaced(deceiver, |text| write_escaped(text, character));
                    rest = tail;
                }
                self.push_plain(rest);
            }
        }
    }

    fn push_plain(&mut self, source: &str) {
        self.text.push_str(source);
        self.advance(source);
    }

    fn push_replaced(&mut self, source: &str, write: impl FnOnce(&mut String)) {
        write(&mut self.text);
        self.advance(source);
        self.steps.push((self.source_end, self.text.len()));
    }

    fn advance(&mut self, source: &str) {
        self.source_end = self.source_end.saturating_add(u32::try_from(source.len()).unwrap_or(u32::MAX));
    }
}

/// One line of text safe for a terminal, a log or a comment: what could deceive is written as `\u{202e}`, line breaks
/// and tabs included.
pub fn visible(text: &str) -> Cow<'_, str> {
    let unsafe_here = |c: char| deceives(c) || matches!(c, '\n' | '\t');
    if !text.contains(unsafe_here) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len().saturating_add(16));
    for character in text.chars() {
        if unsafe_here(character) { write_escaped(&mut safe, character) } else { safe.push(character) }
    }
    Cow::Owned(safe)
}

/// Whether a character could change how its surroundings look: controls (but line feed and tab), line separators,
/// bidirectional marks, zero-width and tag characters, a byte order mark.
pub fn deceives(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{00ad}'
        | '\u{061c}'
        | '\u{180e}'
        | '\u{feff}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

fn write_escaped(text: &mut String, character: char) {
    match character {
        '\n' => text.push_str("\\n"),
        '\t' => text.push_str("\\t"),
        // How some editors end lines and start files; nothing to show.
        '\r' | '\u{feff}' => {}
        other => {
            let written = write!(text, "\\u{{{:x}}}", u32::from(other));
            debug_assert!(written.is_ok(), "writing to a string does not fail");
        }
    }
}

/// A mask as wide as the text it hides, line by line.
fn mask(secret: &str) -> String {
    let lines = secret.split('\n').map(|line| {
        let width = line.trim_end_matches('\r').chars().count();
        match width.checked_sub(MASK_START.len().saturating_add(1)) {
            Some(fill) => format!("{MASK_START}{}]", "*".repeat(fill)),
            None => "*".repeat(width),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

const MASK_START: &str = "[redacted";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &str) {
        assert_eq!(visible(source), expected);
    }

    #[test]
    fn what_deceives_is_written_out() {
        check("plain ünïcödé 日本", "plain ünïcödé 日本");
        check("a\u{1b}[31mred", "a\\u{1b}[31mred");
        check("gpt\u{202e}4o", "gpt\\u{202e}4o");
        check("two\nlines\t", "two\\nlines\\t");
        check("\u{85}\u{7f}\u{200b}", "\\u{85}\\u{7f}\\u{200b}");
    }

    #[test]
    fn offsets_follow_the_text() {
        let mut shown = Shown::starting_at(10);
        shown.push("a\u{202e}b", Piece::Open);
        shown.push("пароль", Piece::Secret);
        shown.push("c", Piece::Open);
        assert_eq!(shown.text(), "a\\u{202e}b******c");
        let found: Vec<usize> = [9, 10, 11, 14, 15, 27, 28, 99].map(|offset| shown.offset(offset)).to_vec();
        assert_eq!(found, [0, 0, 1, 9, 10, 16, 17, 17]);
    }
}
