//! Characters that nobody sees, or that change how others are seen.
//!
//! Deliberately of the raw text: comments count, and an escape such as `"\u200b"` does not, because it can be read. What
//! scripts need is let through: joiners and direction marks beside letters that are not ASCII, a byte order mark at the
//! start, and `\r` before a line feed.
//!
//! Read next: [`crate::rules::invisible_character`], which reports it.

use pointsman_schema::tree::{Comment, Span};

use crate::parse::PROBLEMS_PER_FILE_MAX;
use crate::shown::deceives;
use crate::source_map::BOM;

/// A stretch of such characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invisible {
    /// All of them.
    pub span: Span,
    /// The first.
    pub first: char,
    /// Whether they stand in a comment.
    pub is_comment: bool,
}

/// What such a character does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It changes the order in which text is shown.
    Reorders,
    /// It has no width, or is a line break that does not look like one.
    Hides,
    /// It steers the terminal.
    Controls,
}

impl Effect {
    /// What a character does.
    pub fn of(character: char) -> Self {
        match character {
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                Self::Reorders
            }
            control if control.is_control() => Self::Controls,
            _ => Self::Hides,
        }
    }
}

/// Every such stretch of a text, in order; at most [`PROBLEMS_PER_FILE_MAX`].
pub fn find(text: &str, comments: &[Comment]) -> Vec<Invisible> {
    let mut found: Vec<Invisible> = Vec::new();
    // Most files have none, and this is the whole work for them.
    if text.bytes().all(|byte| matches!(byte, b'\t' | b'\n' | b' '..=b'~')) {
        return found;
    }
    let mut before = None;
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        let after = rest.peek().map(|(_, after)| *after);
        let is_told = deceives(character) && !is_needed((at, character), before, after);
        before = Some(character);
        if !is_told {
            continue;
        }
        let span = Span::new(at, at.saturating_add(character.len_utf8()));
        if let Some(last) = found.last_mut().filter(|last| last.span.end == span.start) {
            last.span.end = span.end;
        } else if found.len() < PROBLEMS_PER_FILE_MAX {
            found.push(Invisible { span, first: character, is_comment: false });
        } else {
            break;
        }
    }
    for invisible in &mut found {
        let after = comments.partition_point(|comment| comment.span.start <= invisible.span.start);
        let comment = after.checked_sub(1).and_then(|at| comments.get(at));
        invisible.is_comment = comment.is_some_and(|comment| comment.span.contains(invisible.span));
    }
    found
}

/// Whether a script or a line break needs the character where it stands.
fn is_needed((at, character): (usize, char), before: Option<char>, after: Option<char>) -> bool {
    let is_foreign = |neighbour: Option<char>| neighbour.is_some_and(|c| !c.is_ascii() && !deceives(c));
    match character {
        BOM => at == 0,
        '\r' => after == Some('\n'),
        '\u{200c}'..='\u{200f}' | '\u{061c}' => is_foreign(before) || is_foreign(after),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> =
            find(text, &[]).iter().map(|invisible| text.get(invisible.span.range()).unwrap()).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn only_what_no_script_needs_is_found() {
        check("a: b\tc\r\n# Büro 日本\n", &[]);
        check("\u{feff}a: 1\n", &[]);
        check("a: \u{feff}1\n", &["\u{feff}"]);
        check("# \u{1f469}\u{200d}\u{1f4bb}, \u{645}\u{6cc}\u{200c}\u{62e}\u{648}\n", &[]);
        check("a: gpt\u{200d}4o\n", &["\u{200d}"]);
        check("# a\u{202e}\u{2066}b\u{2069}\n", &["\u{202e}\u{2066}", "\u{2069}"]);
        check("a\u{1b}[31m\u{200b}\u{ad}", &["\u{1b}", "\u{200b}\u{ad}"]);
        check("a: 1\rb: 2\n", &["\r"]);
    }

    #[test]
    fn a_flood_is_bounded() {
        assert_eq!(find(&"a\u{200b}".repeat(10_000), &[]).len(), PROBLEMS_PER_FILE_MAX);
    }
}
