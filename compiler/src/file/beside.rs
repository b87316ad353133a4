//! One file that is not policy: only searched for secrets.
//!
//! Deliberately reads no format. The invariant: what is not text has no secret, and a secret that the cut at the end of
//! a large file would halve is neither found nor shown.
//!
//! Read next: [`crate::secret`].

use std::ops::Range;

use pointsman_schema::digest::Digest;
use pointsman_schema::tree::Span;

use crate::encoding::readable;
use crate::rules::possible_secret;
use crate::secret::{self, Secret};
use crate::tree_source::BESIDE_FILE_BYTES_MAX;

/// What a file beside the policy holds.
#[derive(Debug)]
pub struct BesideAnalysis {
    /// Relative to the workspace.
    pub path: String,
    /// Of the bytes that were read.
    pub digest: Digest,
    /// Secrets in plain text.
    pub secrets: Vec<Secret>,
}

impl BesideAnalysis {
    /// Searches a file.
    pub fn of(path: &str, bytes: &[u8]) -> Self {
        let secrets = if is_text(bytes) { secrets(&Self::text(bytes)) } else { Vec::new() };
        Self { path: path.to_owned(), digest: Digest::of(bytes), secrets }
    }

    /// The text that was searched.
    pub fn text(bytes: &[u8]) -> String {
        let mut text = readable(bytes);
        if bytes.len() >= BESIDE_FILE_BYTES_MAX {
            let end = text.rfind(char::is_whitespace).unwrap_or(text.len());
            text.truncate(end);
        }
        text
    }
}

/// The secrets of a text, without what a comment on the same line says is none.
fn secrets(text: &str) -> Vec<Secret> {
    let mut found = secret::find(text);
    let lines = Allowances::of(text);
    found.retain(|secret| secret.is_certain() || !lines.cover(secret.span));
    found
}

/// Where the lines of a text say that what looks like a secret is none.
struct Allowances {
    /// The lines that say so, in order.
    lines: Vec<Line>,
}

struct Line {
    place: Range<usize>,
    /// The places of its marks and of the reasons after them.
    marks: Vec<(usize, usize)>,
}

impl Allowances {
    fn of(text: &str) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        for (at, mark) in text.match_indices(possible_secret::MARK) {
            let (before, after) = text.split_at_checked(at.saturating_add(mark.len())).unwrap_or((text, ""));
            let place = |found: Option<usize>| before.len().saturating_add(found.unwrap_or(after.len()));
            let reason = place(after.find(|c: char| c == '\n' || !c.is_whitespace()));
            match lines.last_mut() {
                Some(line) if line.place.contains(&at) => line.marks.push((at, reason)),
                _ => {
                    let begin = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
                    lines.push(Line { place: begin..place(after.find('\n')), marks: vec![(at, reason)] });
                }
            }
        }
        Self { lines }
    }

    /// Whether the line on which a secret ends says it, before it or after it.
    fn cover(&self, secret: Span) -> bool {
        let secret = secret.range();
        let at = self.lines.partition_point(|line| line.place.end < secret.end);
        let Some(Line { place, marks }) = self.lines.get(at).filter(|line| line.place.start <= secret.end)
        else {
            return false;
        };
        let next = marks.get(marks.partition_point(|(at, _)| *at < secret.end));
        let is_before = marks.first().is_some_and(|(_, reason)| *reason < secret.end);
        is_before || next.is_some_and(|(_, reason)| *reason < place.end)
    }
}

/// Whether bytes are text, as Git decides it; UTF-16 is, too.
fn is_text(bytes: &[u8]) -> bool {
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    is_utf16 || !bytes.iter().take(LOOKED_AT_BYTES).any(|byte| *byte == 0)
}

/// **Unit**: bytes of a file in which a NUL says that it is no text.
const LOOKED_AT_BYTES: usize = 8000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_of_its_own_secrets_that_they_are_none() {
        let secret = "EXAMPLE7only8NEVER9issued1c2D3e";
        let check = |text: &str, expected: usize| {
            let text = text.replace('@', &format!("api_key=\"{secret}\""));
            assert_eq!(secrets(&text).len(), expected, "{text}");
        };
        check("@", 1);
        check("@ # allow possible-secret: an example", 0);
        check("allow possible-secret: an example\t@", 0);
        check("allow possible-secret: @", 0);
        check("@ # allow possible-secret: \r\nan example", 1);
        check("@ # allow possible-secret:", 1);
        check("# allow possible-secret: an example\n@\n# allow possible-secret: an example", 1);
        check("@\n@ # allow possible-secret: an example\n@", 2);
        check("@ # allow possible-secret: allow possible-secret:", 0);
        check("@ x @ allow possible-secret: both @", 0);
    }

    #[test]
    fn marks_are_looked_for_once() {
        let marks = "allow possible-secret: ".repeat(20_000);
        let lines = Allowances::of(&marks);
        assert_eq!((lines.lines.len(), lines.lines.first().map(|line| line.marks.len())), (1, Some(20_000)));
        let lines = Allowances::of(&marks.replace(": ", ":\n"));
        assert_eq!(lines.lines.len(), 20_000);
    }
}
