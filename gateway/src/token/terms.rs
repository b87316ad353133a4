//! By what tokens are asked for, as a snapshot says it: who gives them, where, to whom, for what.
//!
//! Nothing here is secret: the proof is only the place where it is kept. Two snapshots whose terms are the same share a
//! source.

use std::sync::Arc;

use pointsman_schema::archive::NONE;
use pointsman_schema::archive::providers::{
    ArchivedTokenRequest, CREDENTIAL_ENTRA, CREDENTIAL_GCP, PROOF_ASSERTION,
};
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::CredentialIx;

use crate::secrets::Kept;
use crate::upstream::target::{Endpoint, Reach, Security};

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Terms {
    /// The stable name of the credential that they are for.
    pub credential: String,
    /// Who gives them.
    pub issuer: Issuer,
    /// Where the issuer is.
    pub endpoint: Arc<Endpoint>,
    /// The path of its endpoint; may be empty.
    pub path: String,
    /// The endpoint as it was written.
    pub written: String,
    /// Who asks, where the proof does not say it.
    pub identity: Option<String>,
    /// What is asked for, where it is not the issuer's default.
    pub scope: Option<String>,
    /// What the proof is.
    pub proof: Proof,
    /// Where it is kept.
    pub kept: Kept,
}

/// Who gives tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Issuer {
    /// AWS Security Token Service.
    Aws,
    /// Google's OAuth 2.0 token endpoint.
    Gcp,
    /// Microsoft Entra ID.
    Entra,
}

/// What one is asked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// A lasting secret.
    Key,
    /// Another issuer's token.
    Assertion,
}

impl Terms {
    /// Those of a credential; nothing where it is no source of tokens.
    pub fn of(view: &View<'_>, credential: CredentialIx) -> Option<Self> {
        let tokens = &view.providers.tokens;
        let at = tokens.binary_search_by_key(&credential.0, |row| row.credential.to_native()).ok()?;
        tokens.get(at).map(|row| Self::new(view, credential, row))
    }

    fn new(view: &View<'_>, ix: CredentialIx, row: &ArchivedTokenRequest) -> Self {
        let credential = view.credential(ix);
        let optional = |text| (text != NONE).then(|| view.text(text).to_owned());
        let team = optional(credential.team);
        let endpoint = Endpoint {
            host: view.text(row.host).to_owned(),
            port: row.port.to_native(),
            security: if row.tls == 0 { Security::Plain } else { Security::Tls },
            reach: if team.is_some() { Reach::Public } else { Reach::Anywhere },
        };
        Self {
            credential: view.text(credential.name).to_owned(),
            issuer: match credential.source {
                CREDENTIAL_GCP => Issuer::Gcp,
                CREDENTIAL_ENTRA => Issuer::Entra,
                _ => Issuer::Aws,
            },
            endpoint: Arc::new(endpoint),
            path: view.text(row.path).to_owned(),
            written: view.text(credential.reference).to_owned(),
            identity: optional(row.identity),
            scope: optional(row.scope),
            proof: if row.proof == PROOF_ASSERTION { Proof::Assertion } else { Proof::Key },
            kept: Kept { source: row.place, reference: view.text(row.reference).to_owned(), team },
        }
    }
}

impl Issuer {
    /// The media type of its answers.
    pub const fn media(self) -> &'static str {
        match self {
            Self::Gcp | Self::Entra => "application/json",
            Self::Aws => "text/xml",
        }
    }

    /// Its word in a policy.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcp => "gcp",
            Self::Entra => "entra",
        }
    }
}
