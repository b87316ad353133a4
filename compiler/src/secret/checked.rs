//! Check sums inside of secrets: noise that only begins like one is told apart offline.
//!
//! Deliberately only those that their issuers describe in public.

use pointsman_schema::api_key::{CHECK_CHARS, checksum};

/// Whether the last six characters are the CRC-32 of those before, in base62 with leading zeros.
///
/// **Source**: GitHub, "Behind GitHub's new authentication token formats" (2021); npm took over the same form.
pub(super) fn crc32_base62(body: &str) -> bool {
    body.as_bytes()
        .split_last_chunk::<CHECK_CHARS>()
        .is_some_and(|(random, check)| *check == checksum(random))
}

/// Whether the last eight hexadecimal digits, after an underscore, are the CRC-32 of all before that underscore.
///
/// **Source**: Grafana, `pkg/components/satokengen` of its source.
pub(super) fn crc32_hex(token: &str) -> bool {
    let Some((payload, check)) = token.rsplit_once('_') else { return false };
    u32::from_str_radix(check, 16).is_ok_and(|check| check == crc32fast::hash(payload.as_bytes()))
}

/// Whether a text in capitals is Bech32 with its check sum.
///
/// **Source**: BIP 173; an age identity is Bech32 (age-encryption.org/v1).
pub(super) fn bech32(text: &str) -> bool {
    bech32_state(text) == Some(1)
}

/// What the check sum comes to; 1 when it is right.
pub(super) fn bech32_state(text: &str) -> Option<u32> {
    let (human, data) = text.rsplit_once('1').filter(|(_, data)| data.len() > 6)?;
    let mut state = 1;
    for byte in human.bytes().map(|byte| byte.to_ascii_lowercase()) {
        state = step(state, byte >> 5);
    }
    state = step(state, 0);
    for byte in human.bytes().map(|byte| byte.to_ascii_lowercase()) {
        state = step(state, byte & 31);
    }
    for byte in data.bytes().map(|byte| byte.to_ascii_lowercase()) {
        let value = BECH32.iter().position(|digit| *digit == byte)?;
        state = step(state, u8::try_from(value).ok()?);
    }
    Some(state)
}

fn step(state: u32, value: u8) -> u32 {
    let top = state >> 25;
    let next = ((state & 0x01ff_ffff) << 5) ^ u32::from(value);
    GENERATOR
        .iter()
        .enumerate()
        .fold(next, |next, (bit, term)| if (top >> bit) & 1 == 1 { next ^ term } else { next })
}

const BECH32: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_changed_digit_is_noticed() {
        // The empty example of BIP 173, and one with data.
        let check = |text: &str, expected: bool| assert_eq!(bech32(text), expected, "{text}");
        check("ABCDEF1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LMQQQXW", true);
        check("ABCDEF1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LMQQQXQ", false);
        check("ABCDEF1QPZRY9X8GF2TVDW0S3JN54KHCE6MUB7LMQQQXW", false);
        check("none", false);
    }
}
