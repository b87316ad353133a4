//! One KDL value: a string, a number or a keyword.
//!
//! Deliberately gives scalars as they are written; what a field makes of them is the reader's business. The invariant:
//! after a fault inside a value the cursor stands behind that value, so that the next value can be read.
//!
//! Read next: [`super::string`], [`super::number`].

use pointsman_schema::tree::{Scalar, ScalarKind, Span, Spanned};

use super::cursor::{Cursor, fault, is_newline, is_word};
use super::fault::KdlFault;
use super::{number, string};
use crate::parse::SyntaxProblem;

/// Reads a value.
pub(super) fn value(cursor: &mut Cursor<'_>) -> Result<Spanned<Scalar>, SyntaxProblem> {
    let start = cursor.at();
    let scalar = match cursor.peek() {
        Some('"') => text(string::quoted(cursor)?),
        Some('#') if is_raw(cursor) => text(string::raw(cursor)?),
        Some('#') => keyword(cursor)?,
        Some(c) if is_word(c) => word(cursor)?,
        other => return Err(unexpected(start, other)),
    };
    Ok(Spanned::new(scalar, Span::new(start, cursor.at())))
}

/// Reads a name: a value that is text.
pub(super) fn name(cursor: &mut Cursor<'_>) -> Result<Spanned<String>, SyntaxProblem> {
    let start = cursor.at();
    let is_hash = cursor.peek() == Some('#') && !is_raw(cursor);
    let Spanned { value: scalar, span } = match value(cursor) {
        Err(_) if is_hash => return Err(hash_comment(cursor, start)),
        other => other?,
    };
    if scalar.kind == ScalarKind::Text {
        return Ok(Spanned::new(scalar.text, span));
    }
    Err(fault(span, KdlFault::NameNotText))
}

/// The problem of a character that cannot stand where it does.
pub(super) fn unexpected(at: usize, found: Option<char>) -> SyntaxProblem {
    let length = found.map_or(0, char::len_utf8);
    fault(Span::new(at, at.saturating_add(length)), KdlFault::Unexpected(found))
}

fn text(text: String) -> Scalar {
    Scalar { text, kind: ScalarKind::Text }
}

fn is_raw(cursor: &Cursor<'_>) -> bool {
    cursor.rest().trim_start_matches('#').starts_with('"')
}

fn keyword(cursor: &mut Cursor<'_>) -> Result<Scalar, SyntaxProblem> {
    let start = cursor.at();
    cursor.take_while(|c| c == '#');
    cursor.take_while(is_word);
    let (text, kind) = match cursor.slice(start) {
        "#true" => ("true", ScalarKind::Bool),
        "#false" => ("false", ScalarKind::Bool),
        "#null" => ("null", ScalarKind::Null),
        "#inf" => ("inf", ScalarKind::Number),
        "#-inf" => ("-inf", ScalarKind::Number),
        "#nan" => ("nan", ScalarKind::Number),
        hashes if hashes.bytes().all(|byte| byte == b'#') => {
            return Err(hash_comment(cursor, start));
        }
        other => return Err(fault(Span::new(start, cursor.at()), KdlFault::Keyword(other.to_owned()))),
    };
    Ok(Scalar { text: text.to_owned(), kind })
}

/// The problem of a `#` that begins a comment as in YAML; the line is passed over, whatever it holds.
fn hash_comment(cursor: &mut Cursor<'_>, start: usize) -> SyntaxProblem {
    cursor.take_while(|c| !is_newline(c));
    fault(Span::new(start, start.saturating_add(1)), KdlFault::HashComment)
}

fn word(cursor: &mut Cursor<'_>) -> Result<Scalar, SyntaxProblem> {
    let start = cursor.at();
    let word = cursor.take_while(is_word);
    let span = Span::new(start, cursor.at());
    if starts_like_a_number(word) {
        let number = number::parse(word).ok_or_else(|| fault(span, KdlFault::Number(word.to_owned())))?;
        return Ok(Scalar { text: number, kind: ScalarKind::Number });
    }
    match word {
        "true" | "false" | "null" | "inf" | "-inf" | "nan" => {
            Err(fault(span, KdlFault::BareKeyword(word.to_owned())))
        }
        _ => Ok(text(word.to_owned())),
    }
}

/// A digit after an optional sign and an optional dot.
fn starts_like_a_number(word: &str) -> bool {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    unsigned.strip_prefix('.').unwrap_or(unsigned).starts_with(|c: char| c.is_ascii_digit())
}
