//! Follows every reference of a policy and reports those that lead nowhere.
//!
//! Deliberately judges names alone: what follows from a name that was found is the rules' business. The invariant: every
//! reference is visited once, and one that a file nobody could read may have declared is not reported.
//!
//! Read next: [`site`] for what is known of a reference, [`predicate`] for those inside a `match`.

mod declared;
mod predicate;
pub mod site;

use pointsman_schema::read::scalar::Reference;
use pointsman_schema::source::{Backend, Chain, Consumer, Credential, Key, Rule, Sticky};
use pointsman_schema::tree::{Span, Spanned};

use self::site::{Holder, Kind, Site};
use crate::diagnostic::Diagnostics;
use crate::index::Index;
use crate::policy::{Declared, Policy, chain_of_target};
use crate::rules::undeclared_attribute;

/// Visits every reference of a policy.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let Policy { credentials, backends, chains, consumers, keys, .. } = &index.policy;
    Policy::bodies(credentials).for_each(|(declared, body)| credential(index, declared, body, sink));
    Policy::bodies(backends).for_each(|(declared, body)| backend(index, declared, body, sink));
    Policy::bodies(chains).for_each(|(declared, body)| chain(index, declared, body, sink));
    Policy::bodies(consumers).for_each(|(declared, body)| consumer(index, declared, body, sink));
    Policy::bodies(keys).for_each(|(declared, body)| key(index, declared, body, sink));
    declared::check(index, sink);
}

fn holder<'a, T>(declared: &Declared<'a, T>, object: &'static str) -> Holder<'a> {
    let name = &declared.named.name;
    Holder { owner: declared.owner, file: declared.file, object, name: &name.value, span: name.span }
}

fn credential(
    index: &Index<'_>,
    declared: &Declared<'_, Credential>,
    body: &Credential,
    sink: &mut Diagnostics,
) {
    let holder = holder(declared, "credential");
    let Credential { provider, mcp_server, secret: _, account: _, export: _ } = body;
    references(&holder, "provider", provider, Kind::Provider, (index, sink));
    references(&holder, "mcp-server", mcp_server, Kind::McpServer, (index, sink));
}

fn backend(index: &Index<'_>, declared: &Declared<'_, Backend>, body: &Backend, sink: &mut Diagnostics) {
    let holder = holder(declared, "backend");
    let Backend { model, provider, credential, upstream_model: _, labels: _, export: _ } = body;
    Site::new(&holder, "model", model.value.as_str(), model.span).check(Kind::Model, index, sink);
    Site::new(&holder, "provider", provider.value.as_str(), provider.span).check(Kind::Provider, index, sink);
    references(&holder, "credential", credential, Kind::Credential, (index, sink));
}

fn consumer(index: &Index<'_>, declared: &Declared<'_, Consumer>, body: &Consumer, sink: &mut Diagnostics) {
    let holder = holder(declared, "consumer");
    let Consumer { tags: _, budgets, limits, export: _ } = body;
    references(&holder, "`budgets`", budgets, Kind::Budget, (index, sink));
    references(&holder, "`limits`", limits, Kind::Limit, (index, sink));
}

/// References of one field that may have several, or none.
fn references<'r>(
    holder: &Holder<'_>,
    field: &'static str,
    written: impl IntoIterator<Item = &'r Spanned<Reference>>,
    kind: Kind,
    (index, sink): (&Index<'_>, &mut Diagnostics),
) {
    for reference in written {
        Site::new(holder, field, reference.value.as_str(), reference.span).check(kind, index, sink);
    }
}

fn key(index: &Index<'_>, declared: &Declared<'_, Key>, body: &Key, sink: &mut Diagnostics) {
    let holder = holder(declared, "key");
    // A key's models are judged against its chain: `model-not-in-chain`.
    let Key { consumer, chain, digests: _, models: _, budgets, limits, mcp_profiles, expires: _ } = body;
    Site::new(&holder, "consumer", consumer.value.as_str(), consumer.span).check(Kind::Consumer, index, sink);
    Site::new(&holder, "chain", chain.value.as_str(), chain.span).check(Kind::Chain, index, sink);
    references(&holder, "`budgets`", budgets, Kind::Budget, (index, sink));
    references(&holder, "`limits`", limits, Kind::Limit, (index, sink));
    references(&holder, "`mcp-profiles`", mcp_profiles, Kind::McpProfile, (index, sink));
}

fn chain(index: &Index<'_>, declared: &Declared<'_, Chain>, body: &Chain, sink: &mut Diagnostics) {
    for rule in &body.rules {
        let Rule { name, matches: _, when: _, split, sticky, fallback, retry: _ } = &rule.value;
        let holder = Holder {
            object: "rule",
            name: name.value.as_str(),
            span: name.span,
            ..holder(declared, "chain")
        };
        if let Some((condition, _)) = rule.value.condition() {
            predicate::check(index, &holder, condition, sink);
        }
        for (arm, _) in split.iter().flat_map(|split| &split.value.0) {
            target(index, &holder, "split", (&arm.value, arm.span), sink);
        }
        for fallback in fallback {
            target(index, &holder, "fallback", (fallback.value.as_str(), fallback.span), sink);
        }
        if let Some(sticky) = sticky
            && let Sticky::Attribute(attribute) = &sticky.value
        {
            undeclared_attribute::check_name(index, &holder, (attribute, sticky.span), sink);
        }
    }
}

fn target(
    index: &Index<'_>,
    holder: &Holder<'_>,
    field: &'static str,
    (text, span): (&str, Span),
    sink: &mut Diagnostics,
) {
    let (kind, name) = match chain_of_target(text) {
        Some(chain) => (Kind::ChainTarget, chain),
        None => (Kind::Backend, text),
    };
    Site::new(holder, field, name, span).check(kind, index, sink);
}
