//! The structure of a condition: CEL's operators, in CEL's order of precedence.
//!
//! Deliberately reads more than can be decided, so that the error names what was meant. The invariant: depth is limited,
//! and each token is taken once.
//!
//! **Source**: CEL, grammar.

use super::Fault;
use super::token::{Token, TokenKind};
use crate::tree::Span;

/// An expression and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression {
    pub(super) kind: Kind,
    pub(super) at: Span,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Name(String),
    Text(String),
    Number(i128),
    List(Vec<Expression>),
    /// `a.b`
    Member(Box<Expression>, String),
    /// `a["b"]`
    Index(Box<Expression>, Box<Expression>),
    /// `f(…)` or `a.f(…)`
    Call(Option<Box<Expression>>, String, Vec<Expression>),
    Not(Box<Expression>),
    Minus(Box<Expression>),
    /// A comparison, a logical or an arithmetic operation.
    Binary(&'static str, Box<Expression>, Box<Expression>),
    /// `a ? b : c`
    Choice(Box<Expression>, Box<Expression>, Box<Expression>),
}

/// Binary operators, from the loosest to the tightest.
const LEVELS: &[&[&str]] =
    &[&["||"], &["&&"], &["==", "!=", "<=", ">=", "<", ">", "in"], &["+", "-"], &["*", "/", "%"]];
/// **Unit**: levels of nesting of one condition.
const DEPTH_MAX: usize = 32;

/// Reads one expression that is all of the text.
pub(super) fn parse(text: &str, tokens: &[Token]) -> Result<Expression, Fault> {
    let end = Span::new(text.len(), text.len());
    let mut parser = Parser { tokens, at: 0, depth: 0, end };
    if tokens.is_empty() {
        let help = "write a condition, such as attribute.tier == \"gold\"";
        return Err(Fault::new(Span::new(0, text.len()), "nothing", help));
    }
    let expression = parser.choice()?;
    match parser.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.unexpected("join two conditions with && or ||")),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
    end: Span,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    fn here(&self) -> Span {
        self.peek().map_or(self.end, |token| token.at)
    }

    fn is_sign(&self, wanted: &str) -> bool {
        match self.peek().map(|token| &token.kind) {
            Some(TokenKind::Sign(sign)) => *sign == wanted,
            Some(TokenKind::Name(name)) => wanted == "in" && name == "in",
            _ => false,
        }
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is_here = self.is_sign(sign);
        self.at += usize::from(is_here);
        is_here
    }

    fn expect(&mut self, sign: &'static str) -> Result<Span, Fault> {
        let here = self.here();
        if self.eat(sign) { Ok(here) } else { Err(self.unexpected(&format!("expected `{sign}` here"))) }
    }

    fn unexpected(&self, help: &str) -> Fault {
        let found = match self.peek().map(|token| &token.kind) {
            None => "the end of the text".to_owned(),
            Some(TokenKind::Name(name)) => format!("`{name}`"),
            Some(TokenKind::Text(_)) => "a string".to_owned(),
            Some(TokenKind::Number(number)) => format!("`{number}`"),
            Some(TokenKind::Sign(sign)) => format!("`{sign}`"),
        };
        Fault::new(self.here(), found, help)
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let help = format!("at most {DEPTH_MAX} levels of nesting are read");
            return Err(Fault::new(self.here(), "a condition that is nested too deeply", help));
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn choice(&mut self) -> Result<Expression, Fault> {
        self.deeper(|parser| {
            let condition = parser.binary(0)?;
            if !parser.eat("?") {
                return Ok(condition);
            }
            let yes = parser.choice()?;
            parser.expect(":")?;
            let no = parser.choice()?;
            let at = Span { start: condition.at.start, end: no.at.end };
            Ok(Expression { kind: Kind::Choice(Box::new(condition), Box::new(yes), Box::new(no)), at })
        })
    }

    fn binary(&mut self, level: usize) -> Result<Expression, Fault> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = operators.iter().copied().find(|operator| self.is_sign(operator)) {
            self.at += 1;
            let right = self.binary(level + 1)?;
            let at = Span { start: left.at.start, end: right.at.end };
            left = Expression { kind: Kind::Binary(operator, Box::new(left), Box::new(right)), at };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, Fault> {
        let start = self.here().start;
        let make = match self.peek().map(|token| &token.kind) {
            Some(TokenKind::Sign("!")) => Kind::Not,
            Some(TokenKind::Sign("-")) => Kind::Minus,
            _ => return self.member(),
        };
        self.at += 1;
        let inner = self.deeper(Self::unary)?;
        let at = Span { start, end: inner.at.end };
        Ok(Expression { kind: make(Box::new(inner)), at })
    }

    fn member(&mut self) -> Result<Expression, Fault> {
        let mut expression = self.primary()?;
        loop {
            let start = expression.at.start;
            if self.eat(".") {
                let name_end = self.here().end;
                let name = self.name()?;
                expression = if self.is_sign("(") {
                    let (arguments, end) = self.arguments()?;
                    let kind = Kind::Call(Some(Box::new(expression)), name, arguments);
                    Expression { kind, at: Span { start, end } }
                } else {
                    let kind = Kind::Member(Box::new(expression), name);
                    Expression { kind, at: Span { start, end: name_end } }
                };
            } else if self.eat("[") {
                let index = self.choice()?;
                let end = self.expect("]")?.end;
                let kind = Kind::Index(Box::new(expression), Box::new(index));
                expression = Expression { kind, at: Span { start, end } };
            } else {
                return Ok(expression);
            }
        }
    }

    fn name(&mut self) -> Result<String, Fault> {
        let Some(Token { kind: TokenKind::Name(name), .. }) = self.peek() else {
            return Err(self.unexpected("expected a name after the dot"));
        };
        self.at += 1;
        Ok(name.clone())
    }

    fn arguments(&mut self) -> Result<(Vec<Expression>, u32), Fault> {
        self.expect("(")?;
        self.until(")")
    }

    fn until(&mut self, close: &'static str) -> Result<(Vec<Expression>, u32), Fault> {
        let mut items = Vec::new();
        loop {
            let here = self.here();
            if self.eat(close) {
                return Ok((items, here.end));
            }
            items.push(self.choice()?);
            if !self.eat(",") {
                let end = self.expect(close)?.end;
                return Ok((items, end));
            }
        }
    }

    fn primary(&mut self) -> Result<Expression, Fault> {
        let Some(token) = self.peek() else {
            return Err(self.unexpected("expected a value or a condition here"));
        };
        let start = token.at.start;
        let kind = match &token.kind {
            TokenKind::Text(text) => Kind::Text(text.clone()),
            TokenKind::Number(number) => Kind::Number(*number),
            TokenKind::Name(name) if name != "in" => {
                self.at += 1;
                if self.is_sign("(") {
                    let (arguments, end) = self.arguments()?;
                    return Ok(Expression {
                        kind: Kind::Call(None, name.clone(), arguments),
                        at: Span { start, end },
                    });
                }
                return Ok(Expression { kind: Kind::Name(name.clone()), at: token.at });
            }
            TokenKind::Sign("(") => {
                self.at += 1;
                let inner = self.choice()?;
                let end = self.expect(")")?.end;
                return Ok(Expression { kind: inner.kind, at: Span { start, end } });
            }
            TokenKind::Sign("[") => {
                self.at += 1;
                let (items, end) = self.deeper(|parser| parser.until("]"))?;
                return Ok(Expression { kind: Kind::List(items), at: Span { start, end } });
            }
            TokenKind::Sign("{") => {
                return Err(Fault::new(
                    token.at,
                    "a map",
                    "maps are CEL, but no request has one to compare with",
                ));
            }
            TokenKind::Sign(_) | TokenKind::Name(_) => {
                return Err(self.unexpected("expected a value or a condition here"));
            }
        };
        self.at += 1;
        Ok(Expression { kind, at: token.at })
    }
}
