//! Providers, credentials and backends into the providers section; its models are [`super::models`]'s.
//!
//! Defaults are filled in here, so that the gateway has none. No secret passes through: a credential is only where its
//! owner said that the secret is. Read next: `pointsman_schema::archive::providers` for what each field means.

use pointsman_schema::archive::NONE;
use pointsman_schema::archive::providers::{
    self as archive, CREDENTIAL_AWS, CREDENTIAL_ENTRA, CREDENTIAL_ENV, CREDENTIAL_FILE, CREDENTIAL_GCP,
    CREDENTIAL_SEALED, PROOF_ASSERTION, PROOF_KEY, Providers,
};
use pointsman_schema::feature;
use pointsman_schema::read::pattern::IssuerWord;
use pointsman_schema::read::scalar::DurationMs;
use pointsman_schema::source::token::TokenIssuer;
use pointsman_schema::source::upstream::Scheme;
use pointsman_schema::source::{
    Backend, BaseUrl, Credential, Provider, SecretPlace, SecretSource, Timeouts, TokenRequest, Workspace,
};
use pointsman_schema::tree::Spanned;

use super::names::Texts;
use super::references::{References, provider_credentials};
use super::{LowerError, body};
use crate::policy::{Declared, Policy};

/// Lowers four tables beside the models.
pub(super) fn lower<'p>(
    policy: &'p Policy<'p>,
    references: &References<'p>,
    models: Vec<archive::Model>,
    texts: &mut Texts<'p>,
) -> Result<Providers, LowerError> {
    let providers = policy
        .providers
        .values()
        .map(|declared| provider(declared, policy.workspace, texts))
        .collect::<Result<_, _>>()?;
    let declared: Vec<&Provider> = policy.providers.values().map(body).collect::<Result<_, _>>()?;
    let credentials = provider_credentials(policy)
        .map(|declared| credential(declared, references, texts))
        .collect::<Result<_, _>>()?;
    let mut tokens = Vec::new();
    for (at, declared) in (0..).zip(provider_credentials(policy)) {
        tokens.extend(token(at, declared, texts)?);
    }
    let backends = policy
        .backends
        .values()
        .map(|one| backend(one, (references, &declared), texts))
        .collect::<Result<_, _>>()?;
    Ok(Providers { providers, credentials, models, backends, tokens })
}

fn provider<'p>(
    declared: &'p Declared<'p, Provider>,
    workspace: &Workspace,
    texts: &mut Texts<'p>,
) -> Result<archive::Provider, LowerError> {
    // Where a provider is and what it may be sent is for the compiler to judge.
    let Provider {
        protocol,
        base_url,
        preset: _,
        api_version,
        region: _,
        failure_domain: _,
        labels: _,
        timeouts,
        export: _,
    } = body(declared)?;
    let BaseUrl { scheme, host, port, path } = &base_url.value;
    let waits = Waits::of(timeouts.as_ref(), workspace);
    Ok(archive::Provider {
        name: texts.number(&declared.name),
        protocol: protocol.value.code(),
        tls: tls(*scheme),
        host: texts.number(host),
        port: *port,
        path: texts.number(path),
        connect_ms: waits.connect_ms,
        first_token_ms: waits.first_token_ms,
        between_chunks_ms: waits.between_chunks_ms,
        total_ms: waits.total_ms,
        api_version: api_version.as_ref().map_or(NONE, |version| texts.number(version.value.as_str())),
        region: body(declared)?.signing_region().map_or(NONE, |region| texts.number(region)),
    })
}

/// A provider's timeouts with the defaults filled in; a first token of 0 is left to the model.
#[derive(Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "a unit stands last in a name")]
pub(crate) struct Waits {
    pub(crate) connect_ms: u32,
    pub(crate) first_token_ms: u32,
    between_chunks_ms: u32,
    pub(crate) total_ms: u32,
}

impl Waits {
    /// Those of a provider: its own, else the workspace's, else ours; each by itself.
    pub(crate) fn of(timeouts: Option<&Spanned<Timeouts>>, workspace: &Workspace) -> Self {
        let defaults = workspace.defaults.as_ref().and_then(|defaults| defaults.value.timeouts.as_ref());
        let waits = defaults.map_or(Self::DEFAULT, |defaults| Self::DEFAULT.with(&defaults.value));
        timeouts.map_or(waits, |timeouts| waits.with(&timeouts.value))
    }

    fn with(self, timeouts: &Timeouts) -> Self {
        let Timeouts { connect, first_token, between_chunks, total } = timeouts;
        let or = |written: &Option<Spanned<DurationMs>>, default: u32| {
            written.as_ref().map_or(default, |ms| ms.value.0)
        };
        Self {
            connect_ms: or(connect, self.connect_ms),
            first_token_ms: or(first_token, self.first_token_ms),
            between_chunks_ms: or(between_chunks, self.between_chunks_ms),
            total_ms: or(total, self.total_ms),
        }
    }

    /// The first token has none of its own: 0 lets the model decide.
    const DEFAULT: Self =
        Self { connect_ms: 2_000, first_token_ms: 0, between_chunks_ms: 60_000, total_ms: 600_000 };
}

fn credential<'p>(
    declared: &'p Declared<'p, Credential>,
    references: &References<'p>,
    texts: &mut Texts<'p>,
) -> Result<archive::Credential, LowerError> {
    // How tokens are asked for has rows of its own.
    let Credential { provider, mcp_server: _, secret, token: _, account: _, export: _ } = body(declared)?;
    let provider = provider.as_ref().ok_or_else(|| LowerError::NoBody { name: declared.name.clone() })?;
    let (source, reference) = match &secret.value {
        SecretSource::Kept(kept) => place(kept),
        SecretSource::Token(TokenIssuer::Aws, endpoint) => (CREDENTIAL_AWS, &endpoint.written),
        SecretSource::Token(TokenIssuer::Gcp, endpoint) => (CREDENTIAL_GCP, &endpoint.written),
        SecretSource::Token(TokenIssuer::Entra, endpoint) => (CREDENTIAL_ENTRA, &endpoint.written),
    };
    Ok(archive::Credential {
        name: texts.number(&declared.name),
        provider: references.provider(declared.owner, provider.value.as_str())?,
        source,
        reference: texts.number(reference),
        team: declared.owner.team().map_or(NONE, |team| texts.number(team)),
    })
}

/// Where a secret is kept, as its code and its reference.
fn place(kept: &SecretPlace) -> (u8, &String) {
    match kept {
        SecretPlace::Env(variable) => (CREDENTIAL_ENV, variable),
        SecretPlace::File(path) => (CREDENTIAL_FILE, path),
        SecretPlace::Sealed(blob) => (CREDENTIAL_SEALED, blob),
    }
}

/// How the tokens of a credential are asked for; nothing where it is no source of tokens.
fn token<'p>(
    credential: u32,
    declared: &'p Declared<'p, Credential>,
    texts: &mut Texts<'p>,
) -> Result<Option<archive::TokenRequest>, LowerError> {
    let Credential { secret, token, .. } = body(declared)?;
    let SecretSource::Token(_, endpoint) = &secret.value else { return Ok(None) };
    let no_body = || LowerError::NoBody { name: declared.name.clone() };
    let BaseUrl { scheme, host, port, path } = &endpoint.url;
    let TokenRequest { identity, key, assertion, scope } = &token.as_ref().ok_or_else(no_body)?.value;
    let (proof, kept) = match (key, assertion) {
        (Some(key), _) => (PROOF_KEY, key),
        (None, Some(assertion)) => (PROOF_ASSERTION, assertion),
        (None, None) => return Err(no_body()),
    };
    let (place, reference) = place(&kept.value);
    let mut word = |written: &'p Option<Spanned<IssuerWord>>| {
        written.as_ref().map_or(NONE, |word| texts.number(word.value.as_str()))
    };
    let (identity, scope) = (word(identity), word(scope));
    Ok(Some(archive::TokenRequest {
        credential,
        tls: tls(*scheme),
        host: texts.number(host),
        port: *port,
        path: texts.number(path),
        identity,
        scope,
        proof,
        place,
        reference: texts.number(reference),
    }))
}

const fn tls(scheme: Scheme) -> u8 {
    match scheme {
        Scheme::Http => 0,
        Scheme::Https => 1,
    }
}

fn backend<'p>(
    declared: &'p Declared<'p, Backend>,
    (references, providers): (&References<'p>, &[&'p Provider]),
    texts: &mut Texts<'p>,
) -> Result<archive::Backend, LowerError> {
    let Backend { model, provider, credential, upstream_model, labels: _, export: _ } = body(declared)?;
    let credential =
        credential.as_ref().map(|named| references.credential(declared.owner, named.value.as_str()));
    let provider = references.provider(declared.owner, provider.value.as_str())?;
    let service = usize::try_from(provider).ok().and_then(|at| providers.get(at));
    let service = service.ok_or_else(|| LowerError::NoBody { name: declared.name.clone() })?;
    let (protocol, preset) = (service.protocol.value, service.preset.as_ref().map(|preset| preset.value));
    let upstream_model = upstream_model.as_ref().unwrap_or(model).value.as_str();
    Ok(archive::Backend {
        name: texts.number(&declared.name),
        model: references.model(model.value.as_str())?,
        provider,
        credential: credential.transpose()?.unwrap_or(NONE),
        upstream_model: texts.number(upstream_model),
        dialects: feature::dialects(protocol, upstream_model, preset),
        refused: feature::refused(protocol, upstream_model, preset),
    })
}
