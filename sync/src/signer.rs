//! Private keys that sign announcements: made, read and used here and nowhere else.
//!
//! A file holds one Ed25519 key in PKCS#8 (RFC 8410) as PEM, as `openssl genpkey -algorithm ed25519` writes it, too. The
//! invariant: a key is never printed, and its bytes are zeroed when they are not needed any more.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pointsman_schema::snapshot::Envelope;
use pointsman_schema::snapshot::announcement::{AnnouncementError, Signature};
use pointsman_schema::snapshot::signing::PublicKey;
use zeroize::Zeroizing;

/// A key that signs.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The file cannot be read or made.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another kind of file, or a damaged one.
    #[error("{} is not an Ed25519 private key in PEM (PKCS#8); `pointsman signer new` makes one", .0.display())]
    NotAKey(PathBuf),
    /// The system's generator gave nothing.
    #[error("the system's random generator failed")]
    NoRandomness,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SigningKey({})", self.public.id())
    }
}

impl SigningKey {
    /// Makes a key and writes it into a file that does not exist yet and only its owner may read.
    pub fn make(path: &Path) -> Result<Self, SigningKeyError> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        let document = document.map_err(|_| SigningKeyError::NoRandomness)?;
        let base64 = Zeroizing::new(STANDARD.encode(document.as_ref()));
        let key = Self::of_der(document.as_ref()).ok_or_else(|| SigningKeyError::NotAKey(path.to_owned()))?;
        let io = |source| SigningKeyError::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(io)?;
        // Its base64 is longer than a line of PEM should be.
        let (first, second) = base64.split_at(base64.len().min(LINE_CHARS));
        let pem = Zeroizing::new(format!("{BEGIN}\n{first}\n{second}\n{END}\n"));
        file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
        Ok(key)
    }

    /// Reads a key.
    pub fn read(path: &Path) -> Result<Self, SigningKeyError> {
        let io = |source| SigningKeyError::Io { path: path.to_owned(), source };
        let mut pem = Zeroizing::new(String::with_capacity(FILE_BYTES_MAX));
        let file = std::fs::File::open(path).map_err(io)?;
        let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
        file.take(most).read_to_string(&mut pem).map_err(io)?;
        der(&pem).and_then(|der| Self::of_der(&der)).ok_or_else(|| SigningKeyError::NotAKey(path.to_owned()))
    }

    fn of_der(der: &[u8]) -> Option<Self> {
        // Without the public half, as openssl writes it, too.
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
        let public = PublicKey(pair.public_key().as_ref().try_into().ok()?);
        Some(Self { pair, public })
    }

    /// What goes into a gateway's trust root.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// Signs what an envelope holds, unless this key has.
    pub fn sign(&self, envelope: &mut Envelope) -> Result<(), AnnouncementError> {
        let keyid = self.public.id();
        if envelope.signatures().iter().any(|signature| signature.keyid == keyid) {
            return Ok(());
        }
        let signature = self.pair.sign(&envelope.signed_bytes()?);
        envelope.add(Signature { keyid, sig: STANDARD.encode(signature.as_ref()) });
        Ok(())
    }
}

/// The bytes between the lines of PEM (RFC 7468).
fn der(pem: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, rest) = pem.split_once(BEGIN)?;
    let (inside, _) = rest.split_once(END)?;
    let mut base64 = Zeroizing::new(String::with_capacity(inside.len()));
    base64.extend(inside.split_ascii_whitespace());
    STANDARD.decode(base64.as_bytes()).ok().map(Zeroizing::new)
}

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// **Unit**: characters, RFC 7468 section 2.
const LINE_CHARS: usize = 64;
/// **Unit**: bytes; a file with a key is smaller. Room for all of them from the start, so that reading leaves no copies behind.
const FILE_BYTES_MAX: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 8410 section 10.3, and its public key of section 10.1.
    const OPENSSL: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
    const PUBLIC: &str = "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";

    fn check(text: &str, expected: Option<&str>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        std::fs::write(&path, text).unwrap();
        let key = SigningKey::read(&path);
        assert_eq!(key.ok().map(|key| key.public().to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn a_key_is_read_as_openssl_writes_it() {
        check(OPENSSL, Some(PUBLIC));
        check(&OPENSSL.replace('\n', "\r\n"), Some(PUBLIC));
        check(&format!("# a comment\n{OPENSSL}"), Some(PUBLIC));
        check("", None);
        check(&OPENSSL.replace("INTuctv5", "INTu"), None);
        check(&OPENSSL.replace("-----END", "END"), None);
        check(&OPENSSL.replace("PRIVATE", "EC PRIVATE"), None);
    }

    #[test]
    fn a_new_key_is_its_owners_alone_and_never_overwrites_another() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let made = SigningKey::make(&path).unwrap();
        assert_eq!(SigningKey::read(&path).unwrap().public(), made.public());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(SigningKey::make(&path).is_err());
        assert!(!format!("{made:?}").contains(&std::fs::read_to_string(&path).unwrap()[30..60]));
    }
}
