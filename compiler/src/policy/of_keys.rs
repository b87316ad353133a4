//! What each key names, found once and asked for by many rules.
//!
//! Deliberately places in tables, not references: the policy that holds the tables holds this list, too. The invariant: a key
//! whose chain or consumer is unknown, or private to another team, has none.
//!
//! Read next: [`super::Policy`].

use std::sync::OnceLock;

use pointsman_schema::source::{Chain, Consumer, Key};

use super::{Declared, Policy, find};

/// The places of what keys name, by the places of the keys; empty until somebody asks.
#[derive(Debug, Default)]
pub(super) struct OfKeys(OnceLock<Vec<OfKey>>);

/// The places of what one key names.
#[derive(Debug, Clone, Copy, Default)]
struct OfKey {
    chain: Option<usize>,
    consumer: Option<usize>,
}

impl<'a> Policy<'a> {
    /// Who holds a key; nothing when that is unknown, or private to another team.
    pub fn holder(&self, key: &Declared<'_, Key>) -> Option<&Declared<'a, Consumer>> {
        self.consumers.at(self.of_key(key).consumer?)
    }

    /// The chain of a key; nothing when that is unknown, or private to another team.
    pub fn chain_of(&self, key: &Declared<'_, Key>) -> Option<&Declared<'a, Chain>> {
        self.chains.at(self.of_key(key).chain?)
    }

    fn of_key(&self, key: &Declared<'_, Key>) -> OfKey {
        let of_keys =
            self.of_keys.0.get_or_init(|| self.keys.values().map(|key| self.find_of(key)).collect());
        of_keys.get(key.at).copied().unwrap_or_default()
    }

    fn find_of(&self, key: &Declared<'_, Key>) -> OfKey {
        let Some(body) = key.body() else { return OfKey::default() };
        let chain = find(&self.chains, key.owner, body.chain.value.as_str()).ok().flatten();
        let consumer = find(&self.consumers, key.owner, body.consumer.value.as_str()).ok().flatten();
        OfKey { chain: chain.map(|chain| chain.at), consumer: consumer.map(|consumer| consumer.at) }
    }
}
