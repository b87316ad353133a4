//! `credential`: where a secret is found and where it may go; never the secret itself.

use serde_json::{Value as Json, json};

use super::token::{TokenEndpoint, TokenIssuer, TokenRequest};
use super::upstream::BaseUrl;
use crate::json_schema::Definitions;
use crate::read::pattern::RelativePath;
use crate::read::plainly;
use crate::read::record::record;
use crate::read::scalar::{Name, Reference};
use crate::read::{ProblemKind, Read, Reader};
use crate::tree::{Node, Value};

record! {
    /// Where the secret for a provider or an MCP server is found; never the secret itself. In a team's folder it is that
    /// team's own key and only that team's keys can reach it.
    object "credential"
    pub struct Credential {
        /// The provider that the secret may be sent to. It must have the same owner. Exactly one of `provider` and
        /// `mcp-server` is given.
        optional provider: Reference = "provider",
        /// The MCP server that the secret may be sent to. It must have the same owner.
        optional mcp_server: Reference = "mcp-server",
        /// Where the gateway finds the secret: `env:NAME`, or `file:PATH` under its `--secrets` folder (a team's paths
        /// are under `<secrets>/<team>/`), or `sealed:BLOB`, the secret encrypted to the gateways' public key, or a
        /// source of short-lived tokens with its endpoint: `aws:URL`, `gcp:URL`, `entra:URL`.
        required secret: SecretSource = "secret",
        /// How tokens are asked for, where `secret` is a source of them.
        optional token: TokenRequest = "token",
        /// The account at the provider that it belongs to. Credentials of one account share its rate limits; by default
        /// each credential is an account of its own.
        optional account: Name = "account",
        /// Whether other teams' files may name it.
        optional export: bool = "export",
    }
}

/// Where a secret is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// It is kept somewhere.
    Kept(SecretPlace),
    /// A source of tokens and its endpoint.
    Token(TokenIssuer, TokenEndpoint),
}

/// Where a secret is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretPlace {
    /// An environment variable of the gateway.
    Env(String),
    /// A file, relative to the owner's folder under the gateway's `--secrets` folder.
    File(String),
    /// An encrypted file of age (age-encryption.org/v1) in Base64.
    Sealed(String),
}

impl SecretSource {
    fn parse(text: &str) -> Result<Self, String> {
        let token = text.split_once(':').and_then(|(word, rest)| Some((TokenIssuer::from_word(word)?, rest)));
        if let Some((issuer, endpoint)) = token {
            let written = endpoint.to_owned();
            return BaseUrl::parse(endpoint).map(|url| Self::Token(issuer, TokenEndpoint { written, url }));
        }
        SecretPlace::parse(text, "env:NAME, file:PATH, sealed:BLOB, or aws:, gcp: or entra: and an endpoint")
            .map(Self::Kept)
    }
}

impl std::fmt::Display for SecretPlace {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(out, "env:{name}"),
            Self::File(path) => write!(out, "file:{path}"),
            Self::Sealed(blob) => write!(out, "sealed:{blob}"),
        }
    }
}

impl SecretPlace {
    /// `forms` are those that may be written here.
    fn parse(text: &str, forms: &str) -> Result<Self, String> {
        if let Some((word, rest)) = text.split_once(':') {
            match word {
                "env" => return environment(rest),
                "file" => return file(rest),
                "sealed" => return sealed(rest),
                _ => {}
            }
        }
        let variable = text.strip_prefix('$').map(|rest| rest.trim_start_matches('{').trim_end_matches('}'));
        let is_variable =
            |name: &str| name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if let Some(name) = variable.filter(|name| !name.is_empty() && is_variable(name)) {
            return Err(format!("write env:{name} for the variable {name} of the gateway"));
        }
        Err(format!("write {forms}; the secret itself never stands in a policy"))
    }
}

fn environment(name: &str) -> Result<SecretPlace, String> {
    let valid = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    valid.then(|| SecretPlace::Env(name.to_owned())).ok_or_else(|| {
        "an environment variable is letters, digits and `_`, such as env:OPENAI_API_KEY".to_owned()
    })
}

fn file(path: &str) -> Result<SecretPlace, String> {
    RelativePath::parse(path)
        .map(|path| SecretPlace::File(path.as_str().to_owned()))
        .map_err(|_| "a file is a relative path without `.` and `..`, such as file:openai/key".to_owned())
}

/// The blob's outer form only: who it is for and whether it opens is known where the private key is.
fn sealed(blob: &str) -> Result<SecretPlace, String> {
    let hint = "a sealed secret is an age file in Base64 without line breaks";
    if blob.len() > SEALED_BYTES_MAX {
        return Err(format!("it has {} bytes, at most {SEALED_BYTES_MAX} are allowed", blob.len()));
    }
    let digits = blob.trim_end_matches('=');
    let is_base64 = blob.len().is_multiple_of(4)
        && blob.len().saturating_sub(digits.len()) <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'));
    if !is_base64 || !blob.starts_with(SEALED_START) {
        return Err(format!("{hint}; it begins with {SEALED_START}"));
    }
    if digits.len() < SEALED_BYTES_MIN {
        return Err(format!("{hint}; this one is cut off"));
    }
    Ok(SecretPlace::Sealed(blob.to_owned()))
}

/// `age-encryption.org/v1` in Base64, as far as its digits do not depend on what follows.
const SEALED_START: &str = "YWdlLWVuY3J5cHRpb24ub3JnL3Yx";
/// **Unit**: Base64 digits. A header with one recipient, its MAC, a nonce and the tag of an empty payload.
const SEALED_BYTES_MIN: usize = 260;
/// **Unit**: bytes of one sealed secret as written.
const SEALED_BYTES_MAX: usize = 16 << 10;

impl Read for SecretSource {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        read(node, reader, Self::parse)
    }

    fn describe(_: &mut Definitions) -> Json {
        let forms =
            "^(env:[A-Za-z0-9_]+|file:[^/].*|sealed:[A-Za-z0-9+/=]+|(aws|gcp|entra):https?://[^@?#]+)$";
        json!({ "type": "string", "pattern": forms })
    }
}

impl Read for SecretPlace {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        read(node, reader, |text| Self::parse(text, "env:NAME, file:PATH or sealed:BLOB"))
    }

    fn describe(_: &mut Definitions) -> Json {
        json!({ "type": "string", "pattern": "^(env:[A-Za-z0-9_]+|file:[^/].*|sealed:[A-Za-z0-9+/=]+)$" })
    }
}

fn read<T>(node: &Node, reader: &mut Reader<'_>, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
    let expected = "a reference to a secret";
    let read = |reader: &mut Reader<'_>| {
        let text = reader.text(node, expected)?;
        let report = |why| ProblemKind::Malformed { expected, text: String::new(), why };
        parse(text).map_err(|why| reader.report(node.span, report(why))).ok()
    };
    match &node.value {
        // The name of a variable is worth showing.
        Value::Scalar(scalar) if plainly::variable(&scalar.text).is_some() => read(reader),
        // People paste secrets here.
        _ => reader.hiding(node.span, read),
    }
}
