//! The words of a condition, each with its place.
//!
//! **Source**: CEL, lexical syntax. Strings are resolved here, raw and triple-quoted ones included; bytes are refused.

use super::Fault;
use crate::tree::Span;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) at: Span,
}

/// What a word is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name or a keyword.
    Name(String),
    /// A string, resolved.
    Text(String),
    /// A whole number.
    Number(i128),
    /// A sign, such as `&&`.
    Sign(&'static str),
}

/// Signs, longer ones first.
const SIGNS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ",", ".", "?", ":", "+", "-", "*",
    "/", "%", "{", "}",
];

/// **Unit**: words of one condition. It also bounds how deep a run of operators or members nests.
const TOKENS_MAX: usize = 1_024;

/// The words of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Fault> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new() };
    while let Some(first) = lexer.rest().chars().next() {
        if first.is_whitespace() {
            lexer.at += first.len_utf8();
        } else if lexer.rest().starts_with("//") {
            let end = lexer.rest().find('\n').unwrap_or(lexer.rest().len());
            lexer.at += end;
        } else {
            lexer.token(first)?;
            if lexer.tokens.len() > TOKENS_MAX {
                let help = format!("at most {TOKENS_MAX} words are read; a rule has at most 64 predicates");
                return Err(Fault::new(Span::new(0, text.len()), "a condition that is too long", help));
            }
        }
    }
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: TokenKind, length: usize) {
        let end = self.at.saturating_add(length);
        self.tokens.push(Token { kind, at: Span::new(self.at, end) });
        self.at = end;
    }

    fn token(&mut self, first: char) -> Result<(), Fault> {
        let rest = self.rest();
        if let Some((raw, quotes)) = string_start(rest) {
            return self.string(raw, quotes);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let name = rest.get(..end).unwrap_or_default().to_owned();
            self.push(TokenKind::Name(name), end);
            return Ok(());
        }
        if first.is_ascii_digit() {
            return self.number();
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            self.push(TokenKind::Sign(sign), sign.len());
            return Ok(());
        }
        let here = Span::new(self.at, self.at.saturating_add(first.len_utf8()));
        let help = match first {
            '=' => "write == to compare",
            '&' => "write && for both",
            '|' => "write || for either",
            _ => "remove it, or put text in quotes",
        };
        Err(Fault::new(here, format!("`{}`", first.escape_default()), help))
    }

    fn number(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let digits = word.strip_suffix(['u', 'U']).unwrap_or(word);
        let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
            Some(digits) => i128::from_str_radix(digits, 16).ok(),
            None => digits.parse().ok(),
        };
        let after = rest.get(end..).unwrap_or_default();
        let is_fraction =
            after.strip_prefix('.').is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()));
        let here = Span::new(self.at, self.at.saturating_add(end));
        match number {
            Some(_) if is_fraction => {
                Err(Fault::new(here, "a number that is not whole", "write a whole number"))
            }
            Some(number) => {
                self.push(TokenKind::Number(number), end);
                Ok(())
            }
            None => Err(Fault::new(
                here,
                "a word that begins with a digit",
                "write a whole number, or quote text",
            )),
        }
    }

    fn string(&mut self, is_raw: Raw, quotes: &'static str) -> Result<(), Fault> {
        let rest = self.rest();
        let skip = is_raw.length().saturating_add(quotes.len());
        let body = rest.get(skip..).unwrap_or_default();
        let unclosed = || {
            let here = Span::new(self.at, self.at.saturating_add(skip));
            Fault::new(here, "a string without an end", "close it with the quote that it begins with")
        };
        let end = body_end(body, is_raw, quotes).ok_or_else(unclosed)?;
        let inner = body.get(..end).unwrap_or_default();
        let text = match is_raw {
            Raw::Yes => inner.to_owned(),
            Raw::No => unescape(inner).map_err(|(at, sequence)| {
                let start = self.at.saturating_add(skip).saturating_add(at);
                let here = Span::new(start, start.saturating_add(sequence.len()));
                Fault::new(
                    here,
                    "an escape that is none",
                    "write \\\\ for a backslash, or put r before the quote",
                )
            })?,
        };
        self.push(TokenKind::Text(text), skip.saturating_add(end).saturating_add(quotes.len()));
        Ok(())
    }
}

/// Whether backslashes stand for themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Raw {
    Yes,
    No,
}

impl Raw {
    fn length(self) -> usize {
        usize::from(self == Self::Yes)
    }
}

fn string_start(rest: &str) -> Option<(Raw, &'static str)> {
    let quotes =
        |rest: &str| ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quotes| rest.starts_with(quotes));
    if let Some(quotes) = quotes(rest) {
        return Some((Raw::No, quotes));
    }
    rest.strip_prefix(['r', 'R']).and_then(quotes).map(|quotes| (Raw::Yes, quotes))
}

fn body_end(body: &str, is_raw: Raw, quotes: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = body.get(at..)?;
        if rest.starts_with(quotes) {
            return Some(at);
        }
        let next = rest.chars().next()?;
        if next == '\n' && quotes.len() == 1 {
            return None;
        }
        at += next.len_utf8();
        if next == '\\' && is_raw == Raw::No {
            at += body.get(at..)?.chars().next()?.len_utf8();
        }
    }
}

/// The text that is meant; the error is the place and the text of an escape that is none.
fn unescape(text: &str) -> Result<String, (usize, String)> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let (meant, length) = escape(after)
            .ok_or_else(|| (text.len().saturating_sub(after.len()), after.chars().take(2).collect()))?;
        out.push(meant);
        rest = after.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}

fn escape(text: &str) -> Option<(char, usize)> {
    let code = |from: usize, to: usize, radix| {
        let digits = text.get(from..to)?;
        let number = u32::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))?;
        char::from_u32(number).map(|c| (c, to))
    };
    match text.get(1..2)? {
        "n" => Some(('\n', 2)),
        "t" => Some(('\t', 2)),
        "r" => Some(('\r', 2)),
        "a" => Some(('\u{7}', 2)),
        "b" => Some(('\u{8}', 2)),
        "f" => Some(('\u{c}', 2)),
        "v" => Some(('\u{b}', 2)),
        "x" | "X" => code(2, 4, 16),
        "u" => code(2, 6, 16),
        "U" => code(2, 10, 16),
        "0" | "1" | "2" | "3" => code(1, 4, 8),
        "\\" | "\"" | "'" | "`" | "?" => text.chars().nth(1).map(|c| (c, 2)),
        _ => None,
    }
}
