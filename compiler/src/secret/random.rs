//! Whether a text was drawn at random rather than written by a person.
//!
//! Entropy alone does not tell: `my-very-long-secret-name-2024` has as much of it as a key. What tells is how often the
//! kind of character changes: between two characters of a random text in about half of the places, between those of
//! words and dates rarely.

/// Whether a text looks random and is no placeholder.
pub(super) fn is_random(text: &str) -> bool {
    if is_placeholder(text) {
        return false;
    }
    is_uuid(text) || text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_random_run)
}

/// Whether a text stands for a secret that people are to put there.
pub(super) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    is_monotonous(&lower) || PLACEHOLDERS.iter().any(|word| lower.contains(word)) || counts_up(&lower)
}

/// Letters and digits without anything between, mixed as no word is.
fn is_random_run(run: &str) -> bool {
    let kinds = || run.bytes().map(kind);
    let changes = kinds().zip(kinds().skip(1)).filter(|(one, next)| one != next).count();
    run.len() >= RUN_CHARACTERS_MIN
        && run.bytes().any(|byte| byte.is_ascii_digit())
        && run.bytes().any(|byte| byte.is_ascii_alphabetic())
        && changes.saturating_mul(CHANGES_ONE_IN) > run.len()
}

fn kind(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        _ => 2,
    }
}

/// Eight, four, four, four and twelve hexadecimal digits, of the version that is drawn at random (RFC 9562).
fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').take(6).collect();
    let lengths = parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]);
    lengths
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
        && parts.get(2).is_some_and(|version| version.starts_with('4'))
}

/// Whether few different characters make up the whole: `xxxxxxxx`, `000…1`.
fn is_monotonous(text: &str) -> bool {
    let mut seen = [false; 128];
    for byte in text.bytes() {
        if let Some(seen) = seen.get_mut(usize::from(byte)) {
            *seen = true;
        }
    }
    seen.iter().filter(|seen| **seen).count() < DIFFERENT_MIN
}

/// Whether digits or letters stand in the order of the alphabet, which no drawing gives.
fn counts_up(text: &str) -> bool {
    let mut length = 0_usize;
    text.bytes().zip(text.bytes().skip(1)).any(|(one, next)| {
        let goes_on =
            one.is_ascii_alphanumeric() && (one.checked_add(1) == Some(next) || (one, next) == (b'9', b'0'));
        length = if goes_on { length.saturating_add(1) } else { 0 };
        length >= IN_ORDER_MAX
    })
}

const PLACEHOLDERS: &[&str] = &[
    "your",
    "xxxx",
    "placeholder",
    "change-me",
    "changeme",
    "change_me",
    "redacted",
    "dummy",
    "insert",
    "replace",
];
/// **Unit**: letters and digits without anything between.
const RUN_CHARACTERS_MIN: usize = 16;
/// **Unit**: different characters.
const DIFFERENT_MIN: usize = 7;
/// **Unit**: characters in alphabetical order, the first one not counted.
const IN_ORDER_MAX: usize = 6;
/// The kind of character must change at least at one place in this many.
const CHANGES_ONE_IN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: bool) {
        assert_eq!(is_random(text), expected, "{text}");
    }

    #[test]
    fn what_people_write_is_not_random() {
        check("my-very-long-secret-name-2024-production", false);
        check("gpt4o20240718preview1", false);
        check("claude-3-5-sonnet-20241022", false);
        check("YOUR_API_KEY_GOES_HERE_a1B2c3D4e5F6g7H8", false);
        check("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1", false);
        check("0123456789abcdef0123456789abcdef", false);
        check("openai/production/key-2", false);
        check(&"ab01".repeat(8), false);
    }

    #[test]
    fn what_was_drawn_is() {
        check(&["9f4c1e7a", "02bd83d6", "5e7190ac", "d3b84f62"].concat(), true);
        check(&["kR7wQz2N", "b9TfXp4L", "m3VcYd8J", "h6SgWa1E"].concat(), true);
        check(&["7d2c9f41", "5b3e", "4a86", "b1f0", "93cde8527a64"].join("-"), true);
        check(&["7d2c9f41", "5b3e", "1a86", "b1f0", "93cde8527a64"].join("-"), false);
    }
}
