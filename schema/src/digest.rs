//! SHA-256 digests: of snapshots, of sections, of decisions and of API keys.
//!
//! One type for all of them, because they are compared and printed alike. It never holds anything but a digest, so it
//! may be shown anywhere.

use std::fmt;

/// A SHA-256 digest (FIPS 180-4).
///
/// **Shape**: 32 bytes; as text, 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 lower-case hexadecimal digits")]
pub struct NotADigest;

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finish()
    }

    /// Reads the hexadecimal form.
    pub fn parse(text: &str) -> Result<Self, NotADigest> {
        let bytes: &[u8; 64] = text.as_bytes().try_into().map_err(|_| NotADigest)?;
        let mut out = [0_u8; 32];
        for (slot, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
            let [high, low] = pair else { return Err(NotADigest) };
            *slot = (nibble(*high)? << 4) | nibble(*low)?;
        }
        Ok(Self(out))
    }
}

fn nibble(digit: u8) -> Result<u8, NotADigest> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(NotADigest),
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// A digest over bytes that arrive in pieces.
pub struct Hasher(aws_lc_rs::digest::Context);

impl Hasher {
    /// An empty digest.
    pub fn new() -> Self {
        Self(aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256))
    }

    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes so far.
    pub fn finish(self) -> Digest {
        let mut out = [0_u8; 32];
        for (slot, byte) in out.iter_mut().zip(self.0.finish().as_ref()) {
            *slot = *byte;
        }
        Digest(out)
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, valid: bool) {
        assert_eq!(
            Digest::parse(text).map(|digest| digest.to_string()),
            if valid { Ok(text.to_owned()) } else { Err(NotADigest) }
        );
    }

    #[test]
    fn text_form_is_64_lower_case_digits() {
        check("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", true);
        check("E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", false);
        check("e3b0", false);
        check("é3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85", false);
    }

    #[test]
    fn digest_of_nothing_is_the_published_one() {
        assert_eq!(
            Digest::of(b"").to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
