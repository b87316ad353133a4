//! Everything that one request reads: the verified snapshot and what was worked out from it when it was loaded.
//!
//! Immutable. What outlives a snapshot (breakers, connection pools) is reached through handles that were found by
//! stable name while loading, so that a request finds them by index. Read next: [`crate::slot`].

pub mod credential;
pub mod translating;

use std::time::SystemTime;

use http::HeaderValue;
use pointsman_schema::snapshot::Verified;
use pointsman_schema::snapshot::view::{BackendIx, CredentialIx};

use self::credential::{Credential, Lent};
use self::translating::Translating;
use crate::limiting::Limiting;
use crate::upstream::target::Target;

/// A snapshot in force.
pub struct Serving {
    /// The tables.
    pub snapshot: Verified,
    /// The generation that announced it.
    pub generation: u64,
    /// Whose signatures it was trusted by; none where the gateway trusts anybody.
    pub signers: Vec<String>,
    /// When it was loaded, for operators.
    pub loaded: SystemTime,
    /// What opens the providers. Indexed by [`CredentialIx`].
    pub credentials: Vec<Credential>,
    /// For each backend where its requests go, and what outlives the snapshot. Indexed by [`BackendIx`].
    pub backends: Vec<Target>,
    /// How fast each key's requests may come.
    pub limiting: Limiting,
    /// From which chains requests may have to be translated.
    pub translating: Translating,
    /// The value of `x-pointsman-snapshot`.
    pub snapshot_header: HeaderValue,
}

impl Serving {
    /// A backend's credential, where it has one.
    pub fn credential(&self, target: &Target) -> Option<&Credential> {
        self.credentials.get(target.credential?.at())
    }

    /// What opens a backend's provider now; `None` where there is nothing, which makes it unavailable, or where it needs
    /// none.
    pub fn lend(&self, target: &Target) -> Option<Lent<'_>> {
        self.credential(target)?.lend()
    }

    /// Why no request can be sent to a backend: its credential has no secret. Nothing where it has one or needs none.
    pub fn unavailable(&self, target: &Target) -> Option<String> {
        let credential = self.credential(target)?;
        if let Some(problem) = credential.problem() {
            return Some(format!("credential `{}`: {problem}", self.credential_name(target.credential?)));
        }
        let behind_s = target.state.clock_behind_s()?;
        let side = if behind_s > 0 { "behind" } else { "ahead of" };
        let off_s = behind_s.unsigned_abs();
        Some(format!("the clock is {off_s} s {side} the provider's, which refuses its signatures"))
    }

    /// A credential's stable name.
    pub fn credential_name(&self, credential: CredentialIx) -> &str {
        let view = self.snapshot.view();
        view.text(view.credential(credential).name)
    }

    /// Where a backend's requests go.
    pub fn backend(&self, backend: BackendIx) -> Option<&Target> {
        self.backends.get(backend.at())
    }
}
