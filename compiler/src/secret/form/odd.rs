//! Secrets that are more than a prefix and characters: our own keys, private keys in PEM, JSON Web Tokens, Azure's keys
//! with their mark in the middle.

use pointsman_schema::api_key;
use pointsman_schema::tree::Span;

use super::{Alphabet, is_word_start};
use crate::secret::Secret;
use crate::secret::random::is_placeholder;

/// What is looked for; each begins one of the forms below, or stands inside of it.
pub(super) const MARKS: &[&str] = &[api_key::PREFIX, PEM, JWT, AZURE, ENTRA_7, ENTRA_8];

/// The secret whose mark stands at an offset.
pub(super) fn at(text: &str, at: usize) -> Option<Secret> {
    let rest = text.get(at..)?;
    let found = |start: usize, end: usize, issuer| Some(Secret { span: Span::new(start, end), issuer });
    let from_here = |length: usize, issuer| found(at, at.saturating_add(length), issuer);
    if rest.starts_with(api_key::PREFIX) {
        let key = rest.get(..api_key::KEY_BYTES).filter(|key| api_key::is_well_formed(key.as_bytes()))?;
        return from_here(key.len(), "a Pointsman API key");
    }
    if rest.starts_with(PEM) {
        return from_here(pem(rest)?, "a private key");
    }
    if rest.starts_with(JWT) && is_word_start(text, at) {
        return from_here(jwt(rest)?, "a JSON Web Token");
    }
    if rest.starts_with(AZURE) {
        let start = azure(text, at)?;
        return found(start, start.saturating_add(AZURE_CHARACTERS), "an Azure key");
    }
    if rest.starts_with(ENTRA_7) || rest.starts_with(ENTRA_8) {
        let (start, end) = entra(text, at)?;
        return found(start, end, "an Entra client secret");
    }
    None
}

/// The length of a private key from its first line to its last; without a last line, as far as it looks like one.
///
/// **Source**: RFC 7468.
fn pem(rest: &str) -> Option<usize> {
    let head_window = rest.floor_char_boundary(PEM_HEAD_MAX.saturating_add(PEM_HEAD_END.len()));
    let head = rest.get(..head_window)?;
    let head = head.get(..head.find(PEM_HEAD_END)?)?;
    if head.contains('\n') {
        return None;
    }
    let body_start = head.len().saturating_add(PEM_HEAD_END.len());
    // No key goes on past the beginning of the next, so that no text is looked through twice.
    let window = rest.get(body_start..)?;
    let window = window.get(..window.find(PEM).unwrap_or(window.len()))?;
    let end = window.find("-----END");
    let body = end
        .and_then(|end| window.get(..end))
        .unwrap_or_else(|| window.get(..body_like(window)).unwrap_or(""));
    let digits = body.bytes().filter(|byte| Alphabet::Base64.has(*byte)).count();
    if digits < PEM_DIGITS_MIN {
        return None;
    }
    let length = match end {
        Some(end) => {
            let tail = window.get(end..)?;
            end.saturating_add(tail.find('\n').unwrap_or(tail.len()))
        }
        None => body.len(),
    };
    Some(body_start.saturating_add(length))
}

/// How far lines go on that look like Base64, whatever marks them as a comment or a text.
fn body_like(window: &str) -> usize {
    let is_like = |line: &&str| {
        let plain = line
            .trim()
            .trim_start_matches(['#', '/', '*', ' ', '"', '\'', '|'])
            .trim_end_matches(['"', '\'', ',', '+', ' ', '\\']);
        plain.bytes().all(|byte| Alphabet::Base64.has(byte))
    };
    window.split_inclusive('\n').take_while(is_like).map(str::len).sum()
}

/// The length of header, payload and signature, the first two JSON objects in Base64. A mark inside of a part is none, so
/// that no part is looked at more than three times.
///
/// **Source**: RFC 7519, RFC 7515.
fn jwt(rest: &str) -> Option<usize> {
    let part = |text: &str| Alphabet::Word.length(text);
    let object = |text: &str| Some(part(text)).filter(|n| text.starts_with(JWT) && *n >= JWT_PART_MIN);
    let after_header = rest.get(object(rest)?..)?.strip_prefix('.')?;
    let after_payload = after_header.get(object(after_header)?..)?.strip_prefix('.')?;
    let signature = after_payload.get(..part(after_payload))?;
    let fits = signature.len() >= JWT_PART_MIN && !is_placeholder(signature);
    let before = rest.len().saturating_sub(after_payload.len());
    fits.then(|| before.saturating_add(signature.len()))
}

/// Where a key begins whose mark is at an offset: 52 characters, the mark, its version, year and month, and the rest.
///
/// **Source**: Microsoft Security Utilities, common annotated security keys (SEC101/200).
fn azure(text: &str, mark: usize) -> Option<usize> {
    let start = mark.checked_sub(AZURE_RANDOM)?;
    let key = text.get(start..start.checked_add(AZURE_CHARACTERS)?)?;
    let after = |offset: usize| key.as_bytes().get(offset).copied();
    let is_key = key.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && after(57).is_some_and(|version| matches!(version, b'9' | b'D' | b'H'))
        && after(59).is_some_and(|month| matches!(month, b'A'..=b'L'))
        && after(76).is_some_and(|byte| byte.is_ascii_alphabetic());
    (is_key && is_word_start(text, start)).then_some(start)
}

/// Where a client secret begins and ends whose mark is at an offset: three characters before, 31 to 34 after it.
///
/// **Source**: Microsoft Security Utilities, Azure AD client application secrets (SEC101/156).
fn entra(text: &str, mark: usize) -> Option<(usize, usize)> {
    let in_secret = |byte: u8| Alphabet::Dotted.has(byte) || byte == b'~';
    let start = mark.checked_sub(3)?;
    let rest = text.get(start..)?;
    let length = rest.bytes().take(ENTRA_MAX.saturating_add(1)).take_while(|byte| in_secret(*byte)).count();
    let fits = (ENTRA_MIN..=ENTRA_MAX).contains(&length) && is_word_start(text, start);
    (fits && !is_placeholder(rest.get(..length)?)).then(|| (start, start.saturating_add(length)))
}

const PEM: &str = "-----BEGIN ";
const PEM_HEAD_END: &str = "PRIVATE KEY-----";
/// **Unit**: bytes up to [`PEM_HEAD_END`], the mark included.
const PEM_HEAD_MAX: usize = 32;
/// **Unit**: digits of Base64; the shortest key has 64, an example has an ellipsis.
const PEM_DIGITS_MIN: usize = 40;
/// `{"` in Base64.
const JWT: &str = "eyJ";
/// **Unit**: characters of one part.
const JWT_PART_MIN: usize = 16;
const AZURE: &str = "JQQJ9";
/// **Unit**: characters before the mark.
const AZURE_RANDOM: usize = 52;
const AZURE_CHARACTERS: usize = 84;
const ENTRA_7: &str = "7Q~";
const ENTRA_8: &str = "8Q~";
/// **Unit**: characters of a whole secret.
const ENTRA_MIN: usize = 37;
const ENTRA_MAX: usize = 40;
