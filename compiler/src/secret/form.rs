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
        let rest = text.get(start..)?.strip_prefix(self.prefix)?;
        // Inside of another word only what is unmistakable counts.
        let is_telling = self.prefix.len() >= TELLING_PREFIX_MIN;
        let is_alone = self.check.is_some() || is_word_start(text, start);
        if !is_alone && !is_telling {
            return None;
        }
        let body_start = start.checked_add(self.prefix.len())?;
        let judged_max = match self.length {
            Length::Exactly(length) => length,
            Length::AtLeast(length) => length.max(JUDGED_MAX),
        };
        let body = self.alphabet.run(rest, judged_max);
        let whole = text.get(start..body_start.checked_add(body.len())?)?;
        let fits = match self.length {
            Length::Exactly(length) => body.len() == length,
            Length::AtLeast(length) => body.len() >= length,
        };
        let passes = || self.check.is_none_or(|check| check(whole));
        let issuer = self.issuer;
        if !(fits && self.is_mixed(body) && (is_alone || is_random(body)) && passes()) {
            return None;
        }
        // Marks inside of what is found are passed over, so that its end is looked for once.
        let length = if body.len() > judged_max { self.alphabet.length(rest) } else { body.len() };
        Some(Secret { span: Span::new(start, body_start.saturating_add(length)), issuer })
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
    /// The characters of the alphabet from the start on; nothing when a word goes on after them. One more than the most
    /// shows that there are more, whatever follows.
    fn run(self, text: &str, length_max: usize) -> &str {
        let window_max = length_max.saturating_add(1);
        let length = text.bytes().take(window_max).take_while(|byte| self.has(*byte)).count();
        let next = text.as_bytes().get(length).filter(|_| length < window_max);
        let goes_on = next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        if goes_on { "" } else { text.get(..length).unwrap_or("") }
    }

    /// How many characters of the alphabet there are from the start on.
    fn length(self, text: &str) -> usize {
        text.bytes().take_while(|byte| self.has(*byte)).count()
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

/// **Unit**: characters by which a secret without an exact length is judged, so that the work at one mark is bounded.
const JUDGED_MAX: usize = 128;
/// **Unit**: characters of a prefix that nothing else begins with.
const TELLING_PREFIX_MIN: usize = 6;
/// Prefixes that many words end in or begin with.
const SHORT_PREFIXES: &[&str] = &["sk-", "fw_", "pa-"];

#[cfg(test)]
mod tests;
