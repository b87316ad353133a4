//! KDL 2 into the tree.
//!
//! Deliberately our own reader and not a KDL library: policy text is untrusted and often half typed, so it must be read
//! in linear time, without recursion on the input, with exact spans and one problem for one cause. It keeps no layout,
//! refuses type annotations, and reads numbers as plain decimal text.
//!
//! **Source**: the KDL 2.0 specification. Read next: [`reader`](self::reader).

mod cursor;
mod draft;
pub mod fault;
mod number;
mod reader;
mod string;
mod value;

use pointsman_schema::tree::{Document, Entry, Node, Span, Value};

use self::cursor::{Cursor, is_forbidden, is_newline, is_space, is_word};
use self::draft::unsupported;
use self::fault::KdlFault;
use self::reader::Reader;
use crate::parse::{PROBLEMS_PER_FILE_MAX, Parsed, SyntaxProblem, UnsupportedKdl};
use crate::source_map::BOM;

/// Reads a text as one document.
pub fn parse(text: &str) -> Parsed {
    let start = if text.starts_with(BOM) { BOM.len_utf8() } else { 0 };
    if let Some(problem) = other_version(text, start) {
        return Parsed { problems: vec![problem], ..Parsed::default() };
    }
    if let Some(problem) = yaml(text, start) {
        return Parsed { problems: vec![problem], ..Parsed::default() };
    }
    let mut reader = Reader::new(Cursor::new(text, start));
    reader.problems = forbidden(text, start);
    reader.read();
    let Reader { entries, mut problems, cursor, .. } = reader;
    // Forbidden characters were found first, but belong where they stand.
    problems.sort_by_key(|problem| problem.span);
    Parsed { documents: vec![document(entries)], comments: cursor.comments, problems }
}

fn document(entries: Vec<Entry>) -> Document {
    let span = match (entries.first(), entries.last()) {
        (Some(first), Some(last)) => Span { start: first.span().start, end: last.span().end },
        _ => Span::default(),
    };
    Document { root: Node { span, value: Value::Map(entries), label: None } }
}

/// Characters that may stand nowhere; the reader then takes them for parts of words.
fn forbidden(text: &str, start: usize) -> Vec<SyntaxProblem> {
    let found = text.char_indices().filter(|(at, c)| *at >= start && is_forbidden(*c));
    let problem = |(at, c): (usize, char)| {
        cursor::fault(Span::new(at, at.saturating_add(c.len_utf8())), KdlFault::Forbidden(c))
    };
    found.take(PROBLEMS_PER_FILE_MAX).map(problem).collect()
}

/// The first line when it is one of YAML: a key with a colon.
fn yaml(text: &str, start: usize) -> Option<SyntaxProblem> {
    let mut at = start;
    for line in text.get(start..).unwrap_or("").split_inclusive('\n') {
        let (first, trimmed) =
            (at.saturating_add(line.len().saturating_sub(line.trim_start().len())), line.trim());
        at = at.saturating_add(line.len());
        if trimmed.is_empty() || trimmed.starts_with("//") || trimmed.starts_with('#') || trimmed == "---" {
            continue;
        }
        let key = trimmed.split(is_space).next().unwrap_or("");
        let is_key = key.len() > 1 && key.ends_with(':') && !key.starts_with('"');
        let span = Span::new(first, first.saturating_add(key.len()));
        return is_key.then(|| cursor::fault(span, KdlFault::Yaml));
    }
    None
}

/// The marker `/- kdl-version N` at the start, when it asks for another version than ours.
fn other_version(text: &str, start: usize) -> Option<SyntaxProblem> {
    let mut cursor = Cursor::new(text, start);
    if !cursor.eat("/-") {
        return None;
    }
    cursor.take_while(is_space);
    if !cursor.eat("kdl-version") || cursor.take_while(is_space).is_empty() {
        return None;
    }
    let at = cursor.at();
    let version = cursor.take_while(is_word);
    let is_other = version != "2" && cursor.peek().is_none_or(|c| is_newline(c) || is_space(c));
    is_other.then(|| unsupported(Span::new(at, cursor.at()), UnsupportedKdl::OtherVersion))
}

#[cfg(test)]
mod tests;
