//! The certificate that clients see, read again when its files change.
//!
//! A pair that cannot be used (cut off, key of another certificate) never replaces one that can: while files are being
//! exchanged, connections go on with the old pair. Client certificates are not asked for.
//!
//! Invariant: no lock is held while files are read, so a file system that hangs stops the looking and nothing else.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::follow::report::stuck;
use crate::limits::PEM_BYTES_MAX;
use crate::options::TlsFiles;
use crate::regular_file;

/// Why a certificate or a list of authorities cannot be used. The operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file is missing or cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not PEM, or holds something else.
    #[error("{} is not a PEM file with {expected}: {source}", path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// What should be in it.
        expected: &'static str,
        /// What is wrong.
        source: rustls_pki_types::pem::Error,
    },
    /// The key is not the certificate's, or the certificate is damaged.
    #[error("the certificate and its key cannot be used together: {0}")]
    Pair(#[from] rustls::Error),
}

/// A certificate with its key, exchanged while connections come in.
pub struct Certificate {
    files: TlsFiles,
    config: ArcSwap<ServerConfig>,
    seen: Mutex<Seen>,
}

/// The bytes in use, why newer ones are not, and when the look began that goes on now.
struct Seen {
    pair: Pair,
    trouble: Option<String>,
    looking_since: Option<Instant>,
}

#[derive(PartialEq, Eq)]
struct Pair {
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl Certificate {
    /// Reads the pair for the first time.
    pub fn read(files: TlsFiles) -> Result<Self, TlsError> {
        let pair = read_pair(&files)?;
        let config = ArcSwap::from(server_config(&files, &pair)?);
        Ok(Self { files, config, seen: Mutex::new(Seen { pair, trouble: None, looking_since: None }) })
    }

    /// The configuration for a new connection.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.config.load_full()
    }

    /// Looks at the files, and takes a changed pair into use when it is good. Blocks on the file system.
    pub fn look(&self) {
        self.look_with(|| read_pair(&self.files));
    }

    fn look_with(&self, read: impl FnOnce() -> Result<Pair, TlsError>) {
        self.seen().looking_since = Some(Instant::now());
        let fresh = read().and_then(|pair| self.parsed(pair));
        let mut seen = self.seen();
        seen.looking_since = None;
        match fresh {
            Ok(None) => seen.trouble = None,
            Ok(Some((pair, config))) => {
                self.config.store(config);
                (seen.pair, seen.trouble) = (pair, None);
                tracing::info!("the changed certificate is in use");
            }
            Err(error) => {
                let text = error.to_string();
                if seen.trouble.as_ref() != Some(&text) {
                    tracing::error!(%error, "the changed certificate is not used; the last good one is");
                    seen.trouble = Some(text);
                }
            }
        }
    }

    /// A pair with its configuration; `None` for the one that is in use.
    fn parsed(&self, pair: Pair) -> Result<Option<(Pair, Arc<ServerConfig>)>, TlsError> {
        if pair == self.seen().pair {
            return Ok(None);
        }
        let config = server_config(&self.files, &pair)?;
        Ok(Some((pair, config)))
    }

    /// Why the files as they are now are not in use.
    pub fn trouble(&self) -> Option<String> {
        self.seen().trouble.clone()
    }

    /// For how long a look has been stuck in the file system, when it is.
    pub fn stuck(&self) -> Option<Duration> {
        stuck(self.seen().looking_since)
    }

    /// Held only to compare and to store.
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The authorities in a PEM file, besides the well-known ones.
pub fn authorities(extra: Option<&Path>) -> Result<rustls::RootCertStore, TlsError> {
    let mut roots = crate::upstream::tls::public_roots();
    let Some(path) = extra else { return Ok(roots) };
    for certificate in certificates(path, &read(path)?)? {
        roots.add(certificate)?;
    }
    Ok(roots)
}

fn read_pair(files: &TlsFiles) -> Result<Pair, TlsError> {
    Ok(Pair { certificate: read(&files.certificate)?, key: Zeroizing::new(read(&files.key)?) })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    regular_file::read(path, PEM_BYTES_MAX)
        .map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
}

fn server_config(files: &TlsFiles, pair: &Pair) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = certificates(&files.certificate, &pair.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&pair.key).map_err(pem(&files.key, "a private key"))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![HTTP_2.to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// All certificates of a file; at least one.
fn certificates(path: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
    let certificates = certificates.map_err(pem(path, "certificates"))?;
    if certificates.is_empty() {
        return Err(pem(path, "certificates")(rustls_pki_types::pem::Error::NoItemsFound));
    }
    Ok(certificates)
}

fn pem(path: &Path, expected: &'static str) -> impl FnOnce(rustls_pki_types::pem::Error) -> TlsError {
    let path = path.to_owned();
    move |source| TlsError::Pem { path, expected, source }
}

/// HTTP/2's name in a TLS handshake.
pub(super) const HTTP_2: &[u8] = b"h2";

#[cfg(test)]
mod tests;
