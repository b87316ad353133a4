//! YAML into the tree: the one file that knows the YAML parser.
//!
//! Deliberately not a YAML library: no merge keys, no tags beyond the core schema, no types. Each document is abandoned
//! at its first syntax error and the next one is read. Invariants: aliases expand within a budget of values and of
//! bytes, nesting within its limit, and each event is handled once.
//!
//! Read next: [`builder`](self::builder) for the tree, [`fault`] for the words of syntax errors.

mod builder;
pub mod fault;
pub mod indentation;

use granit_parser::{ErrorKind, Event, Options, Parser, ScanError, StrInput};
use pointsman_schema::tree::{Comment, Document, Node, Scalar, ScalarKind, Span, Value};

use self::builder::{Builder, Stop};
use self::fault::YamlFault;
use crate::parse::{PROBLEMS_PER_FILE_MAX, Parsed, ProblemKind, SyntaxProblem};

/// Reads every document of a text.
pub fn parse(text: &str) -> Parsed {
    let mut events = Parser::new_from_str_with_options(text, options());
    let mut builder = Builder::new(text);
    let mut parsed = Parsed::default();
    while let Some(event) = events.next_event() {
        let outcome = match event {
            Ok((Event::Comment(comment, _), span)) => {
                parsed.comments.push(Comment { span: span_of(&span, text), text: comment.trim().to_owned() });
                continue;
            }
            Ok((Event::DocumentStart(..), span)) => builder.start_document(span_of(&span, text)),
            Ok((Event::DocumentEnd, _)) => {
                parsed.documents.push(document(builder.finish_document()));
                Ok(())
            }
            Ok((event, span)) => {
                builder.event(event, span_of(&span, text), span.tag_span().map(|t| span_of(&t, text)))
            }
            Err(error) => Err(Stop::Document(syntax_problem(&error, &builder, text))),
        };
        parsed.problems.append(&mut builder.problems);
        let more = match outcome {
            Ok(()) => true,
            Err(Stop::Document(problem)) => {
                parsed.problems.push(problem);
                resume(&mut events, &mut builder)
            }
            Err(Stop::File(problem)) => {
                parsed.problems.push(problem);
                false
            }
        };
        if !more || parsed.problems.len() >= PROBLEMS_PER_FILE_MAX {
            break;
        }
    }
    parsed
}

/// Goes to the next document; whether there is one.
fn resume<'text>(events: &mut Parser<'text, StrInput<'text>>, builder: &mut Builder<'_>) -> bool {
    builder.abandon_document();
    matches!(events.proceed_next_document(), Ok(true))
}

/// An empty document is an empty map, so that an empty file is a valid policy file.
fn document(root: Option<Node>) -> Document {
    let empty = |span| Node { span, value: Value::Map(Vec::new()), label: None };
    let root = match root {
        None => empty(Span::default()),
        Some(Node { span, value: Value::Scalar(Scalar { kind: ScalarKind::Null, .. }), .. }) => empty(span),
        Some(root) => root,
    };
    Document { root }
}

fn syntax_problem(error: &ScanError, builder: &Builder<'_>, text: &str) -> SyntaxProblem {
    let (fault, length) = YamlFault::of(error.kind());
    let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
    if let Some(fault) = &fault
        && fault.blames_open_bracket()
        && let Some((span, bracket)) = builder.bracket_of_an_earlier_line(at)
    {
        return SyntaxProblem { span, kind: ProblemKind::YamlSyntax(YamlFault::UnclosedBracket(bracket)) };
    }
    if fault.as_ref().is_some_and(YamlFault::blames_indentation)
        && let Some((span, indented)) = indentation::find(text, at)
    {
        return SyntaxProblem { span, kind: ProblemKind::YamlSyntax(YamlFault::Indented(indented)) };
    }
    let fault = fault.map(|fault| match fault {
        YamlFault::MissingComma if text.get(..at).is_some_and(|before| before.ends_with('$')) => {
            YamlFault::Interpolation
        }
        other => other,
    });
    let kind = match fault {
        Some(fault) => ProblemKind::YamlSyntax(fault),
        None => ProblemKind::TooDeep,
    };
    let at = match error.kind() {
        // The parser gives the place of the bracket that is open.
        ErrorKind::MismatchedFlowCollectionEnd { .. } => wrong_bracket(text, at).unwrap_or(at),
        _ => at,
    };
    SyntaxProblem { span: mark(text, at, length), kind }
}

/// The first closing bracket after an open one that closes another kind.
fn wrong_bracket(text: &str, open: usize) -> Option<usize> {
    let mut stack = Vec::new();
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in text.get(open..)?.char_indices() {
        let may_start = before.is_whitespace() || matches!(before, '[' | '{' | ',' | ':');
        match (quote, c) {
            (Some(open), c) if (open == '#' && c == '\n') || (open == c && c != '#' && before != '\\') => {
                quote = None;
            }
            (None, '\'' | '"' | '#') if may_start => quote = Some(c),
            (None, '[') => stack.push(']'),
            (None, '{') => stack.push('}'),
            (None, ']' | '}') if stack.pop() != Some(c) => return Some(open.saturating_add(at)),
            _ => {}
        }
        before = c;
    }
    None
}

/// A visible place: `length` characters from `at`, on one line; at the end of a line, its last character.
fn mark(text: &str, at: usize, length: usize) -> Span {
    let at = (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let rest = text.get(at..).unwrap_or("");
    let line = rest.lines().next().unwrap_or("");
    if !line.is_empty() {
        let bytes: usize = line.chars().take(length.max(1)).map(char::len_utf8).sum();
        return Span::new(at, at.saturating_add(bytes));
    }
    let before = text.get(..at).unwrap_or("").trim_end();
    let last = before.chars().next_back().map_or(0, char::len_utf8);
    Span::new(before.len().saturating_sub(last), before.len())
}

fn span_of(span: &granit_parser::Span, text: &str) -> Span {
    let range = span.byte_range().unwrap_or(0..0);
    let end = range.end.min(text.len());
    Span::new(range.start.min(end), end)
}

/// The parser's own limits stand above ours (nesting is counted over both styles together in the builder), except that
/// comments before an entry may be as many as someone likes to write.
fn options() -> Options {
    granit_parser::options! {
        max_buffered_comment_events: COMMENTS_IN_A_ROW_MAX,
    }
}

/// **Unit**: comment lines before one entry.
const COMMENTS_IN_A_ROW_MAX: usize = 100_000;

#[cfg(test)]
mod tests;
