//! The trust root of this gateway: a file of its own, never something in a snapshot.
//!
//! Read anew for each announcement, so that keys are rotated without a restart. Invariant: while it cannot be read, nothing
//! new is trusted, and what is in force stays.

use std::path::PathBuf;
use std::time::SystemTime;

use pointsman_schema::snapshot::Envelope;
use pointsman_schema::snapshot::signing::{TRUST_BYTES_MAX, TrustError, TrustRoot};

use super::load::LoadError;
use super::report::unix_s;
use crate::regular_file;

/// Where the trust root is.
#[derive(Debug, Clone)]
pub struct TrustFile(pub PathBuf);

/// Why a file says nobody to trust.
#[derive(Debug, thiserror::Error)]
pub enum TrustFileError {
    /// It cannot be read.
    #[error("--trust {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not a trust root.
    #[error("--trust {}: {source}", path.display())]
    NotATrustRoot {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: TrustError,
    },
}

impl TrustFile {
    /// What it says now.
    pub fn read(&self) -> Result<TrustRoot, TrustFileError> {
        let path = || self.0.clone();
        let limit = u64::try_from(TRUST_BYTES_MAX).unwrap_or(u64::MAX);
        let io = |source| TrustFileError::Io { path: path(), source };
        let bytes = regular_file::read(&self.0, limit).map_err(io)?;
        TrustRoot::parse(&String::from_utf8_lossy(&bytes))
            .map_err(|source| TrustFileError::NotATrustRoot { path: path(), source })
    }

    /// Whose signatures make an announcement trusted now.
    pub(super) fn admit(&self, envelope: &Envelope) -> Result<Vec<String>, LoadError> {
        Ok(self.read()?.admit(envelope, unix_s(SystemTime::now()))?)
    }
}
