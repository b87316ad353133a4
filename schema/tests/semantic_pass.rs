//! F12 and the semantic pass: rows that refer to nothing, unknown codes, wrong orders, and every limit exceeded by one.

#![cfg(test)]

use pointsman_schema::archive::golden::Golden;
use pointsman_schema::archive::money::{Limit, Money};
use pointsman_schema::archive::names::Names;
use pointsman_schema::archive::places::{Place, Places};
use pointsman_schema::archive::providers::{
    Backend, CREDENTIAL_ENTRA, CREDENTIAL_SEALED, Credential, Model, Provider, Providers, TokenRequest,
};
use pointsman_schema::archive::routing::{
    ACCEPT, Accepted, Arm, Attribute, Chain, Consumer, Key, KeyDigest, REJECT, Routing, Rule, Target, Team,
    Test, Transition, Window, Zone,
};
use pointsman_schema::archive::unserved::Setting;
use pointsman_schema::archive::{NONE, Rows};
use pointsman_schema::feature::Feature;
use pointsman_schema::limits::{
    ARMS_PER_SPLIT_MAX, ATTRIBUTE_VALUES_MAX, ATTRIBUTES_MAX, CANDIDATES_MAX, PREDICATES_PER_RULE_MAX,
    RETRY_ATTEMPTS_MAX, RULES_PER_CHAIN_MAX, SPLIT_BUCKETS,
};
use pointsman_schema::protocol::ProviderProtocol;
use pointsman_schema::snapshot::pack::{Draft, Tables};
use pointsman_schema::snapshot::{Sealed, SnapshotError};

/// Texts `t000` to `t399`, so that a row's text is its number.
fn names() -> Names {
    let text = (0..400).map(|at| format!("t{at:03}")).collect::<Vec<_>>().concat();
    Names { text, ends: (1..=400).map(|at| at * 4).collect() }
}

fn rows(len: usize) -> Rows {
    Rows::between(0, len)
}

fn no_version() -> Provider {
    Provider { api_version: NONE, region: NONE, ..Provider::default() }
}

fn providers() -> Providers {
    let provider = Provider {
        name: 0,
        host: 1,
        port: 1,
        path: 2,
        connect_ms: 1,
        between_chunks_ms: 1,
        total_ms: 1,
        ..no_version()
    };
    Providers {
        providers: vec![provider.clone(), Provider { name: 1, ..provider }],
        credentials: vec![Credential { name: 0, provider: 0, source: 0, reference: 0, team: NONE }],
        models: vec![Model { name: 0, token_millibytes: 4000, ..Model::default() }],
        backends: vec![Backend::default()],
        ..Providers::default()
    }
}

fn places() -> Places {
    let one = || vec![Place { file: 0, line: 1 }];
    Places {
        files: vec!["a.yaml".to_owned()],
        keys: one(),
        consumers: one(),
        chains: one(),
        rules: one(),
        limits: one(),
        providers: [one(), one()].concat(),
        credentials: one(),
        models: one(),
        backends: one(),
    }
}

/// One of everything.
fn tables() -> Tables {
    let rule = Rule {
        name: 0,
        tests: rows(1),
        arms: rows(1),
        fallbacks: rows(1),
        sticky_attribute: NONE,
        ..Rule::default()
    };
    let routing = Routing {
        teams: vec![Team { name: 0 }],
        tags: vec![0],
        attributes: vec![Attribute { name: 0, origin: 0, field: 0, values: rows(1) }],
        attribute_values: vec![0],
        consumers: vec![Consumer { name: 0, team: 0, tags: rows(1) }],
        consumer_tags: vec![0],
        keys: vec![Key {
            name: 0,
            consumer: 0,
            chain: 0,
            models: rows(1),
            limits: rows(1),
            expires_s: i64::MAX,
        }],
        key_models: vec![0],
        key_limits: vec![0],
        digests: vec![KeyDigest { digest: [1; 32], key: 0, until_s: i64::MAX }],
        radix_bits: 0,
        radix: vec![0, 1],
        chains: vec![Chain { name: 0, rules: rows(1), accepted: rows(1) }],
        accepted: vec![Accepted { name: 0, model: 0 }],
        rules: vec![rule],
        tests: vec![Test { code: 3, a: 0, b: 1, on_true: ACCEPT, on_false: REJECT }],
        arms: vec![Arm { target: Target { kind: 0, index: 0 }, until: SPLIT_BUCKETS }],
        fallbacks: vec![Target { kind: 1, index: 0 }],
        windows: vec![Window { zone: 0, days: 1, from_minute: 0, to_minute: 1440 }],
        zones: vec![Zone { name: 0, initial_offset_s: 0, transitions: rows(1) }],
        transitions: vec![Transition { at_s: 0, offset_s: 3600 }],
    };
    let limits = vec![Limit { name: 0, requests: 5, burst: 5, window_s: 60, ..Limit::default() }];
    let money = Money { limits, ..Money::default() };
    Tables { names: names(), routing, providers: providers(), money, places: places(), ..Tables::default() }
}

/// Packs tables and says which table the semantic pass refuses, if any.
fn refused(tables: &Tables) -> Option<(&'static str, &'static str)> {
    let packed = Draft::new(tables).unwrap().finish(&Golden::default(), "0.1.0").unwrap();
    match Sealed::from_packed(&packed).check().map(drop) {
        Ok(()) => None,
        Err(SnapshotError::Semantic { table, what, .. }) => Some((table, what)),
        Err(other) => panic!("{other}"),
    }
}

/// Expects a change to be refused for this table.
fn check(table: &str, change: impl FnOnce(&mut Tables)) {
    let mut tables = tables();
    change(&mut tables);
    let found = refused(&tables);
    assert_eq!(found.map(|(table, _)| table), Some(table), "{found:?}");
}

#[test]
fn one_of_everything_is_accepted() {
    assert_eq!(refused(&tables()), None);
}

#[test]
fn rules_and_their_programs() {
    check("rules", |tables| tables.routing.rules[0].name = 400);
    check("rules", |tables| tables.routing.rules[0].sticky = 4);
    check("rules", |tables| tables.routing.rules[0].sticky = 3);
    check("rules", |tables| tables.routing.rules[0].sticky_attribute = 0);
    check("rules", |tables| tables.routing.rules[0].tests = rows(2));
    check("rules", |tables| tables.routing.tests[0].on_true = 0);
    check("rules", |tables| tables.routing.tests[0].on_false = 1);
    check("rules", |tables| tables.routing.rules[0].dropped = Feature::Tools.mask());
    check("rules", |tables| tables.routing.rules[0].dropped = 1 << 63);
    check("tests", |tables| tables.routing.tests[0].code = 99);
    check("tests", |tables| tables.routing.tests[0].b = 2);
    for code in [1, 2, 3, 6, 7, 8, 9, 10] {
        check("tests", |tables| (tables.routing.tests[0].code, tables.routing.tests[0].a) = (code, 400));
    }
}

#[test]
fn splits_and_targets() {
    check("rules", |tables| tables.routing.arms[0].until = SPLIT_BUCKETS - 1);
    check("rules", |tables| tables.routing.arms[0].until = 0);
    check("rules", |tables| tables.routing.arms[0].target.index = 1);
    check("rules", |tables| tables.routing.fallbacks[0].index = 1);
    check("rules", |tables| tables.routing.fallbacks[0].kind = 2);
    check("rules", |tables| {
        (tables.routing.rules[0].arms, tables.routing.rules[0].fallbacks) = (rows(0), rows(0));
    });
}

#[test]
fn chains_keys_and_who_asks() {
    check("chains", |tables| tables.routing.accepted[0].model = 1);
    check("chains", |tables| tables.routing.accepted[0].name = 400);
    check("consumers", |tables| tables.routing.consumers[0].team = 1);
    check("consumers", |tables| tables.routing.consumer_tags[0] = 1);
    check("keys", |tables| tables.routing.key_models[0] = 400);
    check("keys", |tables| tables.routing.key_limits[0] = 1);
    check("attributes", |tables| tables.routing.attributes[0].origin = 2);
    check("attributes", |tables| tables.routing.attribute_values[0] = 400);
    check("radix index", |tables| tables.routing.radix_bits = 17);
}

#[test]
fn limits() {
    check("limits", |tables| tables.money.limits[0].name = 400);
    check("limits", |tables| tables.money.limits[0].per = 3);
    check("limits", |tables| tables.money.limits[0].burst = 0);
    check("limits", |tables| tables.money.limits[0].window_s = 0);
    check("limits", |tables| {
        let limit = &mut tables.money.limits[0];
        (limit.requests, limit.burst) = (0, 0);
    });
    check("limits", |tables| tables.money.limits[0] = Limit::default());
}

#[test]
fn windows_and_zones() {
    check("windows", |tables| tables.routing.windows[0].zone = 1);
    check("windows", |tables| tables.routing.windows[0].days = 0);
    check("windows", |tables| tables.routing.windows[0].from_minute = 1440);
    check("zones", |tables| tables.routing.zones[0].initial_offset_s = i32::MAX);
    check("zones", |tables| tables.routing.zones[0].transitions = rows(2));
}

/// Makes the credential a source of tokens.
fn token_source(tables: &mut Tables) -> &mut Vec<TokenRequest> {
    tables.providers.credentials[0].source = CREDENTIAL_ENTRA;
    tables.providers.tokens = vec![TokenRequest { port: 1, ..TokenRequest::default() }];
    assert_eq!(refused(tables), None);
    &mut tables.providers.tokens
}

#[test]
fn what_can_be_reached() {
    check("providers", |tables| tables.providers.providers[0].host = 400);
    check("providers", |tables| tables.providers.providers[0].protocol = 9);
    check("providers", |tables| tables.providers.providers[0].port = 0);
    check("providers", |tables| tables.providers.providers[0].total_ms = 0);
    check("credentials", |tables| tables.providers.credentials[0].source = 6);
    let setting = |value: &str| Setting { value: value.to_owned(), ..Setting::default() };
    check("unserved", |tables| tables.unserved.settings = vec![setting("b"), setting("a")]);
    check("unserved", |tables| tables.unserved.settings = vec![setting("a"), setting("a")]);
    check("token requests", |tables| tables.providers.credentials[0].source = CREDENTIAL_ENTRA);
    let changes: [fn(&mut TokenRequest); 7] = [
        |token| token.credential = 1,
        |token| token.host = 400,
        |token| token.identity = 400,
        |token| token.tls = 2,
        |token| token.port = 0,
        |token| token.proof = 2,
        |token| token.place = CREDENTIAL_ENTRA,
    ];
    for change in changes {
        check("token requests", |tables| change(&mut token_source(tables)[0]));
    }
    check("token requests", |tables| {
        let again = token_source(tables)[0].clone();
        tables.providers.tokens.push(again);
    });
    check("token requests", |tables| {
        token_source(tables);
        tables.providers.credentials[0].source = CREDENTIAL_SEALED;
    });
    check("models", |tables| tables.providers.models[0].capabilities = 1 << 31);
    check("models", |tables| tables.providers.models[0].token_millibytes = 0);
    check("backends", |tables| tables.providers.backends[0].model = 1);
    check("backends", |tables| tables.providers.backends[0].upstream_model = 400);
    check("providers", |tables| tables.providers.providers[0].api_version = 400);
    check("providers", |tables| tables.providers.providers[0].region = 400);
    check("providers", |tables| tables.providers.providers[0].protocol = ProviderProtocol::Bedrock.code());
    check("backends", |tables| tables.providers.backends[0].dialects = 1 << 15);
    check("backends", |tables| tables.providers.backends[0].refused[10] = 1 << 63);
    // A secret goes where its owner said, also when a compiler was wrong.
    check("backends", |tables| tables.providers.backends[0].provider = 1);
}

#[test]
fn each_limit_by_one() {
    check("chains", |tables| {
        let len = RULES_PER_CHAIN_MAX + 1;
        tables.routing.rules = vec![tables.routing.rules[0].clone(); len];
        tables.routing.chains[0].rules = rows(len);
        tables.places.rules = vec![Place { file: 0, line: 1 }; len];
    });
    check("rules", |tables| {
        let len = PREDICATES_PER_RULE_MAX + 1;
        tables.routing.tests = vec![tables.routing.tests[0].clone(); len];
        tables.routing.rules[0].tests = rows(len);
    });
    check("rules", |tables| {
        let len = ARMS_PER_SPLIT_MAX + 1;
        let arm = |at: usize| Arm { until: u32::try_from(at + 1).unwrap(), ..Arm::default() };
        tables.routing.arms = (0..len).map(arm).collect();
        tables.routing.rules[0].arms = rows(len);
    });
    check("rules", |tables| {
        let len = CANDIDATES_MAX + 1;
        tables.routing.fallbacks = vec![Target::default(); len];
        tables.routing.rules[0].fallbacks = rows(len);
    });
    check("rules", |tables| tables.routing.rules[0].retry_attempts = RETRY_ATTEMPTS_MAX + 1);
    check("attributes", |tables| {
        let attribute = |at: usize| Attribute { name: u32::try_from(at).unwrap(), ..Attribute::default() };
        tables.routing.attributes = (0..=ATTRIBUTES_MAX).map(attribute).collect();
    });
    check("attributes", |tables| {
        let len = ATTRIBUTE_VALUES_MAX + 1;
        tables.routing.attribute_values = (0..len).map(|at| u32::try_from(at).unwrap()).collect();
        tables.routing.attributes[0].values = rows(len);
    });
}
