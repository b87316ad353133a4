//! Everything that one request reads: the verified snapshot and what was worked out from it when it was loaded.
//!
//! Immutable. What outlives a snapshot (breakers, connection pools) is reached through handles that were found by
//! stable name while loading, so that a request finds them by index. Read next: [`crate::slot`].

pub mod translating;

use std::time::SystemTime;

use http::HeaderValue;
use pointsman_schema::snapshot::Verified;
use pointsman_schema::snapshot::view::{BackendIx, CredentialIx};

use self::translating::Translating;
use crate::secrets::{Secret, SecretProblem};
use crate::upstream::target::Target;

/// A snapshot in force.
pub struct Serving {
    /// The tables.
    pub snapshot: Verified,
    /// The generation that announced it.
    pub generation: u64,
    /// When it was loaded, for operators.
    pub loaded: SystemTime,
    /// For each credential its secret, or why there is none. Indexed by [`CredentialIx`].
    pub credentials: Vec<Result<Secret, SecretProblem>>,
    /// For each backend where its requests go, and what outlives the snapshot. Indexed by [`BackendIx`].
    pub backends: Vec<Target>,
    /// From which chains requests may have to be translated.
    pub translating: Translating,
    /// The value of `x-pointsman-snapshot`.
    pub snapshot_header: HeaderValue,
}

impl Serving {
    /// The secret of a credential; `None` when it could not be resolved, which makes its backends unavailable.
    pub fn secret(&self, credential: CredentialIx) -> Option<&Secret> {
        self.credentials.get(credential.at())?.as_ref().ok()
    }

    /// Why no request can be sent to a backend: its credential has no secret. Nothing where it has one or needs none.
    pub fn unavailable(&self, target: &Target) -> Option<String> {
        let credential = target.credential?;
        let problem = self.credentials.get(credential.at())?.as_ref().err()?;
        let view = self.snapshot.view();
        Some(format!("credential `{}`: {problem}", view.text(view.credential(credential).name)))
    }

    /// Where a backend's requests go.
    pub fn backend(&self, backend: BackendIx) -> Option<&Target> {
        self.backends.get(backend.at())
    }
}
