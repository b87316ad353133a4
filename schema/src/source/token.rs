//! Short-lived tokens in place of a secret: who gives them, and what they are asked for with.
//!
//! Deliberately no metadata services of clouds: an endpoint is the one that is written. Which parts each issuer wants is
//! the compiler's to judge (`token-request`).

use super::credential::SecretPlace;
use super::upstream::BaseUrl;
use crate::read::pattern::IssuerWord;
use crate::read::record::record;
use crate::words::words;

words! {
    /// A service that gives short-lived tokens.
    pub enum TokenIssuer {
        /// AWS Security Token Service.
        Aws = 0 "aws",
        /// Google's OAuth 2.0 token endpoint.
        Gcp = 1 "gcp",
        /// Microsoft Entra ID.
        Entra = 2 "entra",
    }
}

/// Where tokens are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenEndpoint {
    /// As it was written.
    pub written: String,
    /// The same, read.
    pub url: BaseUrl,
}

record! {
    /// How tokens are asked for. Exactly one of `key` and `assertion` is given.
    object "token"
    pub struct TokenRequest {
        /// Who asks: the client id of an application in Entra, or the ARN of a role in AWS. Google's is in the key.
        optional identity: IssuerWord = "identity",
        /// Where the lasting secret is that tokens are asked for with: a client's secret of Entra, or the JSON key of a
        /// service account of Google.
        optional key: SecretPlace = "key",
        /// Where the token of another issuer is that tokens are asked for with, such as a Kubernetes service account's
        /// (workload identity). It is read anew each time.
        optional assertion: SecretPlace = "assertion",
        /// What tokens are asked for. Default `https://cognitiveservices.azure.com/.default` with Entra and
        /// `https://www.googleapis.com/auth/cloud-platform` with Google; AWS has none.
        optional scope: IssuerWord = "scope",
    }
}
