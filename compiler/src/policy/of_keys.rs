//! What each key names, found once and asked for by many rules.
//!
//! Deliberately places in tables, not references: the policy that holds the tables holds this list, too. The invariant: a key
//! whose chain or consumer is unknown, or private to another team, has none.
//!
//! Read next: [`super::Policy`].

use std::sync::OnceLock;

use pointsman_schema::source::{Chain, Consumer, Key};

use super::{Declared, Policy, Sight};

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
        self.of_keys.0.get_or_init(|| self.of_all_keys()).get(key.at).copied().unwrap_or_default()
    }

    /// The keys of one owner stand beside each other.
    fn of_all_keys(&self) -> Vec<OfKey> {
        let mut all = Vec::with_capacity(self.keys.len());
        for of_one in self.keys.as_slice().chunk_by(|a, b| a.owner == b.owner) {
            let Some(first) = of_one.first() else { continue };
            let (chains, consumers) =
                (Sight::of(&self.chains, first.owner), Sight::of(&self.consumers, first.owner));
            all.extend(of_one.iter().map(|key| {
                let Some(body) = key.body() else { return OfKey::default() };
                let chain = chains.find(body.chain.value.as_str()).ok().flatten();
                let consumer = consumers.find(body.consumer.value.as_str()).ok().flatten();
                OfKey { chain: chain.map(|chain| chain.at), consumer: consumer.map(|consumer| consumer.at) }
            }));
        }
        all
    }
}
