//! The announcement: which snapshot is the current one, and everything about a publication that is not in the file.
//!
//! It travels as a DSSE envelope (Dead Simple Signing Envelope, version 1): the payload's bytes in base64, and a list
//! of signatures over them. This file is pure: it reads and writes the text and knows no folder, no clock and no key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::signing::signed_bytes;
use crate::digest::Digest;
use crate::limits::ANNOUNCEMENT_BYTES_MAX;

/// The payload type of our envelopes.
pub const PAYLOAD_TYPE: &str = "application/vnd.pointsman.announcement+json";

/// Why an announcement cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AnnouncementError {
    /// More bytes than an announcement can have.
    #[error("the announcement has more than {ANNOUNCEMENT_BYTES_MAX} bytes")]
    TooLarge,
    /// Not JSON of the envelope's or announcement's form: cut off, or not an announcement.
    #[error("the announcement cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// The payload is not base64.
    #[error("the announcement's payload is not base64")]
    Base64(#[from] base64::DecodeError),
    /// Another kind of envelope.
    #[error("the envelope holds `{0}`, not an announcement")]
    PayloadType(String),
}

/// What is announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// Rises by at least one with every publication.
    pub generation: u64,
    /// The snapshot file.
    pub snapshot: Blob,
    /// Its decision digest.
    pub decisions: DigestText,
    /// The generation that it follows; none for the first.
    pub parent: Option<u64>,
    /// The commit that it was compiled from, when it was.
    pub source: Option<Commit>,
    /// The head of the audit log at that time.
    pub audit_head: Option<DigestText>,
    /// When it was published, RFC 3339 in UTC.
    pub time: String,
}

/// A file by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blob {
    /// SHA-256 of its bytes.
    pub sha256: DigestText,
    /// **Unit**: bytes.
    pub size: u64,
}

/// Where a policy came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commit {
    /// Its object id.
    pub commit: String,
    /// Who signed it.
    pub signer: Option<String>,
    /// Who approved it.
    pub approvers: Vec<String>,
}

/// A digest as hexadecimal text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DigestText(pub Digest);

impl TryFrom<String> for DigestText {
    type Error = crate::digest::NotADigest;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Digest::parse(&text).map(Self)
    }
}

impl From<DigestText> for String {
    fn from(digest: DigestText) -> Self {
        digest.0.to_string()
    }
}

/// One signature over the payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Which key.
    pub keyid: String,
    /// Ed25519 over DSSE's pre-authentication encoding, in base64.
    pub sig: String,
}

/// An announcement in its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Envelope {
    payload_type: String,
    payload: String,
    signatures: Vec<Signature>,
}

impl Envelope {
    /// An envelope without signatures.
    pub fn unsigned(announcement: &Announcement) -> Result<Self, AnnouncementError> {
        let payload = STANDARD.encode(serde_json::to_vec(announcement)?);
        Ok(Self { payload_type: PAYLOAD_TYPE.to_owned(), payload, signatures: Vec::new() })
    }

    /// Reads an envelope.
    pub fn parse(bytes: &[u8]) -> Result<Self, AnnouncementError> {
        if bytes.len() > ANNOUNCEMENT_BYTES_MAX {
            return Err(AnnouncementError::TooLarge);
        }
        let envelope: Self = serde_json::from_slice(bytes)?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(AnnouncementError::PayloadType(envelope.payload_type));
        }
        Ok(envelope)
    }

    /// The text of the envelope, with a final line end.
    pub fn to_text(&self) -> Result<String, AnnouncementError> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// What it announces. Says nothing about who signed it.
    pub fn announcement(&self) -> Result<Announcement, AnnouncementError> {
        Ok(serde_json::from_slice(&STANDARD.decode(&self.payload)?)?)
    }

    /// The bytes that its signatures are over.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, AnnouncementError> {
        Ok(signed_bytes(&self.payload_type, &STANDARD.decode(&self.payload)?))
    }

    /// Adds a signature.
    pub fn add(&mut self, signature: Signature) {
        self.signatures.push(signature);
    }

    /// The signatures.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }
}
