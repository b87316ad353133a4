//! The references of keys.
//!
//! Deliberately looks twice only where a first look found nothing: a policy may have a hundred thousand keys, and what each
//! of them names is known to many rules.
//!
//! Read next: [`super::site`].

use pointsman_schema::source::Key;

use super::site::{Kind, Site};
use super::{Visit, holder, references};
use crate::policy::{Declared, Policy, Table};

/// Visits every reference of every key.
pub(super) fn check(keys: &Table<'_, Key>, visit: &mut Visit<'_, '_, '_>) {
    let policy = &visit.index.policy;
    let (mut chains, mut consumers) = (vec![false; policy.chains.len()], vec![false; policy.consumers.len()]);
    for (declared, body) in Policy::bodies(keys) {
        let holder = holder(declared, "key");
        // A key's models are judged against its chain: `model-not-in-chain`.
        let Key { consumer, chain, digests: _, models: _, budgets, limits, mcp_profiles, expires: _ } = body;
        if !mark(&mut consumers, policy.holder(declared)) {
            let name = consumer.value.as_str();
            Site::new(&holder, "consumer", name, consumer.span).check(Kind::Consumer, visit);
        }
        if !mark(&mut chains, policy.chain_of(declared)) {
            Site::new(&holder, "chain", chain.value.as_str(), chain.span).check(Kind::Chain, visit);
        }
        references(&holder, "`budgets`", budgets, Kind::Budget, visit);
        references(&holder, "`limits`", limits, Kind::Limit, visit);
        references(&holder, "`mcp-profiles`", mcp_profiles, Kind::McpProfile, visit);
    }
    visit.uses.note_places(Kind::Chain, chains);
    visit.uses.note_places(Kind::Consumer, consumers);
}

/// Marks what a key names; whether it names something.
pub(super) fn mark<T>(places: &mut [bool], named: Option<&Declared<'_, T>>) -> bool {
    let place = named.and_then(|named| places.get_mut(named.at));
    place.map(|is_named| *is_named = true).is_some()
}
