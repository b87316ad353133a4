//! The id of a request: 16 bytes, always ours, ordered by time.
//!
//! Laid out as a version 7 UUID (RFC 9562): 48 bits of Unix milliseconds, then a counter and randomness of the worker.
//! Never taken from a client, because a split without a subject draws by it. Not a secret: the randomness is for
//! uniqueness and an even draw, not for guessing games.

use std::cell::Cell;

/// A request's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(pub [u8; 16]);

impl RequestId {
    /// The usual text of a UUID, without allocation.
    pub fn text(self) -> [u8; 36] {
        let mut out = [b'-'; 36];
        for (byte, place) in self.0.iter().zip(PLACES) {
            if let Some(pair) = out.get_mut(place..place + 2) {
                pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
            }
        }
        out
    }
}

/// Where the two digits of each byte stand in the text.
const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

const fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

/// A worker's source of ids and of dice: splitmix64 over a random seed.
pub struct Dice {
    state: Cell<u64>,
}

impl Dice {
    /// Dice that always fall the same way for the same seed.
    pub const fn seeded(seed: u64) -> Self {
        Self { state: Cell::new(seed) }
    }

    /// Dice seeded by the system; the same fall on every machine if the system has no randomness to give.
    pub fn from_system() -> Self {
        let mut seed = [0; 8];
        if aws_lc_rs::rand::fill(&mut seed).is_err() {
            tracing::warn!("the system gives no randomness; request ids are unique by time only");
        }
        Self::seeded(u64::from_le_bytes(seed))
    }

    /// The next 64 bits.
    pub fn roll(&self) -> u64 {
        let state = self.state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.state.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A new id at a Unix time in milliseconds.
    pub fn request_id(&self, unix_ms: u64) -> RequestId {
        let random = u128::from(self.roll()) << 64 | u128::from(self.roll());
        let time = u128::from(unix_ms & 0xFFFF_FFFF_FFFF) << 80;
        let body = random & 0x0FFF_3FFF_FFFF_FFFF_FFFF;
        RequestId((time | body | 0x7000_8000_0000_0000_0000).to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unix_ms: u64, seed: u64, starts: &str) {
        let text = Dice::seeded(seed).request_id(unix_ms).text();
        let text = std::str::from_utf8(&text).unwrap().to_owned();
        assert!(text.starts_with(starts), "{text}");
        assert_eq!(text.as_bytes()[14], b'7', "{text}");
        assert!(b"89ab".contains(&text.as_bytes()[19]), "{text}");
        assert_eq!(text.matches('-').count(), 4, "{text}");
    }

    #[test]
    fn ids_are_version_7_and_begin_with_the_time() {
        check(0, 1, "00000000-0000-7");
        check(0x0123_4567_89AB, 2, "01234567-89ab-7");
        check(u64::MAX, u64::MAX, "ffffffff-ffff-7");
    }

    #[test]
    fn ids_of_one_moment_differ() {
        let dice = Dice::seeded(7);
        let ids: std::collections::BTreeSet<_> = (0..1000).map(|_| dice.request_id(5).0).collect();
        assert_eq!(ids.len(), 1000);
    }
}
