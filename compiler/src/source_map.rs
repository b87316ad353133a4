//! The texts that diagnostics point into: paths, line and column numbers, and what must stay hidden.
//!
//! Deliberately not a file system: it holds what was read and never reads. Two invariants: every lookup is total (an
//! unknown file is an empty one), and no renderer sees the bytes of a redacted span, because all of them take text
//! through [`SourceFile::shown`].
//!
//! Read next: [`crate::diagnostic`], whose labels point here, and [`crate::render`], which prints them.

use std::sync::Arc;

use pointsman_schema::tree::{Span, Syntax};

use crate::secret;
use crate::shown::{Piece, Shown};

/// One file of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

impl FileId {
    /// The file's place in the order of [`SourceMap::files`].
    pub fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Every file of one compilation.
#[derive(Debug, Default)]
pub struct SourceMap {
    /// Shared with the analyses of the files, so that a file that did not change is in memory once.
    files: Vec<Arc<SourceFile>>,
    unknown: SourceFile,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file; `path` is relative to the workspace, with forward slashes.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>, syntax: Syntax) -> FileId {
        self.share(Arc::new(SourceFile::new(path.into(), text.into(), syntax)))
    }

    /// Adds a file that others hold, too. What is hidden in it here is not hidden for them.
    pub fn share(&mut self, file: Arc<SourceFile>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(file);
        id
    }

    /// The file; an id of another map gives an empty file without a name.
    pub fn file(&self, id: FileId) -> &SourceFile {
        self.files.get(id.index()).map_or(&self.unknown, AsRef::as_ref)
    }

    /// All files in the order in which they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().zip(0u32..).map(|(file, index)| (FileId(index), file.as_ref()))
    }

    /// Hides the text of a span from every renderer, for good.
    pub fn redact(&mut self, file: FileId, span: Span) {
        self.redact_all(file, [span]);
    }

    /// The same for many spans.
    pub fn redact_all(&mut self, file: FileId, spans: impl IntoIterator<Item = Span>) {
        let mut spans = spans.into_iter().peekable();
        // Hiding copies a file that is shared.
        if let (Some(file), Some(_)) = (self.files.get_mut(file.index()), spans.peek()) {
            Arc::make_mut(file).redact(spans);
        }
    }

    /// Where a byte stands, for people.
    pub fn position(&self, file: FileId, offset: u32) -> Position {
        self.file(file).position(offset)
    }

    /// `path:line:column` of the first byte of a span, path escaped for display.
    pub fn place(&self, file: FileId, span: Span) -> String {
        let found = self.file(file);
        let Position { line, column, .. } = found.position(span.start);
        format!("{}:{line}:{column}", crate::shown::visible(&found.path))
    }
}

/// A place in a file as people count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters; a byte order mark does not count.
    pub column: u32,
    /// From 0, in bytes from the start of the file.
    pub byte: u32,
}

/// One file's text with its index.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Relative to the workspace, with forward slashes; a secret in it is masked.
    pub path: String,
    /// Where the file is, a secret in its name included: to be opened, never to be printed.
    pub location: String,
    /// The whole text, a byte order mark included.
    pub text: String,
    /// How it is written.
    pub syntax: Syntax,
    line_starts: Vec<u32>,
    /// How many characters begin before each multiple of [`MARK_BYTES`], so that a place far into a line is not counted to
    /// from the line's start.
    marks: Vec<u32>,
    redacted: Vec<Span>,
}

impl Default for SourceFile {
    fn default() -> Self {
        Self::new(String::new(), String::new(), Syntax::Yaml)
    }
}

impl SourceFile {
    /// A file in which nothing is hidden.
    pub fn new(location: String, text: String, syntax: Syntax) -> Self {
        let after_breaks = text.bytes().zip(1u32..).filter(|(byte, _)| *byte == b'\n').map(|(_, next)| next);
        let line_starts = std::iter::once(0).chain(after_breaks).collect();
        let mut marks = Vec::with_capacity(text.len() / MARK_BYTES);
        let mut count: u32 = 0;
        for part in text.as_bytes().chunks(MARK_BYTES) {
            marks.push(count);
            count = count.saturating_add(begun(part));
        }
        let path = secret::masked(&location).into_owned();
        Self { path, location, text, syntax, line_starts, marks, redacted: Vec::new() }
    }

    /// Where a byte stands; past the end counts as the end, inside a character as its start.
    pub fn position(&self, offset: u32) -> Position {
        let byte = self.boundary(offset);
        let line_index = self.line_starts.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.line_starts.get(line_index).copied().unwrap_or(0);
        let is_marked = start == 0 && byte > 0 && self.text.starts_with(BOM);
        let before = self.characters(byte).saturating_sub(self.characters(start));
        let column = before.saturating_sub(u32::from(is_marked)).saturating_add(1);
        let line = u32::try_from(line_index).unwrap_or(u32::MAX).saturating_add(1);
        Position { line, column, byte }
    }

    /// How many characters begin before a byte.
    fn characters(&self, byte: u32) -> u32 {
        let (mark, rest) = self.since_mark(byte);
        mark.saturating_add(begun(rest))
    }

    /// How many begin before the last mark before a byte, and what stands after that mark.
    fn since_mark(&self, byte: u32) -> (u32, &[u8]) {
        let byte = usize::try_from(byte).unwrap_or(usize::MAX);
        let number = byte / MARK_BYTES;
        // A text that ends at a mark has none after it.
        let Some(mark) = self.marks.get(number).or(self.marks.last()).copied() else { return (0, &[]) };
        let number = number.min(self.marks.len().saturating_sub(1));
        let rest = self.text.as_bytes().get(number.saturating_mul(MARK_BYTES)..byte);
        (mark, rest.unwrap_or(&[]))
    }

    /// The bytes of a line (from 1) without its line break; lines that do not exist are empty at the end.
    pub fn line_span(&self, line: u32) -> Span {
        let index = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
        let length = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let start = self.line_starts.get(index).copied().unwrap_or(length);
        let next = self.line_starts.get(index.saturating_add(1)).copied().unwrap_or(length);
        let line = self.text.get(Span { start, end: next }.range()).unwrap_or("");
        let kept = line.trim_end_matches(['\n', '\r']).len();
        Span { start, end: start.saturating_add(u32::try_from(kept).unwrap_or(0)) }
    }

    /// Text of a span as it may be printed: redacted parts masked, control characters and bidirectional overrides
    /// escaped, line breaks and tabs kept.
    pub fn shown(&self, span: Span) -> Shown {
        let span = Span { start: self.boundary(span.start), end: self.boundary(span.end) };
        let mut shown = Shown::starting_at(span.start);
        let mut at = span.start;
        for hidden in self.redacted.iter().filter(|hidden| hidden.end > span.start && hidden.start < span.end)
        {
            self.piece(&mut shown, Span { start: at, end: hidden.start }, Piece::Open);
            let hidden = Span { start: hidden.start.max(at), end: hidden.end.min(span.end) };
            self.piece(&mut shown, hidden, Piece::Secret);
            at = hidden.end.max(at);
        }
        self.piece(&mut shown, Span { start: at, end: span.end }, Piece::Open);
        shown
    }

    fn piece(&self, shown: &mut Shown, span: Span, piece: Piece) {
        shown.push(self.text.get(span.range()).unwrap_or(""), piece);
    }

    fn redact(&mut self, spans: impl IntoIterator<Item = Span>) {
        for span in spans {
            self.redacted.push(Span { start: self.boundary(span.start), end: self.boundary_up(span.end) });
        }
        self.redacted.sort_unstable();
        let mut merged: Vec<Span> = Vec::with_capacity(self.redacted.len());
        for span in self.redacted.drain(..) {
            match merged.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        self.redacted = merged;
    }

    fn boundary(&self, offset: u32) -> u32 {
        let mut offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset = offset.saturating_sub(1);
        }
        u32::try_from(offset).unwrap_or(u32::MAX)
    }

    fn boundary_up(&self, offset: u32) -> u32 {
        let mut offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset = offset.saturating_add(1);
        }
        u32::try_from(offset).unwrap_or(u32::MAX)
    }
}

/// How many characters begin in a part of a text.
fn begun(part: &[u8]) -> u32 {
    let is_first = |byte: &&u8| **byte & 0b1100_0000 != 0b1000_0000;
    u32::try_from(part.iter().filter(is_first).count()).unwrap_or(u32::MAX)
}

/// **Unit**: bytes between two counts of characters.
const MARK_BYTES: usize = 1024;
/// The byte order mark, which some editors put before UTF-8 text.
pub const BOM: char = '\u{feff}';

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, offset: u32, line: u32, column: u32) {
        let mut map = SourceMap::new();
        let file = map.add("a.yaml", text, Syntax::Yaml);
        let found = map.position(file, offset);
        assert_eq!((found.line, found.column), (line, column), "{text:?} at {offset}");
    }

    #[test]
    fn positions_count_characters() {
        check("", 0, 1, 1);
        check("a: b\nc: d\n", 5, 2, 1);
        check("a: b\r\nc: d\r\n", 9, 2, 4);
        check("ключ: я\n", 10, 1, 7);
        check("ключ: я\n", 11, 1, 7);
        check("\u{feff}a: b", 3, 1, 1);
        check("a", 900, 1, 2);
    }

    #[test]
    fn a_place_far_into_a_line_is_counted_from_near() {
        let text = "a: [\u{e9}, \u{1f600}] ".repeat(1_000);
        for start in ["", "\u{feff}", "x: y\n"] {
            let text = format!("{start}{text}");
            let file = SourceFile::new(String::new(), text.clone(), Syntax::Yaml);
            let line = start.find('\n').map_or(0, |at| at + 1);
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            for (place, at) in ends.enumerate().filter(|(_, at)| *at >= line).step_by(7) {
                let before = text[..line].chars().count() + usize::from(at > 0 && start == "\u{feff}");
                let at = u32::try_from(at).unwrap();
                assert_eq!(file.position(at).column, u32::try_from(place - before + 1).unwrap(), "{at}");
                assert!(file.since_mark(at).1.len() <= MARK_BYTES, "{at}");
            }
        }
    }

    #[test]
    fn redacted_text_keeps_its_width() {
        let mut map = SourceMap::new();
        let file = map.add("a.yaml", "key: sk-0123456789abcdef # ü", Syntax::Yaml);
        map.redact(file, Span { start: 5, end: 12 });
        map.redact(file, Span { start: 10, end: 24 });
        let shown = map.file(file).shown(Span { start: 0, end: 900 });
        assert_eq!(shown.text(), "key: [redacted*********] # ü");
        assert_eq!(shown.offset(24), 24);
        let partial = map.file(file).shown(Span { start: 8, end: 20 });
        assert!(!partial.text().contains("0123"), "{}", partial.text());
    }

    #[test]
    fn lines_have_no_breaks() {
        let mut map = SourceMap::new();
        let file = map.add("a.yaml", "one\r\ntwo", Syntax::Yaml);
        let lines: Vec<Span> = (1..4).map(|line| map.file(file).line_span(line)).collect();
        assert_eq!(lines, [Span::new(0, 3), Span::new(5, 8), Span::new(8, 8)]);
    }
}
