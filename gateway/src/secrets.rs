//! Where a credential's reference becomes the secret itself, and the only type that holds one.
//!
//! A secret is read anew with every snapshot that is loaded. One that cannot be had makes its backends unavailable and
//! is reported by name and reason; it does not stop the load. No reason ever repeats a secret's text.
//!
//! What tokens are asked for with is read here, too, as it is.
//!
//! Invariant: [`Secret`] can be neither printed nor serialized, and its memory is zeroed when the last handle on it is
//! dropped, those in requests under way included: every one of them sends the same memory.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use pointsman_schema::archive::NONE;
use pointsman_schema::archive::providers::{ArchivedCredential, CREDENTIAL_ENV};
use pointsman_schema::snapshot::View;
use zeroize::Zeroizing;

use crate::limits::SECRET_BYTES_MAX;

/// A provider's secret: visible ASCII that can stand in a header. A clone is one more handle on the same text.
#[derive(Clone)]
pub struct Secret(Arc<Values>);

/// A secret as header values. Both are the same memory.
struct Values {
    bearer: HeaderValue,
    plain: HeaderValue,
}

/// What owns a secret's memory.
struct Memory(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Why a credential has no secret. The operator's or the policy author's to mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretProblem {
    /// The environment variable is not set.
    #[error("the environment variable is not set")]
    NotSet,
    /// The gateway was started without a folder for secrets.
    #[error("it is a file, and the gateway has no `--secrets` folder")]
    NoFolder,
    /// The file is not there.
    #[error("the file does not exist")]
    NoFile,
    /// The path leaves its owner's folder, itself or by a symbolic link.
    #[error("the file lies outside its owner's folder")]
    Outside,
    /// A folder, a pipe or a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// No permission, or a damaged disk.
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::ErrorKind),
    /// Longer than any secret.
    #[error("it has more than {SECRET_BYTES_MAX} bytes")]
    TooLong,
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// Spaces inside, control characters, line ends or letters outside ASCII.
    #[error("it has characters that cannot stand in a header")]
    NotAHeader,
}

/// A secret that cannot be had, and where it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (`{place}`)")]
pub struct Missing {
    problem: SecretProblem,
    /// As a policy writes it.
    place: String,
}

/// Where one secret is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// One of the `CREDENTIAL_` codes.
    pub source: u8,
    /// The variable's name or the file's path.
    pub reference: String,
    /// The team in whose folder a file lies.
    pub team: Option<String>,
}

/// Where secrets are looked for.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The `--secrets` folder.
    pub folder: Option<PathBuf>,
    /// How an environment variable is read.
    pub environment: fn(&str) -> Option<OsString>,
}

impl Kept {
    /// The secret that was found there.
    pub(crate) fn secret(&self, bytes: &[u8]) -> Result<Secret, Missing> {
        Secret::new(bytes).map_err(|problem| self.missing(problem))
    }

    fn missing(&self, problem: SecretProblem) -> Missing {
        let scheme = if self.source == CREDENTIAL_ENV { "env" } else { "file" };
        Missing { problem, place: format!("{scheme}:{}", self.reference) }
    }
}

impl Secret {
    /// The text. For what must not be repeated, and nothing else.
    pub fn expose(&self) -> &str {
        self.0.plain.to_str().unwrap_or_default()
    }

    /// The value of a header that holds it alone. For the request to the credential's own provider, and nothing else.
    pub fn plain(&self) -> HeaderValue {
        self.0.plain.clone()
    }

    /// The same as a bearer token.
    ///
    /// **Source**: RFC 6750, section 2.1.
    pub fn bearer(&self) -> HeaderValue {
        self.0.bearer.clone()
    }

    /// Whether a text holds it, or a part of one that is made of several, as access keys are.
    pub fn is_in(&self, text: &str) -> bool {
        let is_found = |part: &str| part.len() >= PART_BYTES_MIN && text.contains(part);
        text.contains(self.expose()) || self.expose().split(':').any(is_found)
    }

    /// Whether both are handles on one text.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Reads one, with or without a line end after it.
    pub(crate) fn new(bytes: &[u8]) -> Result<Self, SecretProblem> {
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let text = std::str::from_utf8(text).map_err(|_| SecretProblem::NotAHeader)?;
        if text.is_empty() {
            return Err(SecretProblem::Empty);
        }
        if text.len() > SECRET_BYTES_MAX {
            return Err(SecretProblem::TooLong);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SecretProblem::NotAHeader);
        }
        let bearer = Zeroizing::new([SCHEME, text.as_bytes()].concat());
        let bearer = Bytes::from_owner(Memory(bearer));
        let plain = bearer.slice(SCHEME.len()..);
        Ok(Self(Arc::new(Values { bearer: sensitive(bearer)?, plain: sensitive(plain)? })))
    }
}

/// A header's value that is not printed and that no table of HTTP/2 keeps.
fn sensitive(bytes: Bytes) -> Result<HeaderValue, SecretProblem> {
    let mut value = HeaderValue::from_maybe_shared(bytes).map_err(|_| SecretProblem::NotAHeader)?;
    value.set_sensitive(true);
    Ok(value)
}

const SCHEME: &[u8] = b"Bearer ";

impl Sources {
    /// The process's environment, and this folder.
    pub fn of_process(folder: Option<PathBuf>) -> Self {
        Self { folder, environment: |name| std::env::var_os(name) }
    }

    /// The secret of a credential.
    pub(crate) fn secret(&self, view: &View<'_>, credential: &ArchivedCredential) -> Result<Secret, Missing> {
        let team = (credential.team != NONE).then(|| view.text(credential.team).to_owned());
        let (source, reference) = (credential.source, view.text(credential.reference).to_owned());
        let kept = Kept { source, reference, team };
        self.read(&kept).and_then(|bytes| kept.secret(&bytes))
    }

    /// What is kept somewhere, as it is.
    pub(crate) fn read(&self, kept: &Kept) -> Result<Zeroizing<Vec<u8>>, Missing> {
        let Kept { source, reference, team } = kept;
        let read = if *source == CREDENTIAL_ENV {
            let value = (self.environment)(reference).ok_or(SecretProblem::NotSet);
            value.map(|value| Zeroizing::new(value.into_encoded_bytes()))
        } else {
            self.file(team.as_deref(), reference)
        };
        read.map_err(|problem| kept.missing(problem))
    }

    fn file(&self, team: Option<&str>, reference: &str) -> Result<Zeroizing<Vec<u8>>, SecretProblem> {
        let folder = self.folder.as_deref().ok_or(SecretProblem::NoFolder)?;
        let owner = team.map_or_else(|| folder.to_owned(), |team| folder.join(team));
        // Links are followed first and the result compared, so that a link cannot lead to another team's secret, yet
        // a volume that is itself made of links (a Kubernetes secret) works.
        let owner = owner.canonicalize().map_err(|error| unreadable(&error))?;
        let path = owner.join(Path::new(reference)).canonicalize().map_err(|error| unreadable(&error))?;
        if !path.starts_with(&owner) {
            return Err(SecretProblem::Outside);
        }
        read(&path)
    }
}

fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretProblem> {
    let file = crate::regular_file::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidInput => SecretProblem::NotAFile,
        _ => unreadable(&error),
    })?;
    let limit = SECRET_BYTES_MAX.saturating_add(LINE_END_BYTES);
    // Of full size from the start: growing would leave copies behind that nobody zeroes.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit.saturating_add(READ_AHEAD_BYTES)));
    let narrow = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::take(file, narrow).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() > limit { Err(SecretProblem::TooLong) } else { Ok(bytes) }
}

fn unreadable(error: &std::io::Error) -> SecretProblem {
    match error.kind() {
        std::io::ErrorKind::NotFound => SecretProblem::NoFile,
        kind => SecretProblem::Unreadable(kind),
    }
}

/// **Unit**: bytes. What is shorter between two colons is no secret of its own.
const PART_BYTES_MIN: usize = 8;
/// **Unit**: bytes of the longest line end that may follow a secret.
const LINE_END_BYTES: usize = 2;
/// **Unit**: bytes that reading to the end may want free beyond the content.
const READ_AHEAD_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn check(team: Option<&str>, path: &str, expected: Result<&str, SecretProblem>) {
        let folder = tempfile::tempdir().unwrap();
        let inside = |name: &str| folder.path().join(name);
        for (name, text) in [
            ("plain", "sk-1\n"),
            ("windows", "sk-2\r\n"),
            ("two-lines", "a\nb\n"),
            ("empty", "\n"),
            ("space", "a b"),
            ("accent", "clé"),
        ] {
            std::fs::write(inside(name), text).unwrap();
        }
        std::fs::write(inside("largest"), vec![b'x'; SECRET_BYTES_MAX]).unwrap();
        std::fs::write(inside("long"), vec![b'x'; SECRET_BYTES_MAX + 1]).unwrap();
        std::fs::write(inside("endless"), vec![b'x'; SECRET_BYTES_MAX * 2]).unwrap();
        std::fs::create_dir_all(inside("support/..data")).unwrap();
        std::fs::write(inside("support/..data/own"), "sk-3").unwrap();
        symlink("..data/own", inside("support/own")).unwrap();
        symlink("../plain", inside("support/stolen")).unwrap();
        let sources = Sources { folder: Some(folder.path().to_owned()), environment: |_| None };
        let secret = sources.file(team, path).and_then(|bytes| Secret::new(&bytes));
        assert_eq!(secret.as_ref().map(Secret::expose), expected.as_ref().copied(), "{team:?} {path}");
    }

    #[test]
    fn a_file_gives_its_first_line_alone() {
        check(None, "plain", Ok("sk-1"));
        check(None, "windows", Ok("sk-2"));
        check(None, "two-lines", Err(SecretProblem::NotAHeader));
        check(None, "empty", Err(SecretProblem::Empty));
        check(None, "space", Err(SecretProblem::NotAHeader));
        check(None, "accent", Err(SecretProblem::NotAHeader));
        check(None, "missing", Err(SecretProblem::NoFile));
        check(None, "support", Err(SecretProblem::NotAFile));
    }

    #[test]
    fn what_is_missing_is_named() {
        let check = |source, reference: &str, expected: &str| {
            let sources = Sources { folder: None, environment: |_| None };
            let kept = Kept { source, reference: reference.to_owned(), team: None };
            assert_eq!(sources.read(&kept).unwrap_err().to_string(), expected);
        };
        check(CREDENTIAL_ENV, "KEY", "the environment variable is not set (`env:KEY`)");
        let no_folder = "it is a file, and the gateway has no `--secrets` folder (`file:a/b`)";
        check(pointsman_schema::archive::providers::CREDENTIAL_FILE, "a/b", no_folder);
    }

    #[test]
    fn a_part_of_a_secret_is_found() {
        let secret = Secret::new(b"AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI:x").unwrap();
        for text in ["a AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI:x", "by wJalrXUtnFEMI", "AKIAIOSFODNN7EXAMPLE"] {
            assert!(secret.is_in(text), "{text}");
        }
        assert!(!secret.is_in("x: wJalrXUt"));
    }

    #[test]
    fn a_secret_has_a_greatest_length() {
        check(None, "largest", Ok(&"x".repeat(SECRET_BYTES_MAX)));
        check(None, "long", Err(SecretProblem::TooLong));
        check(None, "endless", Err(SecretProblem::TooLong));
    }

    #[test]
    fn a_team_reads_its_own_folder_only() {
        check(Some("support"), "own", Ok("sk-3"));
        check(Some("support"), "plain", Err(SecretProblem::NoFile));
        check(Some("support"), "stolen", Err(SecretProblem::Outside));
        check(Some("support"), "../plain", Err(SecretProblem::Outside));
        check(Some("support"), "/etc/hostname", Err(SecretProblem::Outside));
        check(Some("nobody"), "own", Err(SecretProblem::NoFile));
    }
}
