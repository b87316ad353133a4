//! Budgets, and who falls under them; MCP servers and profiles, and who may use them.

use pointsman_schema::read::amount::dollars;
use pointsman_schema::read::scalar::Reference;
use pointsman_schema::source::budget::{Alert, BudgetMode, BudgetWindow, Counted, OnExceed};
use pointsman_schema::source::mcp::{McpTimeouts, ProfileServer};
use pointsman_schema::source::{
    Budget, Consumer, Credential, Key, McpProfile, McpServer, SecretPlace, SecretSource, TokenRequest,
};
use pointsman_schema::tree::Spanned;

use super::{LowerError, Object, Settings, body, numbered};
use crate::policy::{Declared, Policy, Resolution, chain_of_target};

pub(super) fn lower(settings: &mut Settings<'_>) -> Result<(), LowerError> {
    let policy = settings.policy;
    for declared in policy.consumers.values() {
        consumer(settings, declared)?;
    }
    for declared in policy.keys.values() {
        key(settings, declared)?;
    }
    policy.budgets.values().try_for_each(|declared| budget(settings, declared))?;
    policy.mcp_servers.values().try_for_each(|declared| server(settings, declared))?;
    policy.mcp_profiles.values().try_for_each(|declared| profile(settings, declared))?;
    policy.credentials.values().try_for_each(|declared| credential(settings, declared))
}

/// References of one field, looked up as the declaring file sees them.
fn found<'r, T>(
    declared: &'r Declared<'r, T>,
    references: impl IntoIterator<Item = &'r Spanned<Reference>>,
    resolve: impl Fn(&'r crate::policy::Owner, &'r str) -> Resolution<'r>,
) -> Vec<(Resolution<'r>, &'r str)> {
    let one = |reference: &'r Spanned<Reference>| {
        (resolve(declared.owner, reference.value.as_str()), reference.value.as_str())
    };
    references.into_iter().map(one).collect()
}

fn consumer<'p>(settings: &mut Settings<'p>, declared: &'p Declared<'p, Consumer>) -> Result<(), LowerError> {
    let policy = settings.policy;
    let Consumer { tags: _, budgets, limits: _, export: _ } = body(declared)?;
    let mut object = settings.object("consumer", declared);
    object.references("budgets", found(declared, budgets, |from, name| policy.budget(from, name)))
}

fn key<'p>(settings: &mut Settings<'p>, declared: &'p Declared<'p, Key>) -> Result<(), LowerError> {
    let policy = settings.policy;
    let Key { consumer: _, chain: _, digests: _, models: _, budgets, limits: _, mcp_profiles, expires: _ } =
        body(declared)?;
    let mut object = settings.object("key", declared);
    object.references("budgets", found(declared, budgets, |from, name| policy.budget(from, name)))?;
    object.references(
        "mcp-profiles",
        found(declared, mcp_profiles, |from, name| policy.mcp_profile(from, name)),
    )
}

fn budget<'p>(settings: &mut Settings<'p>, declared: &'p Declared<'p, Budget>) -> Result<(), LowerError> {
    let policy = settings.policy;
    let Budget { amount, tokens, window, zone, mode, per, on_exceed, parent, alert, export: _ } =
        body(declared)?;
    let bound = settings.overshoot.remove(declared.name.as_str());
    let mut object = settings.object("budget", declared);
    match bound {
        Some(Ok(nanos)) => object.set("overshoot-bound", &dollars(nanos)),
        Some(Err(why)) => object.set("overshoot-bound", &format!("none: {why}")),
        None => {}
    }
    object.optional("amount", amount.as_ref(), |amount| dollars(u128::from(amount.0)));
    object.optional("tokens", tokens.as_ref(), |tokens| tokens.0.to_string());
    object.set("window", &window.value);
    if !matches!(window.value, BudgetWindow::Total) {
        object.set("zone", zone.as_ref().map_or("UTC", |zone| zone.value.as_str()));
    }
    object.set("mode", &mode.as_ref().map_or(BudgetMode::Hard, |mode| mode.value));
    object.set("per", &per.as_ref().map_or(Counted::Shared, |per| per.value));
    match on_exceed.as_ref().map(|on_exceed| &on_exceed.value) {
        None | Some(OnExceed::Reject) => object.set("on-exceed", "reject"),
        Some(OnExceed::Chain(target)) => {
            let name = chain_of_target(target.as_str()).unwrap_or_default();
            object.references("on-exceed", [(policy.chain(declared.owner, name), name)])?;
        }
    }
    object.references("parent", found(declared, parent, |from, name| policy.budget(from, name)))?;
    if let Some(alert) = alert {
        let Alert { at, webhook } = &alert.value;
        object.all("alert.at", at.iter().map(|share| share.value.0.to_string()));
        object.set("alert.webhook", &webhook.value);
    }
    Ok(())
}

fn server<'p>(settings: &mut Settings<'p>, declared: &'p Declared<'p, McpServer>) -> Result<(), LowerError> {
    let policy = settings.policy;
    let McpServer { transport, url, command, credential, timeouts, labels, export: _ } = body(declared)?;
    let mut object = settings.object("mcp-server", declared);
    object.set("transport", &transport.value);
    object.optional("url", url.as_ref(), ToString::to_string);
    for (at, word) in command.iter().enumerate() {
        object.set(&numbered("command", at), &word.value);
    }
    object
        .references("credential", found(declared, credential, |from, name| policy.credential(from, name)))?;
    let McpTimeouts { connect, call } =
        timeouts.as_ref().map_or(&McpTimeouts { connect: None, call: None }, |timeouts| &timeouts.value);
    object.set("timeouts.connect", &connect.as_ref().map_or(MCP_CONNECT_MS, |ms| ms.value.0));
    object.set("timeouts.call", &call.as_ref().map_or(MCP_CALL_MS, |ms| ms.value.0));
    object.all("labels", labels.iter().map(|label| label.value.as_str().to_owned()));
    Ok(())
}

/// **Unit**: ms to reach an MCP server that does not say otherwise.
const MCP_CONNECT_MS: u32 = 10_000;
/// **Unit**: ms for the answer to one call of an MCP server that does not say otherwise.
const MCP_CALL_MS: u32 = 60_000;

fn profile<'p>(
    settings: &mut Settings<'p>,
    declared: &'p Declared<'p, McpProfile>,
) -> Result<(), LowerError> {
    let policy = settings.policy;
    let McpProfile { servers, export: _ } = body(declared)?;
    let mut object = settings.object("mcp-profile", declared);
    for (at, server) in servers.iter().enumerate() {
        profile_server(policy, declared, (&numbered("servers", at), &server.value), &mut object)?;
    }
    Ok(())
}

fn profile_server<'p>(
    policy: &'p Policy<'p>,
    declared: &'p Declared<'p, McpProfile>,
    (field, server): (&str, &'p ProfileServer),
    object: &mut Object<'_>,
) -> Result<(), LowerError> {
    let ProfileServer { name, tools, prefix, rename } = server;
    object.references(
        &format!("{field}.name"),
        found(declared, [name], |from, name| policy.mcp_server(from, name)),
    )?;
    object.all(&format!("{field}.tools"), tools.iter().map(|tool| tool.value.as_str().to_owned()));
    object.optional(&format!("{field}.prefix"), prefix.as_ref(), |prefix| prefix.as_str().to_owned());
    for (tool, new) in rename.iter().flat_map(|rename| &rename.value.0) {
        object.set(&format!("{field}.rename.{}", tool.value), new.value.as_str());
    }
    Ok(())
}

/// A credential for an MCP server; those for providers have rows of their own.
fn credential<'p>(
    settings: &mut Settings<'p>,
    declared: &'p Declared<'p, Credential>,
) -> Result<(), LowerError> {
    let policy = settings.policy;
    let Credential { provider: _, mcp_server, secret, token, account, export: _ } = body(declared)?;
    if mcp_server.is_none() {
        return Ok(());
    }
    let mut object = settings.object("credential", declared);
    object
        .references("mcp-server", found(declared, mcp_server, |from, name| policy.mcp_server(from, name)))?;
    let secret = match &secret.value {
        SecretSource::Kept(kept) => kept.to_string(),
        SecretSource::Token(issuer, endpoint) => format!("{issuer}:{}", endpoint.written),
    };
    object.set("secret", &secret);
    if let Some(token) = token {
        let TokenRequest { identity, key, assertion, scope } = &token.value;
        object.optional("token.identity", identity.as_ref(), |word| word.as_str().to_owned());
        object.optional("token.key", key.as_ref(), SecretPlace::to_string);
        object.optional("token.assertion", assertion.as_ref(), SecretPlace::to_string);
        object.optional("token.scope", scope.as_ref(), |word| word.as_str().to_owned());
    }
    object.optional("account", account.as_ref(), |account| account.as_str().to_owned());
    Ok(())
}
