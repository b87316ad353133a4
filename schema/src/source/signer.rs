//! Whose signed commits a workspace publishes.
//!
//! Deliberately only the form of a key: whether a signature is its is checked where commits are read.

use serde_json::{Value as Json, json};

use crate::json_schema::Definitions;
use crate::read::record::record;
use crate::read::{ProblemKind, Read, Reader};
use crate::tree::Node;

record! {
    /// Someone whose signed commits are published.
    object "signer"
    pub struct Signer {
        /// The public key as in `authorized_keys`: `ssh-ed25519 AAAA…`.
        required key: SshKey = "key",
    }
}

/// An SSH public key.
///
/// **Shape**: `ssh-ed25519` and the key in Base64, 68 digits (RFC 8709). A comment behind it is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshKey(pub String);

impl SshKey {
    fn parse(text: &str) -> Result<Self, String> {
        let hint = "write `ssh-ed25519 AAAA…`, the content of an id_ed25519.pub";
        let mut words = text.split_ascii_whitespace();
        let (Some("ssh-ed25519"), Some(key)) = (words.next(), words.next()) else {
            return Err(hint.to_owned());
        };
        let is_base64 = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
        // 51 bytes: length and name of the algorithm, length and 32 bytes of key. The first 19 never differ.
        let is_whole = key.len() == 68 && key.starts_with("AAAAC3NzaC1lZDI1NTE5AAAAI");
        if is_base64 && is_whole { Ok(Self(format!("ssh-ed25519 {key}"))) } else { Err(hint.to_owned()) }
    }
}

impl Read for SshKey {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let expected = "an SSH public key";
        // People paste the private key here.
        reader.hiding(node.span, |reader| {
            let text = reader.text(node, expected)?;
            let report = |why| ProblemKind::Malformed { expected, text: String::new(), why };
            Self::parse(text).map_err(|why| reader.report(node.span, report(why))).ok()
        })
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}( .*)?$" })
    }
}
