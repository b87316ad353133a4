//! Whose announcements a gateway follows: public keys, signatures, and how many of them it takes.
//!
//! Deliberately pure: it knows no file, no clock and no private key. Invariants: what is signed is the payload as it
//! travels and its type (DSSE's pre-authentication encoding), never a value that was read from it; and one key counts
//! once, however often it signed.
//!
//! **Source**: DSSE 1.0.2 (secure-systems-lab/dsse, protocol.md); Ed25519 of RFC 8032.

use std::collections::BTreeSet;
use std::fmt;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::announcement::{AnnouncementError, Envelope};
use crate::digest::Digest;
use crate::read::scalar::LastSecond;

/// An Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// Reads its 32 bytes in Base64.
    pub fn parse(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// What a signature names it by: the first digits of its SHA-256. A hint alone; no decision rests on it.
    pub fn id(&self) -> String {
        Digest::of(&self.0).to_string().chars().take(ID_CHARS).collect()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&STANDARD.encode(self.0))
    }
}

/// **Unit**: hexadecimal digits.
const ID_CHARS: usize = 16;

/// The bytes that are signed: DSSE's pre-authentication encoding of a payload and its type.
pub fn signed_bytes(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

/// Who may publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustRoot {
    threshold: usize,
    keys: Vec<Trusted>,
}

/// One trusted key.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trusted {
    key: PublicKey,
    name: String,
    until: Option<LastSecond>,
}

/// Why a file is not a trust root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A line that says nothing of what it may.
    #[error("line {line}: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong and how to write it.
        why: &'static str,
    },
    /// It takes more keys than there are, or none.
    #[error(
        "the threshold is {threshold} and {keys} keys are named; it must be from 1 to the number of keys"
    )]
    Threshold {
        /// As written, or 1.
        threshold: usize,
        /// As written.
        keys: usize,
    },
    /// More bytes than a trust root has.
    #[error("it has more than {TRUST_BYTES_MAX} bytes")]
    TooLarge,
}

/// **Unit**: bytes of a trust root as written.
pub const TRUST_BYTES_MAX: usize = 64 << 10;

/// Why an announcement is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum Untrusted {
    /// It is not one.
    #[error(transparent)]
    Announcement(#[from] AnnouncementError),
    /// Too few of the trusted keys signed it.
    #[error(
        "the announcement has {} of {threshold} trusted signatures{}{}", valid.len(), listed(": ", valid),
        listed("; of keys that are over: ", over)
    )]
    TooFew {
        /// How many it takes.
        threshold: usize,
        /// Whose signatures are good.
        valid: Vec<String>,
        /// Whose would be, were their keys not over.
        over: Vec<String>,
    },
}

fn listed(before: &str, names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("{before}{}", names.join(", ")) }
}

impl TrustRoot {
    /// Reads a trust root.
    ///
    /// **Shape**: lines of `threshold N` (at most one; 1 without it) and `ed25519 BASE64 NAME [until DATE]`; empty lines
    /// and those that begin with `#` are for people.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        if text.len() > TRUST_BYTES_MAX {
            return Err(TrustError::TooLarge);
        }
        let (mut threshold, mut keys) = (None, Vec::<Trusted>::new());
        for (line, written) in (1..).zip(text.lines().map(str::trim)) {
            if written.is_empty() || written.starts_with('#') {
                continue;
            }
            let wrong = |why| TrustError::Line { line, why };
            if let Some(number) = written.strip_prefix("threshold ") {
                let number = number.trim().parse().map_err(|_| wrong("write `threshold` and a number"))?;
                if threshold.replace(number).is_some() {
                    return Err(wrong("the threshold stands twice"));
                }
                continue;
            }
            let trusted = trusted(written).map_err(wrong)?;
            if keys.iter().any(|other| other.key == trusted.key || other.name == trusted.name) {
                return Err(wrong("the key or the name stands twice"));
            }
            keys.push(trusted);
        }
        let threshold = threshold.unwrap_or(1);
        if threshold == 0 || threshold > keys.len() {
            return Err(TrustError::Threshold { threshold, keys: keys.len() });
        }
        Ok(Self { threshold, keys })
    }

    /// Whose signatures make an envelope trusted at a moment (Unix seconds), in the order of the trust root.
    pub fn admit(&self, envelope: &Envelope, now_s: i64) -> Result<Vec<String>, Untrusted> {
        let bytes = envelope.signed_bytes()?;
        let signatures: BTreeSet<Vec<u8>> = envelope
            .signatures()
            .iter()
            .filter_map(|signature| STANDARD.decode(&signature.sig).ok())
            .collect();
        let is_signed = |trusted: &&Trusted| {
            let key = UnparsedPublicKey::new(&ED25519, trusted.key.0);
            signatures.iter().any(|signature| key.verify(&bytes, signature).is_ok())
        };
        let signed = self.keys.iter().filter(is_signed);
        let (over, valid): (Vec<&Trusted>, Vec<&Trusted>) =
            signed.partition(|trusted| trusted.until.is_some_and(|until| until.0 < now_s));
        let names =
            |trusted: Vec<&Trusted>| trusted.into_iter().map(|trusted| trusted.name.clone()).collect();
        if valid.len() >= self.threshold {
            return Ok(names(valid));
        }
        Err(Untrusted::TooFew { threshold: self.threshold, valid: names(valid), over: names(over) })
    }
}

fn trusted(line: &str) -> Result<Trusted, &'static str> {
    let mut words = line.split_ascii_whitespace();
    if words.next() != Some("ed25519") {
        return Err("write `ed25519 BASE64 NAME`, as `pointsman signer new` prints it, or `threshold N`");
    }
    let key = words.next().and_then(PublicKey::parse).ok_or("the key is not 32 bytes in Base64")?;
    let name = words.next().ok_or("a name must follow the key")?.to_owned();
    let until = match (words.next(), words.next(), words.next()) {
        (None, ..) => None,
        (Some("until"), Some(date), None) => {
            Some(LastSecond::parse(date).ok_or("write a day such as 2027-01-31 after `until`")?)
        }
        _ => return Err("after the name only `until DATE` may stand"),
    };
    Ok(Trusted { key, name, until })
}

#[cfg(test)]
mod tests;
