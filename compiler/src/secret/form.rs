//! Secrets by the forms that their issuers gave them: a prefix or a mark, an alphabet, a length, a check sum.
//!
//! Deliberately no network: whether a secret is still good is its issuer's business. Where a form has a check sum that
//! its issuer describes, only what passes it is reported as that secret. The invariant: a placeholder in documentation
//! (`sk-…`, `sk-xxxx`, `YOUR_KEY`) has no form.
//!
//! Read next: [`issuers`], the table.

mod issuers;
mod odd;

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use pointsman_schema::tree::Span;

use self::issuers::FORMS;
use super::Secret;
use super::random::{is_placeholder, is_random};

/// What the secrets of one issuer look like after their prefix.
#[derive(Clone, Copy)]
struct Form {
    /// What they begin with.
    prefix: &'static str,
    /// Whose they are, with an article.
    issuer: &'static str,
    /// Of which characters the rest consists.
    alphabet: Alphabet,
    /// How many those are.
    length: Length,
    /// Whether a whole secret has its check sum, where there is one.
    check: Option<fn(&str) -> bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    /// Letters of both cases.
    Letters,
    /// Hexadecimal digits in lower case.
    Hexadecimal,
    /// Capitals and the digits 2 to 7.
    Base32,
    /// Letters and digits.
    Alphanumeric,
    /// Letters, digits, `_` and `-`.
    Word,
    /// The same and `.`.
    Dotted,
    /// Letters, digits, `+`, `/` and `=`.
    Base64,
}

/// **Unit**: characters after the prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    Exactly(usize),
    AtLeast(usize),
}

/// Every secret with a known form in a text, in order.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let Some(finder) = FINDER.as_ref() else { return Vec::new() };
    let mut found: Vec<Secret> = Vec::new();
    for mark in finder.find_iter(text) {
        if found.last().is_some_and(|last| mark.start() < last.span.range().end) {
            continue;
        }
        let by_prefix = || FORMS.iter().find_map(|form| form.at(text, mark.start()));
        found.extend(odd::at(text, mark.start()).or_else(by_prefix));
    }
    found
}

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let marks = FORMS.iter().map(|form| form.prefix).chain(odd::MARKS.iter().copied());
    AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(marks).ok()
});

impl Form {
    fn at(&self, text: &str, start: usize) -> Option<Secret> {
        let body = text.get(start..)?.strip_prefix(self.prefix)?;
        let body = self.alphabet.run(body);
        let whole = text.get(start..start.checked_add(self.prefix.len())?.checked_add(body.len())?)?;
        let fits = match self.length {
            Length::Exactly(length) => body.len() == length,
            Length::AtLeast(length) => body.len() >= length,
        };
        // Inside of another word only what is unmistakable counts.
        let stands = || {
            is_word_start(text, start)
                || self.check.is_some()
                || (self.prefix.len() >= TELLING_PREFIX_MIN && is_random(body))
        };
        let passes = || self.check.is_none_or(|check| check(whole));
        let issuer = self.issuer;
        (fits && self.is_mixed(body) && stands() && passes())
            .then(|| Secret { span: Span::new(start, start.saturating_add(whole.len())), issuer })
    }

    /// Whether the characters are mixed as in a secret: the prefix alone could begin a name.
    fn is_mixed(&self, body: &str) -> bool {
        let has = |test: fn(&u8) -> bool| body.as_bytes().iter().any(test);
        let letters = match self.alphabet {
            Alphabet::Letters => has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase),
            Alphabet::Base32 => has(u8::is_ascii_uppercase),
            _ => has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic),
        };
        letters && !is_placeholder(body) && (!SHORT_PREFIXES.contains(&self.prefix) || is_random(body))
    }
}

impl Alphabet {
    /// The characters of the alphabet from the start on; nothing when a word goes on after them.
    fn run(self, text: &str) -> &str {
        let length = text.bytes().take_while(|byte| self.has(*byte)).count();
        let next = text.as_bytes().get(length);
        let goes_on = next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if goes_on { "" } else { text.get(..length).unwrap_or("") }
    }

    fn has(self, byte: u8) -> bool {
        match self {
            Self::Letters => byte.is_ascii_alphabetic(),
            Self::Hexadecimal => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
        }
    }
}

fn is_word_start(text: &str, at: usize) -> bool {
    let before = text.as_bytes().get(..at).and_then(<[u8]>::last);
    before.is_none_or(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')))
}

/// **Unit**: characters of a prefix that nothing else begins with.
const TELLING_PREFIX_MIN: usize = 6;
/// Prefixes that many words end in or begin with.
const SHORT_PREFIXES: &[&str] = &["sk-", "fw_", "pa-"];

#[cfg(test)]
mod tests;
