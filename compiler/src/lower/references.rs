//! From a reference in a file to the row of what it means.
//!
//! Deliberately no visibility rules: [`Policy`] decides what a name means for whom, this only knows rows. The
//! invariant: a row is the position of a stable name in its table's order.

use std::collections::HashMap;

use pointsman_schema::archive::routing::{TARGET_BACKEND, TARGET_CHAIN, Target};
use pointsman_schema::source::{Credential, Retry, Rule};

use super::{LowerError, models, row};
use crate::policy::{Declared, Owner, Policy, Resolution, Table, Target as Resolved};

/// The rows of all stable names.
pub(super) struct References<'p> {
    policy: &'p Policy<'p>,
    providers: Rows<'p>,
    credentials: Rows<'p>,
    models: Rows<'p>,
    backends: Rows<'p>,
    chains: Rows<'p>,
    consumers: Rows<'p>,
    limits: Rows<'p>,
}

type Rows<'p> = HashMap<&'p str, u32>;

fn rows<'p, T>(table: &'p Table<'p, T>) -> Rows<'p> {
    number(table.values())
}

fn number<'p, T: 'p>(declared: impl Iterator<Item = &'p Declared<'p, T>>) -> Rows<'p> {
    declared.zip(0..).map(|(declared, at)| (declared.name.as_str(), at)).collect()
}

/// The credentials that have rows: those for providers. Others are for MCP servers.
pub(super) fn provider_credentials<'p>(
    policy: &'p Policy<'p>,
) -> impl Iterator<Item = &'p Declared<'p, Credential>> {
    let is_for_provider = |credential: &Credential| credential.provider.is_some();
    policy.credentials.values().filter(move |declared| declared.body().is_some_and(is_for_provider))
}

/// A rule's target with its name for sorting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NamedTarget {
    /// The stable name; `chain/` before a chain's. The spelling of the reference is gone.
    pub(super) name: String,
    /// One of the archive's target kinds.
    pub(super) kind: u8,
    /// Its row.
    pub(super) index: u32,
}

impl NamedTarget {
    /// As an archive row.
    pub(super) fn target(&self) -> Target {
        Target { kind: self.kind, index: self.index }
    }
}

impl<'p> References<'p> {
    /// Numbers every table.
    pub(super) fn of(policy: &'p Policy<'p>) -> Self {
        Self {
            policy,
            providers: rows(&policy.providers),
            credentials: number(provider_credentials(policy)),
            models: models::rows(policy).into_iter().zip(0..).collect(),
            backends: rows(&policy.backends),
            chains: rows(&policy.chains),
            consumers: rows(&policy.consumers),
            limits: rows(&policy.limits),
        }
    }

    /// Extra tries of a rule.
    pub(super) fn retry<'r>(&'r self, rule: &'r Rule) -> Option<&'r Retry> {
        self.policy.retry(rule)
    }

    /// The row of a provider.
    pub(super) fn provider(&self, from: &Owner, reference: &str) -> Result<u32, LowerError> {
        find("provider", &self.providers, self.policy.provider(from, reference), reference)
    }

    /// The row of a credential.
    pub(super) fn credential(&self, from: &Owner, reference: &str) -> Result<u32, LowerError> {
        find("credential", &self.credentials, self.policy.credential(from, reference), reference)
    }

    /// The row of a model.
    pub(super) fn model(&self, reference: &str) -> Result<u32, LowerError> {
        find("model", &self.models, self.policy.model(reference), reference)
    }

    /// The row of a chain.
    pub(super) fn chain(&self, from: &Owner, reference: &str) -> Result<u32, LowerError> {
        find("chain", &self.chains, self.policy.chain(from, reference), reference)
    }

    /// The row of a consumer.
    pub(super) fn consumer(&self, from: &Owner, reference: &str) -> Result<u32, LowerError> {
        find("consumer", &self.consumers, self.policy.consumer(from, reference), reference)
    }

    /// The row of a limit.
    pub(super) fn limit(&self, from: &Owner, reference: &str) -> Result<u32, LowerError> {
        find("limit", &self.limits, self.policy.limit(from, reference), reference)
    }

    /// Where a rule's target leads.
    pub(super) fn target(&self, from: &Owner, reference: &str) -> Result<NamedTarget, LowerError> {
        let (kind, prefix, known, resolution) = match self.policy.target(from, reference) {
            Resolved::Backend(resolution) => (TARGET_BACKEND, "", &self.backends, resolution),
            Resolved::Chain(resolution) => (TARGET_CHAIN, "chain/", &self.chains, resolution),
        };
        let index = find("target", known, resolution, reference)?;
        let stable = resolution.found().unwrap_or_default();
        Ok(NamedTarget { name: format!("{prefix}{stable}"), kind, index })
    }
}

fn find(
    kind: &'static str,
    rows: &Rows<'_>,
    found: Resolution<'_>,
    reference: &str,
) -> Result<u32, LowerError> {
    let at = found.found().and_then(|stable| rows.get(stable)).copied();
    at.ok_or_else(|| LowerError::Unresolved { kind, name: reference.to_owned() })
}

/// The index of something in a list, for tables that are not of the policy.
pub(super) fn position<T: Ord + ?Sized>(
    kind: &'static str,
    sorted: &[&T],
    wanted: &T,
    name: &str,
) -> Result<u32, LowerError> {
    let at = sorted.binary_search(&wanted).map(row);
    at.map_err(|_| LowerError::Unresolved { kind, name: name.to_owned() })
}
