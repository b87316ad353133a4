//! The text form of an API key, checked without any table.
//!
//! A key is `pmk_live_`, 30 characters of base62 from the system's generator (about 178 bits), and 6 characters of
//! base62 that hold the CRC-32 of everything before them. The check sum lets a secret scanner tell a key from noise
//! offline, and lets the gateway refuse noise before it hashes or looks up anything. This file makes no randomness and
//! keeps no key.

use crate::digest::Digest;

/// What every live key begins with.
pub const PREFIX: &str = "pmk_live_";
/// **Unit**: characters of randomness.
pub const RANDOM_CHARS: usize = 30;
/// **Unit**: characters of the check sum.
pub const CHECK_CHARS: usize = 6;
/// **Unit**: bytes of a whole key.
pub const KEY_BYTES: usize = PREFIX.len() + RANDOM_CHARS + CHECK_CHARS;
/// The digits of base62, least value first.
pub const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether a text has the form and the check sum of a key. Says nothing about whether any policy knows it.
pub fn is_well_formed(text: &[u8]) -> bool {
    let Some((payload, check)) = text.split_last_chunk::<CHECK_CHARS>() else { return false };
    text.len() == KEY_BYTES
        && payload.starts_with(PREFIX.as_bytes())
        && payload.iter().skip(PREFIX.len()).all(u8::is_ascii_alphanumeric)
        && *check == checksum(payload)
}

/// The digest that a policy holds in place of the key.
pub fn digest(text: &[u8]) -> Digest {
    Digest::of(text)
}

/// Completes a key from its random part. Characters outside base62 make a key that [`is_well_formed`] refuses.
pub fn assemble(random: &[u8; RANDOM_CHARS]) -> String {
    let mut text = String::with_capacity(KEY_BYTES);
    text.push_str(PREFIX);
    text.extend(random.iter().copied().map(char::from));
    let check = checksum(text.as_bytes());
    text.extend(check.iter().copied().map(char::from));
    text
}

/// The first place in `text` where a well-formed key stands, as a byte range.
///
/// **Source**: the `literal-secret` rule; the same search that a secret scanner would do.
pub fn find(text: &str) -> Option<std::ops::Range<usize>> {
    text.match_indices(PREFIX).find_map(|(start, _)| {
        let end = start.checked_add(KEY_BYTES)?;
        is_well_formed(text.as_bytes().get(start..end)?).then_some(start..end)
    })
}

/// CRC-32 (ISO 3309) in base62, most significant digit first.
pub fn checksum(payload: &[u8]) -> [u8; CHECK_CHARS] {
    let mut rest = crc32fast::hash(payload);
    let mut out = [b'0'; CHECK_CHARS];
    for slot in out.iter_mut().rev() {
        let digit = usize::try_from(rest % 62).unwrap_or(0);
        *slot = BASE62.get(digit).copied().unwrap_or(b'0');
        rest /= 62;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: bool) {
        assert_eq!(is_well_formed(text.as_bytes()), expected, "{text}");
    }

    #[test]
    fn one_changed_character_is_noticed() {
        let key = assemble(b"0123456789ABCDEFGHIJabcdefghij");
        check(&key, true);
        for at in 0..key.len() {
            let mut bytes = key.clone().into_bytes();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            check(std::str::from_utf8(&bytes).unwrap(), false);
        }
    }

    #[test]
    fn other_texts_are_not_keys() {
        let key = assemble(&[b'z'; RANDOM_CHARS]);
        check("", false);
        check(&key[1..], false);
        check(&format!("{key}0"), false);
        check(&assemble(&[b'-'; RANDOM_CHARS]), false);
    }

    #[test]
    fn find_sees_a_key_inside_other_text() {
        let key = assemble(&[b'q'; RANDOM_CHARS]);
        assert_eq!(find(&format!("see pmk_live_ and {key}.")), Some(18..18 + KEY_BYTES));
        assert_eq!(find("pmk_live_short"), None);
    }
}
