//! Provisional text numbers into places of the sorted heap, in every row that holds one.
//!
//! Every row type is taken apart here field by field, so that a new reference to a text cannot be forgotten. Nothing
//! else of a row changes. Read next: [`super::names`].

use pointsman_schema::archive::NONE;
use pointsman_schema::archive::money::{Limit, Money};
use pointsman_schema::archive::providers::{Backend, Credential, Model, Provider, Providers, TokenRequest};
use pointsman_schema::archive::routing::{
    Accepted, Attribute, Chain, Consumer, Key, Routing, Rule, TEST_MODEL_GLOB, TEST_MODEL_IS, Team, Test,
    Zone,
};
use pointsman_schema::snapshot::Tables;

use super::names::Texts;

/// Finishes the heap and every reference to it.
pub(super) fn renumber(tables: &mut Tables, texts: Texts<'_>) {
    let (names, places) = texts.finish();
    let map = Map(places);
    tables.names = names;
    map.providers(&mut tables.providers);
    map.routing(&mut tables.routing);
    map.money(&mut tables.money);
}

struct Map(Vec<u32>);

impl Map {
    fn texts<'t>(&self, numbers: impl IntoIterator<Item = &'t mut u32>) {
        for number in numbers {
            let place = usize::try_from(*number).ok().and_then(|number| self.0.get(number));
            *number = place.copied().unwrap_or(NONE);
        }
    }

    fn providers(&self, tables: &mut Providers) {
        let Providers { providers, credentials, models, backends, tokens } = tables;
        for provider in providers {
            let Provider {
                name,
                protocol: _,
                tls: _,
                host,
                port: _,
                path,
                connect_ms: _,
                first_token_ms: _,
                between_chunks_ms: _,
                total_ms: _,
                api_version,
                region,
            } = provider;
            self.texts([name, host, path, api_version, region]);
        }
        for credential in credentials {
            let Credential { name, provider: _, source: _, reference, team } = credential;
            self.texts([name, reference, team]);
        }
        for token in tokens {
            let TokenRequest {
                credential: _,
                tls: _,
                host,
                port: _,
                path,
                identity,
                scope,
                proof: _,
                place: _,
                reference,
            } = token;
            self.texts([host, path, identity, scope, reference]);
        }
        for model in models {
            let Model {
                name,
                context_window_tokens: _,
                output_limit_tokens: _,
                capabilities: _,
                token_millibytes: _,
            } = model;
            self.texts([name]);
        }
        for backend in backends {
            let Backend {
                name,
                model: _,
                provider: _,
                credential: _,
                upstream_model,
                dialects: _,
                refused: _,
            } = backend;
            self.texts([name, upstream_model]);
        }
    }

    fn routing(&self, tables: &mut Routing) {
        let Routing {
            teams,
            tags,
            attributes,
            attribute_values,
            consumers,
            consumer_tags: _,
            keys,
            key_models,
            key_limits: _,
            digests: _,
            radix_bits: _,
            radix: _,
            chains,
            accepted,
            rules,
            tests,
            arms: _,
            fallbacks: _,
            windows: _,
            zones,
            transitions: _,
        } = tables;
        self.texts(teams.iter_mut().map(|Team { name }| name));
        self.texts(tags.iter_mut().chain(attribute_values).chain(key_models));
        for Attribute { name, origin: _, field, values: _ } in attributes {
            self.texts([name, field]);
        }
        self.texts(consumers.iter_mut().map(|Consumer { name, team: _, tags: _ }| name));
        self.texts(keys.iter_mut().map(key_text));
        self.texts(chains.iter_mut().map(|Chain { name, rules: _, accepted: _ }| name));
        self.texts(accepted.iter_mut().map(|Accepted { name, model: _ }| name));
        self.texts(rules.iter_mut().map(rule_text));
        for test in tests {
            self.test(test);
        }
        self.texts(zones.iter_mut().map(|Zone { name, initial_offset_s: _, transitions: _ }| name));
    }

    fn money(&self, tables: &mut Money) {
        let Money { prices: _, limits } = tables;
        self.texts(limits.iter_mut().map(
            |Limit { name, requests: _, burst: _, tokens: _, window_s: _, concurrent: _, per: _ }| name,
        ));
    }

    fn test(&self, test: &mut Test) {
        let Test { code, a, b, on_true: _, on_false: _ } = test;
        match *code {
            TEST_MODEL_IS => self.texts([a]),
            TEST_MODEL_GLOB => self.texts([a, b]),
            _ => {}
        }
    }
}

fn key_text(key: &mut Key) -> &mut u32 {
    let Key { name, consumer: _, chain: _, models: _, limits: _, expires_s: _ } = key;
    name
}

fn rule_text(rule: &mut Rule) -> &mut u32 {
    let Rule {
        name,
        tests: _,
        arms: _,
        fallbacks: _,
        sticky: _,
        sticky_attribute: _,
        retry_attempts: _,
        retry_on: _,
        dropped: _,
    } = rule;
    name
}
