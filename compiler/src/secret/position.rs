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
    let is_spaced = spaced.len() < named.len();
    let is_value = match separator {
        Separator::Space => assigned.is_some() || is_spaced,
        Separator::Sign => {
            assigned.is_some() || (is_spaced && (quote.is_some() || Reference::of(value).is_some()))
        }
    };
    if !is_value {
        return None;
    }
    let inner = quote.and_then(|quote| bare.strip_prefix(quote)).unwrap_or(value);
    let (reference, inner) = Reference::of(inner).map_or((None, inner), |(kind, name)| (Some(kind), name));
    let value = match quote {
        Some(quote) => quoted(inner, quote)?,
        None => run(inner),
    };
    let is_reference = reference.is_some_and(|reference| reference.is_name(value));
    (!is_reference).then(|| (start_of(text, value), value))
}

/// What says that a name follows, not a secret; a key is often pasted after it.
#[derive(Clone, Copy)]
enum Reference {
    /// The name of an environment variable.
    Env,
    /// A path.
    File,
}

impl Reference {
    fn of(value: &str) -> Option<(Self, &str)> {
        let env = || Some((Self::Env, value.strip_prefix("env:")?));
        let file = || Some((Self::File, value.strip_prefix("file:")?));
        env().or_else(file)
    }

    /// Whether it is written as such names are: capitals with `_`, or words between `/` and `.`.
    fn is_name(self, name: &str) -> bool {
        match self {
            Self::Env => {
                let in_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
                name.contains('_') && name.bytes().all(in_name)
            }
            Self::File => {
                let of_word = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_');
                let shows_path = |part: &str| part.len() >= PATH_WORD_MIN && part.bytes().all(of_word);
                name.starts_with(['/', '.', '~']) || name.split(['/', '.']).any(shows_path)
            }
        }
    }
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
    let in_secret = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-' | b'.' | b'~')
    };
    // One more than allowed shows that it is too long, and the work at one place stays bounded.
    let length = rest.bytes().take(LENGTH_MAX.saturating_add(1)).take_while(|byte| in_secret(*byte)).count();
    rest.get(..length).unwrap_or("")
}

/// The password in `//user:password@host`.
fn password_of_address(text: &str, end: usize) -> Option<(usize, &str)> {
    let rest = text.get(end..)?;
    let rest = rest.get(..rest.floor_char_boundary(AUTHORITY_MAX))?;
    let length =
        rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'')).unwrap_or(rest.len());
    let authority = rest.get(..length)?;
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
/// **Unit**: bytes of user, password and host in an address.
const AUTHORITY_MAX: usize = 2048;
/// **Unit**: bytes of a part of a path that shows that it is one.
const PATH_WORD_MIN: usize = 3;

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
            "postgres://user:{}@host",
            "secret: env:{}",
            "secret: file:{}",
            "secret \"env:{}\"",
            "secret env:{}",
            "{{\"token\": \"file:{}\"}}",
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
        check("secret: env:TEAM_A1B2C3D4E5F6G7H8_API_KEY", &[]);
        check(&format!("secret: file:/run/secrets/{secret}"), &[]);
        check(&format!("secret: \"file:openai/{secret}\""), &[]);
        check(&format!("secret: file:{secret}.txt"), &[]);
        check("api_key: ${MISTRAL_API_KEY}", &[]);
        check("token: <your token>", &[]);
        check("password: correct-horse-battery-staple-2024", &[]);
        check("the secret is kept elsewhere", &[]);
        check("input-tokens { min 100000 }", &[]);
        check(&format!("secret: sealed:{secret}"), &[]);
        check("https://api.openai.com/v1", &[]);
    }
}
