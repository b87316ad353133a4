//! Semantic checks of providers, credentials, models and backends.

use super::{Check, Table};
use crate::archive::NONE;
use crate::archive::providers::{CREDENTIAL_AWS, CREDENTIAL_ENTRA, CREDENTIAL_SEALED, PROOF_ASSERTION};
use crate::capability::Capability;
use crate::dialect::Dialect;
use crate::feature;
use crate::protocol::ProviderProtocol;
use crate::snapshot::View;

pub(super) fn check(view: &View<'_>) -> Check {
    providers(view)?;
    credentials(view)?;
    tokens(view)?;
    models(view)?;
    backends(view)
}

fn providers(view: &View<'_>) -> Check {
    let at = Table("providers");
    at.ascending(0, view.providers.providers.iter().map(|row| row.name), view)?;
    for (row, provider) in view.providers.providers.iter().enumerate() {
        at.text(row, provider.host, view)?;
        at.text(row, provider.path, view)?;
        at.optional(row, provider.api_version, view.names.ends.len())?;
        at.optional(row, provider.region, view.names.ends.len())?;
        let protocol = ProviderProtocol::from_code(provider.protocol);
        at.holds(row, protocol.is_some(), "its protocol is unknown")?;
        let is_placed = protocol != Some(ProviderProtocol::Bedrock) || provider.region != NONE;
        at.holds(row, is_placed, "its region is missing")?;
        at.holds(row, provider.tls <= 1, "its TLS mark is unknown")?;
        at.holds(row, provider.port != 0, "its port is 0")?;
        let waits = [provider.connect_ms, provider.between_chunks_ms, provider.total_ms];
        at.holds(row, waits.iter().all(|wait| *wait != 0), "a timeout is 0")?;
    }
    Ok(())
}

fn credentials(view: &View<'_>) -> Check {
    let at = Table("credentials");
    at.ascending(0, view.providers.credentials.iter().map(|row| row.name), view)?;
    for (row, credential) in view.providers.credentials.iter().enumerate() {
        at.index(row, credential.provider, view.providers.providers.len())?;
        at.text(row, credential.reference, view)?;
        at.optional(row, credential.team, view.names.ends.len())?;
        at.holds(row, credential.source <= CREDENTIAL_ENTRA, "its source is unknown")?;
        // Whoever else was sent such keys would have them.
        let provider = view.provider(credential.provider.into());
        let is_signed = provider.protocol == ProviderProtocol::Bedrock.code();
        at.holds(row, credential.source != CREDENTIAL_AWS || is_signed, "its provider takes no signatures")?;
    }
    Ok(())
}

/// Sorted by credential, each of which gets its secret as a token, and all of those.
fn tokens(view: &View<'_>) -> Check {
    let at = Table("token requests");
    let credentials = &view.providers.credentials;
    let mut last: Option<u32> = None;
    for (row, token) in view.providers.tokens.iter().enumerate() {
        at.index(row, token.credential, credentials.len())?;
        at.holds(row, last.is_none_or(|last| last < token.credential.to_native()), "it is not in order")?;
        last = Some(token.credential.to_native());
        let is_source = view.credential(token.credential.into()).source >= CREDENTIAL_AWS;
        at.holds(row, is_source, "its credential is no source of tokens")?;
        [token.host, token.path, token.reference].iter().try_for_each(|text| at.text(row, *text, view))?;
        at.optional(row, token.identity, view.names.ends.len())?;
        at.optional(row, token.scope, view.names.ends.len())?;
        at.holds(row, token.tls <= 1, "its TLS mark is unknown")?;
        at.holds(row, token.port != 0, "its port is 0")?;
        at.holds(row, token.proof <= PROOF_ASSERTION, "its proof is unknown")?;
        at.holds(row, token.place <= CREDENTIAL_SEALED, "the place of its proof is unknown")?;
    }
    let sources = credentials.iter().filter(|credential| credential.source >= CREDENTIAL_AWS).count();
    at.holds(
        last.map_or(0, crate::snapshot::view::slot),
        sources == view.providers.tokens.len(),
        "a credential has none",
    )
}

fn models(view: &View<'_>) -> Check {
    let at = Table("models");
    let known = Capability::ALL.iter().fold(0, |bits, capability| bits | capability.bit());
    at.ascending(0, view.providers.models.iter().map(|row| row.name), view)?;
    for (row, model) in view.providers.models.iter().enumerate() {
        at.holds(row, model.capabilities & !known == 0, "it has an unknown capability")?;
        at.holds(row, model.token_millibytes != 0, "its tokens have no length")?;
    }
    Ok(())
}

fn backends(view: &View<'_>) -> Check {
    let at = Table("backends");
    let dialects = Dialect::ALL.iter().fold(0, |bits, dialect| bits | dialect.place());
    at.ascending(0, view.providers.backends.iter().map(|row| row.name), view)?;
    for (row, backend) in view.providers.backends.iter().enumerate() {
        at.index(row, backend.model, view.providers.models.len())?;
        at.index(row, backend.provider, view.providers.providers.len())?;
        at.optional(row, backend.credential, view.providers.credentials.len())?;
        at.text(row, backend.upstream_model, view)?;
        at.holds(row, backend.dialects.to_native() & !dialects == 0, "it has an unknown dialect")?;
        backend.refused.iter().try_for_each(|refused| at.features(row, *refused, feature::ALL))?;
        // A secret goes where its owner said, also when a compiler was wrong.
        let credential =
            view.providers.credentials.get(crate::snapshot::view::slot(backend.credential.to_native()));
        let paired = credential.is_none_or(|credential| credential.provider == backend.provider);
        at.holds(row, paired, "its credential is for another provider")?;
    }
    Ok(())
}
