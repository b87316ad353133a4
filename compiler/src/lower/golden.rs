//! Golden vectors: requests with their decisions, one a rule, one a chain
//! whose backends cannot carry everything, and one a refusal, so that a gateway can prove that it
//! decides as the compiler did.
//!
//! Deliberately a simple search, not a proof: a rule whose request is not found within [`limits`](PATHS_MAX) has no
//! vector. Works on the archived tables alone, with the gateway's own decision function. The invariant: the same
//! tables give the same vectors.
//!
//! Read next: [`witness`] for the request that reaches a rule, [`losses`] for what a backend refuses.

mod losses;
mod witness;

use std::collections::{BTreeMap, BTreeSet};

use pointsman_routing::{Decision, Facts, Step, Verdict, World};
use pointsman_schema::archive::golden::{Golden, Vector};
use pointsman_schema::capability::Capability;
use pointsman_schema::dialect::Dialect;
use pointsman_schema::feature;
use pointsman_schema::limits::{ATTRIBUTES_MAX, GOLDEN_VECTORS_MAX};
use pointsman_schema::snapshot::view::{BackendIx, ChainIx, KeyIx, RuleIx, View, run};

use self::witness::witness;

/// **Unit**: keys of one chain that are tried for a rule.
const KEYS_MAX: usize = 8;
/// **Unit**: ways through a rule's program that are tried for one key.
const PATHS_MAX: usize = 16;
/// **Unit**: chains of which keys are tried for each refusal.
const REFUSING_CHAINS_MAX: usize = 256;
/// **Unit**: refusals that can have a vector.
const REFUSALS_MAX: usize = 16;

/// **Unit**: requests that hold something that some backend refuses.
const LOSSES_MAX: usize = 256;

/// A Monday, 2026-01-05T12:00:00Z: the time of every request whose rule asks for no other.
const NOON_S: i64 = 1_767_614_400;

/// A name that no chain accepts, unless someone declares just this.
const NO_MODEL: &str = "pointsman-golden-no-such-model";

/// The vectors of a draft.
pub(crate) fn golden(view: &View<'_>) -> Golden {
    let keys = keys_of_chains(view);
    let mut requests = Vec::new();
    for (chain, rule) in
        spread(rules(view, &keys), GOLDEN_VECTORS_MAX.saturating_sub(REFUSALS_MAX + LOSSES_MAX))
    {
        let mut tried = keys.get(&chain).into_iter().flatten();
        requests.extend(tried.find_map(|key| witness(view, *key, (chain, rule))));
    }
    requests.extend(losses::requests(view, &keys));
    requests.extend(refusals(view, &keys));
    Golden { vectors: requests.into_iter().zip(0..).map(|(facts, at)| vector(view, facts, at)).collect() }
}

/// The first keys of each chain that has any.
fn keys_of_chains(view: &View<'_>) -> BTreeMap<ChainIx, Vec<KeyIx>> {
    let mut keys: BTreeMap<ChainIx, Vec<KeyIx>> = BTreeMap::new();
    for (key, at) in view.routing.keys.iter().zip(0..) {
        let of_chain = keys.entry(ChainIx::from(key.chain)).or_default();
        if of_chain.len() < KEYS_MAX {
            of_chain.push(KeyIx(at));
        }
    }
    keys
}

/// Every rule that a key reaches without passing through another chain.
fn rules(view: &View<'_>, keys: &BTreeMap<ChainIx, Vec<KeyIx>>) -> Vec<(ChainIx, RuleIx)> {
    let of = |chain: ChainIx| {
        let rows = &view.chain(chain).rules;
        let start = rows.start.to_native();
        (start..start.saturating_add(rows.len.to_native())).map(move |rule| (chain, RuleIx(rule)))
    };
    keys.keys().copied().flat_map(of).collect()
}

/// At most `most` of a list, evenly over all of it.
fn spread<T: Copy>(list: Vec<T>, most: usize) -> Vec<T> {
    if list.len() <= most {
        return list;
    }
    (0..most).filter_map(|at| list.get(at.saturating_mul(list.len()) / most)).copied().collect()
}

/// One request for each refusal that a simple request meets.
fn refusals<'v>(view: &View<'v>, keys: &BTreeMap<ChainIx, Vec<KeyIx>>) -> Vec<Facts<'v>> {
    let mut met = BTreeSet::new();
    let mut requests = Vec::new();
    for key in keys.values().take(REFUSING_CHAINS_MAX).flatten() {
        for facts in probes(view, *key) {
            if let (_, Step::Refuse(refusal)) = Decision::start(view, &facts, &Everything)
                && met.len() < REFUSALS_MAX
                && met.insert(refusal.word())
            {
                requests.push(facts);
            }
        }
    }
    requests
}

/// Requests that something is likely to refuse.
fn probes<'v>(view: &View<'v>, key: KeyIx) -> Vec<Facts<'v>> {
    let plain = plain(view, key);
    let all = Capability::ALL.iter().fold(0, |bits, capability| bits | capability.bit());
    let mut probes = vec![
        plain,
        Facts { model: NO_MODEL, ..plain },
        Facts { capabilities: all, ..plain },
        Facts { output_tokens: u32::MAX, ..plain },
        Facts { features: feature::ALL, ..plain },
        Facts { dialect: Dialect::Images, ..plain },
    ];
    let accepted = run(&view.routing.accepted, &view.chain(ChainIx::from(view.key(key).chain)).accepted);
    let allowed: BTreeSet<&str> =
        pointsman_routing::accepted_models(view, key).map(|accepted| accepted.name).collect();
    let names = || accepted.iter().map(|accepted| view.text(accepted.name));
    for model in names().next_back().into_iter().chain(names().find(|name| !allowed.contains(name))) {
        probes.push(Facts { model, ..plain });
    }
    probes
}

/// A small request for the first model that the key may ask for.
fn plain<'v>(view: &View<'v>, key: KeyIx) -> Facts<'v> {
    Facts {
        key,
        model: pointsman_routing::accepted_models(view, key)
            .next()
            .map_or(NO_MODEL, |accepted| accepted.name),
        attributes: [0; ATTRIBUTES_MAX],
        capabilities: 0,
        input_tokens: 0,
        output_tokens: 0,
        dialect: Dialect::Chat,
        features: 0,
        time_s: NOON_S.min(view.key(key).expires_s.to_native()),
        request_id: [0; 16],
    }
}

/// A request and what is decided for it. Its id counts the vectors, so that each draws its own bucket.
fn vector(view: &View<'_>, mut facts: Facts<'_>, at: u128) -> Vector {
    facts.request_id = at.to_be_bytes();
    let decision = pointsman_routing::golden::digest(view, &facts);
    let Facts {
        key,
        model,
        attributes,
        capabilities,
        input_tokens,
        output_tokens,
        dialect,
        features,
        time_s,
        request_id,
    } = facts;
    Vector {
        key: key.0,
        model: model.to_owned(),
        attributes: attributes.iter().take(view.routing.attributes.len()).copied().collect(),
        capabilities,
        input_tokens,
        output_tokens,
        dialect: dialect.code(),
        features,
        time_s,
        request_id,
        decision: decision.0,
    }
}

/// A world in which nothing is wrong.
struct Everything;

impl World for Everything {
    fn verdict(&self, _: BackendIx) -> Verdict {
        Verdict::Available
    }

    fn retry_allowed(&self, _: BackendIx) -> bool {
        true
    }

    fn dice(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(length: u32, most: usize, expected: &[u32]) {
        assert_eq!(spread((0..length).collect(), most), expected);
    }

    #[test]
    fn a_long_list_is_thinned_evenly() {
        check(0, 3, &[]);
        check(3, 3, &[0, 1, 2]);
        check(7, 3, &[0, 2, 4]);
    }
}
