//! One file that is not policy: only searched for secrets.
//!
//! Deliberately reads no format. The invariant: what is not text has no secret, and a secret that the cut at the end of
//! a large file would halve is neither found nor shown.
//!
//! Read next: [`crate::secret`].

use pointsman_schema::digest::Digest;

use crate::encoding::readable;
use crate::rules::possible_secret;
use crate::secret::{self, Secret};
use crate::tree_source::BESIDE_FILE_BYTES_MAX;

/// What a file beside the policy holds.
#[derive(Debug)]
pub struct BesideAnalysis {
    /// Relative to the workspace.
    pub path: String,
    /// Of the bytes that were read.
    pub digest: Digest,
    /// Secrets in plain text.
    pub secrets: Vec<Secret>,
}

impl BesideAnalysis {
    /// Searches a file.
    pub fn of(path: &str, bytes: &[u8]) -> Self {
        let secrets = if is_text(bytes) { secrets(&Self::text(bytes)) } else { Vec::new() };
        Self { path: path.to_owned(), digest: Digest::of(bytes), secrets }
    }

    /// The text that was searched.
    pub fn text(bytes: &[u8]) -> String {
        let mut text = readable(bytes);
        if bytes.len() >= BESIDE_FILE_BYTES_MAX {
            let end = text.rfind(char::is_whitespace).unwrap_or(text.len());
            text.truncate(end);
        }
        text
    }
}

/// The secrets of a text, without what a comment on the same line says is none.
fn secrets(text: &str) -> Vec<Secret> {
    let mut found = secret::find(text);
    found.retain(|secret| {
        let (before, after) = text.split_at_checked(secret.span.range().end).unwrap_or((text, ""));
        let line = |before: &str, after: &str| {
            let (start, end) = (before.rfind('\n').map_or(0, |at| at.saturating_add(1)), after.find('\n'));
            let around = (before.get(start..), after.get(..end.unwrap_or(after.len())));
            [around.0, around.1].into_iter().flatten().any(possible_secret::is_allowed)
        };
        secret.is_certain() || !line(before, after)
    });
    found
}

/// Whether bytes are text, as Git decides it; UTF-16 is, too.
fn is_text(bytes: &[u8]) -> bool {
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    is_utf16 || !bytes.iter().take(LOOKED_AT_BYTES).any(|byte| *byte == 0)
}

/// **Unit**: bytes of a file in which a NUL says that it is no text.
const LOOKED_AT_BYTES: usize = 8000;
