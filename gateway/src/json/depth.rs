//! How deep a text of JSON is nested, before anything reads it.
//!
//! A text with few brackets cannot be deep, whatever they mean; only one with many is read with an eye on strings. It
//! need not be valid JSON: whoever reads it next says so.

use super::BadRequest;
use crate::limits::JSON_DEPTH_MAX;

/// Refuses a text that is nested deeper than allowed.
pub(super) fn check(text: &[u8]) -> Result<(), BadRequest> {
    let few = memchr::memchr2_iter(b'[', b'{', text).nth(JSON_DEPTH_MAX).is_none();
    if few || depth_outside_strings(text) <= JSON_DEPTH_MAX { Ok(()) } else { Err(BadRequest::TooDeep) }
}

/// The greatest depth, or the first that is too deep.
fn depth_outside_strings(text: &[u8]) -> usize {
    let (mut at, mut depth, mut deepest) = (0_usize, 0_usize, 0_usize);
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => at = after_string(text, at),
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
                if deepest > JSON_DEPTH_MAX {
                    return deepest;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// One past the quote that ends the string whose content begins at `at`.
fn after_string(text: &[u8], mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let Some(found) = memchr::memchr2(b'"', b'\\', rest) else { return text.len() };
        at += found + 1;
        if rest.get(found) == Some(&b'"') {
            return at;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = JSON_DEPTH_MAX;

    fn check_depth(text: &str, expected: bool) {
        assert_eq!(check(text.as_bytes()).is_ok(), expected, "{text:.60}");
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        check_depth(&format!("{}{}", "[".repeat(MAX), "]".repeat(MAX)), true);
        check_depth(&format!("{}{}", "[".repeat(MAX + 1), "]".repeat(MAX + 1)), false);
        check_depth(&"{\"a\":".repeat(200_000), false);
        check_depth(&format!("[\"{}\"]", "[".repeat(1000)), true);
        check_depth(&format!("[\"\\\"{}\\\\\"{}", "[".repeat(1000), "[".repeat(MAX - 1)), true);
        check_depth(&format!("[\"\\\\\"{}", "[".repeat(MAX)), false);
        check_depth(&"[]".repeat(1000), true);
        check_depth(&format!("\"{}", "[".repeat(1000)), true);
        check_depth("\"\\", true);
    }
}
