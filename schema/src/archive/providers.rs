//! What a request can reach: providers, the credentials that open them, models and backends.
//!
//! Addresses are split into their parts here so that nothing is parsed on the request path. There is no secret in any
//! row: a credential is only the reference that its owner wrote.

use super::table;
use crate::dialect::DIALECTS;

table! {
    /// The providers section.
    struct Providers {
        /// Upstream services, by name.
        providers: Vec<Provider>,
        /// Credential references, by name.
        credentials: Vec<Credential>,
        /// Models, by name.
        models: Vec<Model>,
        /// Backends, by name.
        backends: Vec<Backend>,
        /// How the tokens of credentials are asked for, by credential; none has two.
        tokens: Vec<TokenRequest>,
    }
}

table! {
    /// An upstream service.
    struct Provider {
        /// Its stable name's text.
        name: u32,
        /// Its [`crate::protocol::ProviderProtocol`] code.
        protocol: u8,
        /// 1 when it is reached over TLS, else 0.
        tls: u8,
        /// Text of the host: a DNS name or an IP address, an IPv6 address without brackets.
        host: u32,
        /// TCP port.
        port: u16,
        /// Text of the path that every request path is appended to, without a final slash; may be empty.
        path: u32,
        /// Time to connect, TLS included. **Unit**: ms.
        connect_ms: u32,
        /// Time to the first content event; 0 when the model decides. **Unit**: ms.
        first_token_ms: u32,
        /// Time between two chunks. **Unit**: ms.
        between_chunks_ms: u32,
        /// Time for one whole request, all attempts included. **Unit**: ms.
        total_ms: u32,
        /// Text of the version of Azure's API that is asked for; `NONE` where none is written.
        api_version: u32,
        /// Text of the region that Amazon's signatures are for; `NONE` for other protocols.
        region: u32,
    }
}

table! {
    /// Where a secret is found.
    struct Credential {
        /// Its stable name's text.
        name: u32,
        /// The provider it is for.
        provider: u32,
        /// One of the `CREDENTIAL_` codes.
        source: u8,
        /// Text of the variable's name, the file's path, the sealed blob or the token source's endpoint.
        reference: u32,
        /// Text of the team in whose secrets folder a file lies; `NONE` for the platform's.
        team: u32,
    }
}

/// [`Credential::source`]: an environment variable of the gateway.
pub const CREDENTIAL_ENV: u8 = 0;
/// [`Credential::source`]: a file.
pub const CREDENTIAL_FILE: u8 = 1;
/// [`Credential::source`]: a secret that is encrypted to the gateways' public key.
pub const CREDENTIAL_SEALED: u8 = 2;
/// [`Credential::source`]: short-lived tokens from AWS.
pub const CREDENTIAL_AWS: u8 = 3;
/// [`Credential::source`]: short-lived tokens from Google Cloud.
pub const CREDENTIAL_GCP: u8 = 4;
/// [`Credential::source`]: short-lived tokens from Microsoft Entra ID.
pub const CREDENTIAL_ENTRA: u8 = 5;

table! {
    /// How short-lived tokens are asked for. Who gives them is [`Credential::source`].
    struct TokenRequest {
        /// The credential that they are for.
        credential: u32,
        /// 1 when its issuer is reached over TLS, else 0.
        tls: u8,
        /// Text of the issuer's host, as a provider's.
        host: u32,
        /// TCP port.
        port: u16,
        /// Text of the endpoint's path; may be empty.
        path: u32,
        /// Text of who asks; `NONE` where the proof says it.
        identity: u32,
        /// Text of what is asked for; `NONE` for the issuer's default.
        scope: u32,
        /// One of the `PROOF_` codes.
        proof: u8,
        /// Where the proof is kept: one of the `CREDENTIAL_` codes, not that of a token.
        place: u8,
        /// Text of the variable's name, the file's path or the sealed blob.
        reference: u32,
    }
}

/// [`TokenRequest::proof`]: a lasting secret.
pub const PROOF_KEY: u8 = 0;
/// [`TokenRequest::proof`]: another issuer's token.
pub const PROOF_ASSERTION: u8 = 1;

table! {
    /// A model.
    struct Model {
        /// Its name's text.
        name: u32,
        /// Most tokens of input and output together; 0 when unknown. **Unit**: tokens.
        context_window_tokens: u32,
        /// Most tokens of output; 0 when unknown. **Unit**: tokens.
        output_limit_tokens: u32,
        /// What it can do, as bits of [`crate::capability::Capability`].
        capabilities: u32,
        /// For the routing estimate of input tokens. **Unit**: thousandths of a byte a token.
        token_millibytes: u32,
    }
}

table! {
    /// A model on a provider, with the credential that reaches it.
    struct Backend {
        /// Its stable name's text.
        name: u32,
        /// The model.
        model: u32,
        /// The provider.
        provider: u32,
        /// The credential, or `NONE` where the provider wants none.
        credential: u32,
        /// Text of the model's name at the provider.
        upstream_model: u32,
        /// The [`crate::dialect::Dialect`]s that it can be asked in, as bits.
        dialects: u16,
        /// For each dialect, by its code, the [`crate::feature::Feature`]s that it refuses, as masks.
        refused: [u64; 11],
    }
}

// The number stands in the row itself, so that another one is another shape.
const _: () = assert!(DIALECTS == 11 && DIALECTS <= 16);

/// All shapes of this section, for [`super::shape_hash`].
pub(super) const SHAPES: &[&str] = &[
    Providers::SHAPE,
    Provider::SHAPE,
    Credential::SHAPE,
    TokenRequest::SHAPE,
    Model::SHAPE,
    Backend::SHAPE,
];
