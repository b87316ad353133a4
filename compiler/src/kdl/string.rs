//! KDL strings: quoted, raw, and both over several lines.
//!
//! Deliberately returns owned text without its layout. The invariant: whatever is wrong with a string, the cursor ends
//! after it, or at the end of the line or file where it was not closed, so that one defect gives one problem.
//!
//! Read next: [`super::value`], which decides that a string starts.

use pointsman_schema::tree::Span;

use super::cursor::{Cursor, fault, is_newline, is_space};
use super::fault::KdlFault;
use crate::parse::SyntaxProblem;

/// Reads a string that starts with `"`.
pub(super) fn quoted(cursor: &mut Cursor<'_>) -> Result<String, SyntaxProblem> {
    let start = cursor.at();
    if cursor.eat("\"\"\"") {
        let body = multiline_body(cursor, start, "\"\"\"", Escapes::Resolved)?;
        return dedent(&without_space_escapes(body.text), start, &body)
            .and_then(|text| unescape(&text, &body));
    }
    cursor.advance(1);
    let from = cursor.at();
    loop {
        match cursor.peek() {
            Some('"') => break,
            Some('\\') => skip_escape(cursor),
            Some(c) if !is_newline(c) => cursor.advance(c.len_utf8()),
            _ => return Err(fault(Span::new(start, start.saturating_add(1)), KdlFault::UnclosedString)),
        }
    }
    let body = Body { text: cursor.slice(from), from };
    cursor.advance(1);
    unescape(&without_space_escapes(body.text), &body)
}

/// Reads a string that starts with `#` and a quote after any number of `#`.
pub(super) fn raw(cursor: &mut Cursor<'_>) -> Result<String, SyntaxProblem> {
    let start = cursor.at();
    let hashes = cursor.take_while(|c| c == '#');
    if cursor.eat("\"\"\"") {
        let end = format!("\"\"\"{hashes}");
        let body = multiline_body(cursor, start, &end, Escapes::Kept)?;
        return dedent(body.text, start, &body);
    }
    cursor.advance(1);
    let end = format!("\"{hashes}");
    let from = cursor.at();
    loop {
        // Up to the next quote or line break, never further: many short strings on one long line stay linear.
        cursor.take_while(|c| c != '"' && !is_newline(c));
        if cursor.looks_at(&end) {
            break;
        }
        if !cursor.eat("\"") {
            return Err(fault(Span::new(start, from), KdlFault::UnclosedString));
        }
    }
    let text = cursor.slice(from).to_owned();
    cursor.advance(end.len());
    Ok(text)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Resolved,
    Kept,
}

/// What stands between the quotes, and where that starts.
struct Body<'text> {
    text: &'text str,
    from: usize,
}

fn multiline_body<'text>(
    cursor: &mut Cursor<'text>,
    start: usize,
    end: &str,
    escapes: Escapes,
) -> Result<Body<'text>, SyntaxProblem> {
    let opening = Span::new(start, cursor.at());
    if !cursor.newline() {
        cursor.take_while(|c| !is_newline(c));
        return Err(fault(opening, KdlFault::MultilineStart));
    }
    let from = cursor.at();
    loop {
        if cursor.looks_at(end) {
            break;
        }
        match cursor.peek() {
            None => return Err(fault(opening, KdlFault::UnclosedString)),
            Some('\\') if escapes == Escapes::Resolved => skip_escape(cursor),
            Some(c) => cursor.advance(c.len_utf8()),
        }
    }
    let body = Body { text: cursor.slice(from), from };
    cursor.advance(end.len());
    Ok(body)
}

/// Steps over a backslash and what it escapes: one character, or all white space.
fn skip_escape(cursor: &mut Cursor<'_>) {
    cursor.advance(1);
    let blank = |c| is_space(c) || is_newline(c);
    if cursor.take_while(blank).is_empty() {
        cursor.bump();
    }
}

/// Removes each backslash before white space together with that white space; other escapes stay for [`unescape`].
fn without_space_escapes(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        let escaped = after.strip_prefix('\\').unwrap_or(after);
        let trimmed = escaped.trim_start_matches(|c| is_space(c) || is_newline(c));
        if trimmed.len() < escaped.len() {
            rest = trimmed;
            continue;
        }
        let length = escaped.chars().next().map_or(0, char::len_utf8);
        text.push('\\');
        text.push_str(escaped.get(..length).unwrap_or(""));
        rest = escaped.get(length..).unwrap_or("");
    }
    text.push_str(rest);
    text
}

/// Takes the last line's indentation from every line; lines of white space become empty.
fn dedent(text: &str, start: usize, body: &Body<'_>) -> Result<String, SyntaxProblem> {
    let unified = text.replace("\r\n", "\n").replace(is_newline, "\n");
    let (content, prefix) = unified.rsplit_once('\n').map_or((None, unified.as_str()), |(c, p)| (Some(c), p));
    let opening = Span::new(start, body.from).range();
    let opening = Span::new(opening.start, opening.start.saturating_add(3));
    if !prefix.chars().all(is_space) {
        return Err(fault(opening, KdlFault::MultilineEnd));
    }
    let mut lines = Vec::new();
    for line in content.into_iter().flat_map(|content| content.split('\n')) {
        if line.chars().all(is_space) {
            lines.push("");
        } else if let Some(line) = line.strip_prefix(prefix) {
            lines.push(line);
        } else {
            return Err(fault(opening, KdlFault::MultilineIndent));
        }
    }
    Ok(lines.join("\n"))
}

fn unescape(text: &str, body: &Body<'_>) -> Result<String, SyntaxProblem> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let (found, tail) = escape(after).map_err(|written| {
            // Found again in the source, because lines may have lost their indentation.
            let at = body.text.find(&written).unwrap_or(0);
            let start = body.from.saturating_add(at);
            fault(Span::new(start, start.saturating_add(written.len())), KdlFault::Escape(written))
        })?;
        plain.push(found);
        rest = tail;
    }
    plain.push_str(rest);
    Ok(plain)
}

/// One escape after its backslash; the error is the text of the escape.
fn escape(after: &str) -> Result<(char, &str), String> {
    let mut rest = after.chars();
    let simple = match rest.next() {
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('s') => ' ',
        Some(same @ ('\\' | '"')) => same,
        Some('u') => return unicode_escape(rest.as_str()).ok_or_else(|| "\\u".to_owned()),
        Some(other) => return Err(format!("\\{other}")),
        None => return Err("\\".to_owned()),
    };
    Ok((simple, rest.as_str()))
}

fn unicode_escape(after: &str) -> Option<(char, &str)> {
    let (digits, rest) = after.strip_prefix('{')?.split_once('}')?;
    let valid = (1..=6).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| valid)?;
    Some((char::from_u32(code)?, rest))
}
