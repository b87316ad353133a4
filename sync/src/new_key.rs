//! Making API keys: the only place that needs randomness for them.
//!
//! The text form is `pointsman-schema`'s; here only its random part is drawn, from the system's generator. Nothing is
//! stored: the caller shows the key once and puts its digest into a policy.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use pointsman_schema::api_key::{self, BASE62, RANDOM_CHARS};
use pointsman_schema::digest::Digest;

/// The system's generator gave nothing.
#[derive(Debug, thiserror::Error)]
#[error("the system's random generator failed")]
pub struct NoRandomness;

/// A new key and its digest.
pub struct NewKey {
    /// The key; to be shown once and never stored.
    pub text: String,
    /// What the policy holds.
    pub digest: Digest,
}

/// Draws a key.
pub fn generate() -> Result<NewKey, NoRandomness> {
    let system = SystemRandom::new();
    let mut random = [b'0'; RANDOM_CHARS];
    for slot in &mut random {
        *slot = loop {
            let mut byte = [0];
            system.fill(&mut byte).map_err(|_| NoRandomness)?;
            // 62 does not divide 64: what is past it is drawn again, so that every character is equally likely.
            let [byte] = byte;
            if let Some(character) = BASE62.get(usize::from(byte & 63)) {
                break *character;
            }
        };
    }
    let text = api_key::assemble(&random);
    Ok(NewKey { digest: api_key::digest(text.as_bytes()), text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_well_formed_and_differ() {
        let (one, other) = (generate().unwrap(), generate().unwrap());
        assert!(
            api_key::is_well_formed(one.text.as_bytes()) && api_key::is_well_formed(other.text.as_bytes())
        );
        assert_ne!(one.text, other.text);
        assert_eq!(one.digest, Digest::of(one.text.as_bytes()));
    }
}
