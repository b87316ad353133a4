//! Secrets without a form of their own, where a secret belongs: `api_key: …`, `PASSWORD=…`, `Bearer …`, `//user:…@host`.
//!
//! Deliberately only what looks drawn at random: most of what stands in such a place is a name, a variable or a
//! placeholder. Source: providers whose keys have no prefix (Mistral: 32, Cohere: 40 letters and digits; AWS secret
//! access keys: 40 of Base64; Azure keys before 2024: 32 hexadecimal digits).

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use pointsman_schema::tree::Span;

use super::random::is_random;
use super::{Secret, UNKNOWN};

/// Every such secret of a text, in order.
pub(super) fn find(text: &str) -> Vec<Secret> {
    let Some(words) = FINDER.as_ref() else { return Vec::new() };
    let mut found: Vec<Secret> = Vec::new();
    for word in words.find_iter(text) {
        if found.last().is_some_and(|last| word.start() < last.span.range().end) {
            continue;
        }
        let value = match WORDS.get(word.pattern().as_usize()) {
            Some(&ADDRESS) => password_of_address(text, word.end()),
            Some(&BEARER) => value_after(text, word.end(), Separator::Space),
            _ => value_after(text, word.end(), Separator::Sign),
        };
        let Some((start, value)) = value else { continue };
        let secret = Secret { span: Span::new(start, start.saturating_add(value.len())), issuer: UNKNOWN };
        // `authorization: bearer …` names it twice.
        let is_new = found.last() != Some(&secret);
        if is_new && (LENGTH_MIN..=LENGTH_MAX).contains(&value.len()) && is_random(value) {
            found.push(secret);
        }
    }
    found
}

/// What stands between a word and its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    /// A space will do.
    Space,
    /// A colon or an equals sign, or a quote as in KDL.
    Sign,
}

/// The value that a word is given, when the word ends a name: `api_key` does in `OPENAI_API_KEY=`, not in `api_key_id=`.
fn value_after(text: &str, end: usize, separator: Separator) -> Option<(usize, &str)> {
    let rest = text.get(end..)?;
    let named = rest.trim_start_matches(['"', '\'', '`', '\\', ']', ')']);
    let spaced = named.trim_start_matches([' ', '\t']);
    let assigned = SIGNS.iter().find_map(|sign| spaced.strip_prefix(sign));
    let mut value = assigned.unwrap_or(spaced).trim_start_matches([' ', '\t']);
    for scheme in ["Bearer ", "bearer ", "Basic ", "basic ", "token "] {
        value = value.strip_prefix(scheme).unwrap_or(value);
    }
    let bare = value.trim_start_matches(['\\', '#', 'r']);
    let quote = bare.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let is_value = match separator {
        Separator::Space => spaced.len() < named.len() || assigned.is_some(),
        Separator::Sign => assigned.is_some() || (spaced.len() < named.len() && quote.is_some()),
    };
    let value = match quote {
        Some(quote) => quoted(bare.strip_prefix(quote)?, quote)?,
        None => run(value),
    };
    is_value.then(|| (start_of(text, value), value))
}

/// Where a part of a text starts in it.
fn start_of(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// Up to the closing quote of the same line; nothing of what is computed or described.
fn quoted(rest: &str, quote: char) -> Option<&str> {
    let end = rest.find([quote, '\n', '\\']).unwrap_or(rest.len());
    let value = rest.get(..end)?;
    (!value.contains([' ', '<', '>', '{', '}', '$', ':'])).then_some(value)
}

/// The characters from the start on of which secrets consist.
fn run(rest: &str) -> &str {
    let in_secret =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_' | '-' | '.' | '~');
    // One more than allowed shows that it is too long, and the work at one place stays bounded.
    let length = rest.chars().take(LENGTH_MAX.saturating_add(1)).take_while(|c| in_secret(*c)).count();
    rest.get(..length).unwrap_or("")
}

/// The password in `//user:password@host`.
fn password_of_address(text: &str, end: usize) -> Option<(usize, &str)> {
    let rest = text.get(end..)?;
    let authority = rest.get(..rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\''))?)?;
    let (user, _) = authority.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    Some((end.saturating_add(name.len()).saturating_add(1), password))
}

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(WORDS)
        .ok()
});

const BEARER: &str = "bearer";
const ADDRESS: &str = "://";
/// What the names of secrets end in.
const WORDS: &[&str] = &[
    "secret",
    "token",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "access-key",
    "accountkey",
    "account_key",
    "account-key",
    "secretkey",
    "secret_key",
    "secret-key",
    "privatekey",
    "private_key",
    "private-key",
    "signing_key",
    "signing-key",
    "encryption_key",
    "encryption-key",
    "master_key",
    "master-key",
    "authorization",
    "credential",
    "subscription-key",
    "subscription_key",
    BEARER,
    ADDRESS,
];
const SIGNS: &[&str] = &[":=", "=>", "=", ":"];
/// **Unit**: bytes of a secret.
const LENGTH_MIN: usize = 20;
/// **Unit**: bytes of a secret; longer text is data, not a credential.
const LENGTH_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = find(text).iter().map(|secret| text.get(secret.span.range()).unwrap()).collect();
        assert_eq!(found, expected, "{text}");
    }

    /// Put together at run time, so that this file holds nothing that looks like a secret.
    fn sample() -> String {
        ["kR7wQz2N", "b9TfXp4L", "m3VcYd8J", "h6SgWa1E"].concat()
    }

    #[test]
    fn what_stands_where_a_secret_belongs_is_one() {
        let secret = sample();
        for around in [
            "MISTRAL_API_KEY={}",
            "api_key: {}",
            "apiKey = \"{}\"",
            "\"api-key\": \"{}\",",
            "  secret \"{}\"",
            "secret=\"{}\" provider=\"x\"",
            "Authorization: Bearer {}",
            "curl -H 'authorization: bearer {}'",
            "# the old token: {}",
            "password => '{}'",
            "{{\\\"token\\\": \\\"{}\\\"}}",
            "secret #\"{}\"#",
            "postgres://user:{}@host/db",
        ] {
            check(&around.replace("{}", &secret), &[&secret]);
        }
    }

    #[test]
    fn elsewhere_and_otherwise_there_is_none() {
        let secret = sample();
        check(&format!("digest: {secret}"), &[]);
        check(&format!("api_key_id: {secret}"), &[]);
        check(&format!("tokens: {secret}"), &[]);
        check("secret: env:MISTRAL_API_KEY", &[]);
        check("secret: file:openai/production/key-2", &[]);
        check("api_key: ${MISTRAL_API_KEY}", &[]);
        check("token: <your token>", &[]);
        check("password: correct-horse-battery-staple-2024", &[]);
        check("the secret is kept elsewhere", &[]);
        check("input-tokens { min 100000 }", &[]);
        check(&format!("secret: sealed:{secret}"), &[]);
        check("https://api.openai.com/v1", &[]);
    }
}
