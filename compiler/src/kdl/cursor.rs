//! Moving over KDL text: characters, white space, comments and line continuations.
//!
//! Deliberately knows no nodes. The invariant: the position only moves forward and always stands at a character
//! boundary, which keeps the reader linear.
//!
//! Read next: [`super::value`], which reads what stands between the spaces.

use pointsman_schema::tree::{Comment, Span};

use super::fault::KdlFault;
use crate::parse::{ProblemKind, SyntaxProblem};

/// A place in a text, and the comments passed on the way.
pub(super) struct Cursor<'text> {
    text: &'text str,
    at: usize,
    pub(super) comments: Vec<Comment>,
}

impl<'text> Cursor<'text> {
    pub(super) fn new(text: &'text str, at: usize) -> Self {
        Self { text, at, comments: Vec::new() }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'text str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(super) fn slice(&self, start: usize) -> &'text str {
        self.text.get(start..self.at).unwrap_or("")
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn looks_at(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    pub(super) fn advance(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.text.len());
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let found = self.peek()?;
        self.advance(found.len_utf8());
        Some(found)
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.looks_at(text);
        if found {
            self.advance(text.len());
        }
        found
    }

    pub(super) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'text str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.advance(length);
        rest.get(..length).unwrap_or("")
    }

    /// The spaces before a place, when nothing else stands before it on its line.
    pub(super) fn indent(&self, at: usize) -> Option<usize> {
        let before = self.text.get(..at).unwrap_or("");
        let rest = before.trim_end_matches(is_space);
        (rest.is_empty() || rest.ends_with(is_newline)).then(|| before.len().saturating_sub(rest.len()))
    }

    /// The end of the first line between two places that opens no block although the next one is indented deeper.
    pub(super) fn missing_brace(&self, start: usize, end: usize) -> Option<usize> {
        let lines = self.text.get(start..end).unwrap_or("").split_inclusive('\n');
        let mut before: Option<(usize, usize)> = None;
        let mut at = start;
        for line in lines {
            let text = line.trim();
            let here = line.len().saturating_sub(line.trim_start().len());
            let end_of_text = at.saturating_add(line.trim_end().len());
            at = at.saturating_add(line.len());
            if text.is_empty() || text.starts_with("//") {
                continue;
            }
            if let Some((indent, end_of_line)) = before
                && here > indent
            {
                return Some(end_of_line);
            }
            before = Some((here, end_of_text)).filter(|_| !text.ends_with(['{', '\\']));
        }
        None
    }

    /// Past a quoted text, or to the end of its line when it is not closed there.
    pub(super) fn skip_quoted(&mut self) {
        self.advance(1);
        while let Some(c) = self.peek().filter(|c| !is_newline(*c)) {
            self.advance(c.len_utf8());
            match c {
                '"' => break,
                '\\' => self.advance(self.peek().filter(|c| !is_newline(*c)).map_or(0, char::len_utf8)),
                _ => {}
            }
        }
    }

    /// One line break of any kind; a carriage return with a line feed is one.
    pub(super) fn newline(&mut self) -> bool {
        if self.eat("\r\n") {
            return true;
        }
        let found = self.peek().is_some_and(is_newline);
        if found {
            self.bump();
        }
        found
    }

    /// Spaces, block comments and continued lines; whether there were any.
    pub(super) fn node_space(&mut self) -> Result<bool, SyntaxProblem> {
        let start = self.at;
        loop {
            self.take_while(is_space);
            if self.looks_at("/*") {
                self.block_comment()?;
            } else if self.looks_at("\\") {
                self.continuation()?;
            } else {
                return Ok(self.at > start);
            }
        }
    }

    /// The same, with line breaks and line comments; whether there were any.
    pub(super) fn line_space(&mut self) -> Result<bool, SyntaxProblem> {
        let start = self.at;
        loop {
            self.node_space()?;
            if self.looks_at("//") {
                self.line_comment();
            } else if !self.newline() {
                return Ok(self.at > start);
            }
        }
    }

    /// From `//` to before the line break.
    pub(super) fn line_comment(&mut self) {
        let start = self.at;
        self.take_while(|c| !is_newline(c));
        let text = self.slice(start).trim_start_matches("//").trim().to_owned();
        self.comments.push(Comment { span: Span::new(start, self.at), text });
    }

    fn block_comment(&mut self) -> Result<(), SyntaxProblem> {
        let start = self.at;
        let mut depth = 0u32;
        loop {
            let mut pairs = self.rest().as_bytes().windows(2);
            let Some(skipped) = pairs.position(|pair| pair == b"/*" || pair == b"*/") else {
                self.at = self.text.len();
                return Err(fault(Span::new(start, start.saturating_add(2)), KdlFault::UnclosedComment));
            };
            self.advance(skipped);
            let opens = self.looks_at("/*");
            self.advance(2);
            depth = if opens { depth.saturating_add(1) } else { depth.saturating_sub(1) };
            if depth == 0 {
                break;
            }
        }
        let inner = self.slice(start).trim_start_matches("/*").trim_end_matches("*/");
        self.comments.push(Comment { span: Span::new(start, self.at), text: inner.trim().to_owned() });
        Ok(())
    }

    /// A backslash, then nothing but spaces and comments up to the line's end.
    fn continuation(&mut self) -> Result<(), SyntaxProblem> {
        let start = self.at;
        self.advance(1);
        loop {
            self.take_while(is_space);
            if !self.looks_at("/*") {
                break;
            }
            self.block_comment()?;
        }
        if self.looks_at("//") {
            self.line_comment();
        }
        if self.newline() || self.rest().is_empty() {
            return Ok(());
        }
        Err(fault(Span::new(start, start.saturating_add(1)), KdlFault::Continuation))
    }
}

pub(super) fn fault(span: Span, fault: KdlFault) -> SyntaxProblem {
    SyntaxProblem { span, kind: ProblemKind::KdlSyntax(fault) }
}

pub(super) fn is_newline(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn is_space(character: char) -> bool {
    matches!(
        character,
        '\t' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Whether a character may stand in a word without quotes.
pub(super) fn is_word(character: char) -> bool {
    !is_space(character)
        && !is_newline(character)
        && !matches!(character, '\\' | '/' | '(' | ')' | '{' | '}' | ';' | '[' | ']' | '"' | '#' | '=')
}

/// Whether KDL refuses a character everywhere, comments and strings included.
pub(super) fn is_forbidden(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'
            | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}
