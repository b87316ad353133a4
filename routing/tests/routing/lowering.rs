//! A described policy as snapshot tables, so that the decision can read it.

use std::collections::BTreeSet;

use pointsman_routing::{Facts, golden};
use pointsman_schema::archive::golden::{Golden, Vector};
use pointsman_schema::archive::names::Names;
use pointsman_schema::archive::providers::{self, Providers};
use pointsman_schema::archive::routing::{self, Routing};
use pointsman_schema::archive::{NONE, Rows};
use pointsman_schema::limits::ATTRIBUTES_MAX;
use pointsman_schema::snapshot::Sealed;
use pointsman_schema::snapshot::pack::{Draft, Tables};
use pointsman_schema::snapshot::view::{BackendIx, View};

use crate::places::places;
use crate::policy::{Ask, Name, Policy, Rule, Sticky, Target, When, shares};

/// A policy with its tables.
pub(crate) struct Loaded {
    pub(crate) policy: Policy,
    draft: Draft,
}

impl Loaded {
    pub(crate) fn new(mut policy: Policy) -> Self {
        policy.attributes.sort();
        policy.attributes.iter_mut().for_each(|(_, values)| values.sort_unstable());
        policy.consumers.sort_by_key(|row| row.name);
        policy.keys.sort_by_key(|row| row.name);
        policy.chains.sort_by_key(|row| row.name);
        policy.models.sort_by_key(|row| row.name);
        policy.backends.sort_unstable();
        policy.zones.sort_by_key(|row| row.name);
        let draft = Lowering::new(&policy).draft();
        Self { policy, draft }
    }

    pub(crate) fn view(&self) -> View<'_> {
        self.draft.view().unwrap()
    }

    /// Runs something on the same tables with golden vectors, packed and checked as a gateway does.
    pub(crate) fn with_golden(&self, golden: &Golden, run: impl FnOnce(&View<'_>)) {
        let packed = Lowering::new(&self.policy).draft().finish(golden, "test").unwrap();
        run(&Sealed::from_packed(&packed).check().unwrap().view());
    }

    /// A request as a golden vector, with the decision on it.
    pub(crate) fn vector(&self, ask: &Ask) -> Vector {
        let facts = self.facts(ask);
        Vector {
            key: facts.key.0,
            model: facts.model.to_owned(),
            attributes: facts.attributes[..self.policy.attributes.len()].to_vec(),
            capabilities: facts.capabilities,
            input_tokens: facts.input_tokens,
            output_tokens: facts.output_tokens,
            dialect: facts.dialect.code(),
            features: facts.features,
            time_s: facts.time_s,
            request_id: facts.request_id,
            decision: golden::digest(&self.view(), &facts).0,
        }
    }

    pub(crate) fn backend(&self, backend: BackendIx) -> Name {
        self.policy.backends[backend.at()].0
    }

    pub(crate) fn facts(&self, ask: &Ask) -> Facts<'static> {
        let mut attributes = [0; ATTRIBUTES_MAX];
        for (name, value) in &ask.attributes {
            let at = self.policy.attributes.iter().position(|row| row.0 == *name).unwrap();
            let number = self.policy.attributes[at].1.iter().position(|known| known == value).unwrap() + 1;
            attributes[at] = u16::try_from(number).unwrap();
        }
        Facts {
            key: self.view().key_named(ask.key).unwrap(),
            model: ask.model,
            attributes,
            capabilities: ask.capabilities,
            input_tokens: ask.input,
            output_tokens: ask.output,
            dialect: ask.dialect,
            features: ask.features,
            time_s: ask.time_s,
            request_id: [ask.id; 16],
        }
    }
}

struct Lowering<'p> {
    policy: &'p Policy,
    names: Vec<Name>,
    teams: Vec<Name>,
    tags: Vec<Name>,
    routing: Routing,
}

impl<'p> Lowering<'p> {
    fn new(policy: &'p Policy) -> Self {
        let teams: BTreeSet<Name> = policy.consumers.iter().filter_map(|row| row.team).collect();
        let tags: BTreeSet<Name> = policy.consumers.iter().flat_map(|row| row.tags.clone()).collect();
        let mut names: BTreeSet<Name> = teams.union(&tags).copied().collect();
        names.extend(policy.attributes.iter().flat_map(|(name, values)| values.iter().chain([name])));
        names.extend(policy.consumers.iter().map(|row| row.name));
        names.extend(policy.keys.iter().flat_map(|row| row.models.iter().copied().chain([row.name])));
        names.extend(policy.models.iter().map(|row| row.name));
        names.extend(policy.backends.iter().map(|row| row.0));
        names.extend(policy.zones.iter().map(|row| row.name));
        for chain in &policy.chains {
            names.extend(chain.models.iter().chain(&chain.aliases).chain([&chain.name]));
            for rule in &chain.rules {
                names.extend([rule.name]);
                patterns(&rule.when, &mut names);
            }
        }
        names.extend(["", "provider"]);
        let (teams, tags) = (teams.into_iter().collect(), tags.into_iter().collect());
        Self { policy, names: names.into_iter().collect(), teams, tags, routing: Routing::default() }
    }

    fn draft(mut self) -> Draft {
        self.routing.teams = self.teams.iter().map(|name| routing::Team { name: self.text(name) }).collect();
        self.routing.tags = self.tags.iter().map(|name| self.text(name)).collect();
        self.routing.radix = vec![0, 0];
        self.access();
        for chain in &self.policy.chains {
            self.chain(chain);
        }
        let mut names = Names::default();
        for name in &self.names {
            names.text.push_str(name);
            names.ends.push(index(names.text.len()));
        }
        let providers = self.providers();
        let places = places(&self.routing, &providers);
        Draft::new(&Tables { names, routing: self.routing, providers, places, ..Tables::default() }).unwrap()
    }

    fn access(&mut self) {
        for (name, values) in &self.policy.attributes {
            let rows: Vec<u32> = values.iter().map(|value| self.text(value)).collect();
            let values = append(&mut self.routing.attribute_values, rows);
            let name = self.text(name);
            self.routing.attributes.push(routing::Attribute { name, origin: 0, field: name, values });
        }
        for consumer in &self.policy.consumers {
            let mut tags: Vec<u32> = consumer.tags.iter().map(|tag| find(&self.tags, tag)).collect();
            tags.sort_unstable();
            let row = routing::Consumer {
                name: self.text(consumer.name),
                team: consumer.team.map_or(NONE, |team| find(&self.teams, team)),
                tags: append(&mut self.routing.consumer_tags, tags),
            };
            self.routing.consumers.push(row);
        }
        for key in &self.policy.keys {
            let mut models: Vec<u32> = key.models.iter().map(|model| self.text(model)).collect();
            models.sort_unstable();
            let row = routing::Key {
                name: self.text(key.name),
                consumer: place(&self.policy.consumers, |row| row.name == key.consumer),
                chain: place(&self.policy.chains, |row| row.name == key.chain),
                models: append(&mut self.routing.key_models, models),
                limits: Rows::default(),
                expires_s: i64::MAX,
            };
            self.routing.keys.push(row);
        }
        for zone in &self.policy.zones {
            let changes = zone.changes.iter().map(|(at_s, offset_s)| (*at_s, *offset_s));
            let changes = changes.map(|(at_s, offset_s)| routing::Transition { at_s, offset_s }).collect();
            let transitions = append(&mut self.routing.transitions, changes);
            let row =
                routing::Zone { name: self.text(zone.name), initial_offset_s: zone.offset_s, transitions };
            self.routing.zones.push(row);
        }
    }

    fn chain(&mut self, chain: &crate::policy::Chain) {
        let model = |name: &&Name| place(&self.policy.models, |row| row.name == **name);
        let models = chain.models.iter().map(|name| (*name, model(&name)));
        let mut accepted: Vec<(Name, u32)> =
            models.chain(chain.aliases.iter().map(|name| (*name, NONE))).collect();
        accepted.sort_unstable();
        let accepted = accepted
            .into_iter()
            .map(|(name, model)| routing::Accepted { name: self.text(name), model })
            .collect();
        let accepted = append(&mut self.routing.accepted, accepted);
        let rules = chain.rules.iter().map(|rule| self.rule(rule)).collect();
        let row = routing::Chain {
            name: self.text(chain.name),
            rules: append(&mut self.routing.rules, rules),
            accepted,
        };
        self.routing.chains.push(row);
    }

    fn rule(&mut self, rule: &Rule) -> routing::Rule {
        let tests = self.program(&rule.when);
        let mut until = 0;
        let mut arms = Vec::new();
        for (target, share) in shares(&rule.split) {
            until += share;
            arms.push(routing::Arm { target: self.target(target), until });
        }
        let fallbacks = rule.fallback.iter().map(|target| self.target(*target)).collect();
        let (sticky, attribute) = match rule.sticky {
            Sticky::No => (0, NONE),
            Sticky::Consumer => (1, NONE),
            Sticky::Key => (2, NONE),
            Sticky::Attribute(name) => (3, place(&self.policy.attributes, |row| row.0 == name)),
        };
        routing::Rule {
            name: self.text(rule.name),
            tests: append(&mut self.routing.tests, tests),
            arms: append(&mut self.routing.arms, arms),
            fallbacks: append(&mut self.routing.fallbacks, fallbacks),
            sticky,
            sticky_attribute: attribute,
            retry_attempts: rule.retry,
            retry_on: rule.retry_on.iter().fold(0, |bits, outcome| bits | outcome.bit()),
            dropped: rule.dropped,
        }
    }

    fn target(&self, target: Target) -> routing::Target {
        match target {
            Target::Backend(name) => routing::Target {
                kind: routing::TARGET_BACKEND,
                index: place(&self.policy.backends, |row| row.0 == name),
            },
            Target::Chain(name) => routing::Target {
                kind: routing::TARGET_CHAIN,
                index: place(&self.policy.chains, |row| row.name == name),
            },
        }
    }

    /// A branch program, made from its end so that every jump's target is known when the jump is.
    fn program(&mut self, when: &When) -> Vec<routing::Test> {
        let mut backward = Vec::new();
        match self.emit(when, (Goal::Accept, Goal::Reject), &mut backward) {
            Goal::Accept => Vec::new(),
            Goal::Reject => {
                let (code, reject) = (routing::TEST_INPUT_TOKENS, routing::REJECT);
                vec![routing::Test { code, a: 0, b: NONE, on_true: reject, on_false: reject }]
            }
            Goal::Row(entry) => {
                let forward = |goal| match goal {
                    Goal::Accept => routing::ACCEPT,
                    Goal::Reject => routing::REJECT,
                    Goal::Row(at) => u16::try_from(entry - at).unwrap(),
                };
                let rows = backward.into_iter().take(entry + 1).rev();
                rows.map(|((code, a, b), on_true, on_false)| routing::Test {
                    code,
                    a,
                    b,
                    on_true: forward(on_true),
                    on_false: forward(on_false),
                })
                .collect()
            }
        }
    }

    fn emit(&mut self, when: &When, (yes, no): (Goal, Goal), rows: &mut Vec<Row>) -> Goal {
        match when {
            When::All(parts) => parts.iter().rev().fold(yes, |next, part| self.emit(part, (next, no), rows)),
            When::Any(parts) => parts.iter().rev().fold(no, |next, part| self.emit(part, (yes, next), rows)),
            When::Not(part) => self.emit(part, (no, yes), rows),
            leaf => {
                rows.push((self.leaf(leaf), yes, no));
                Goal::Row(rows.len() - 1)
            }
        }
    }

    fn leaf(&mut self, when: &When) -> (u8, u32, u32) {
        match when {
            When::Model(pattern) => match pattern.split_once('*') {
                Some((head, tail)) => (routing::TEST_MODEL_GLOB, self.text(head), self.text(tail)),
                None => (routing::TEST_MODEL_IS, self.text(pattern), 0),
            },
            When::Attribute(name, value) => {
                let at = place(&self.policy.attributes, |row| row.0 == *name);
                let values = &self.policy.attributes[usize::try_from(at).unwrap()].1;
                (routing::TEST_ATTRIBUTE, at, value.map_or(0, |value| find(values, value) + 1))
            }
            When::Capability(bits) => (routing::TEST_CAPABILITY, *bits, 0),
            When::Tokens(from, to) => (routing::TEST_INPUT_TOKENS, *from, *to),
            When::Team(name) => (routing::TEST_TEAM, find(&self.teams, name), 0),
            When::Consumer(name) => {
                (routing::TEST_CONSUMER, place(&self.policy.consumers, |row| row.name == *name), 0)
            }
            When::Tag(name) => (routing::TEST_TAG, find(&self.tags, name), 0),
            When::Protocol(code) => (routing::TEST_PROTOCOL, *code, 0),
            When::Time(window) => {
                let zone = place(&self.policy.zones, |row| row.name == window.zone);
                let (days, from_minute, to_minute) = (window.days, window.from, window.to);
                self.routing.windows.push(routing::Window { zone, days, from_minute, to_minute });
                (routing::TEST_TIME, index(self.routing.windows.len() - 1), 0)
            }
            When::All(_) | When::Any(_) | When::Not(_) => unreachable!("not a leaf"),
        }
    }

    fn providers(&self) -> Providers {
        let models = self.policy.models.iter().map(|model| providers::Model {
            name: self.text(model.name),
            context_window_tokens: model.context,
            output_limit_tokens: model.output,
            capabilities: model.capabilities,
            token_millibytes: 4_000,
        });
        let backends = self.policy.backends.iter().map(|(name, model)| {
            let tongue = self.policy.tongue(name);
            providers::Backend {
                name: self.text(name),
                model: place(&self.policy.models, |row| row.name == *model),
                provider: 0,
                credential: NONE,
                upstream_model: self.text(model),
                dialects: tongue.dialects(),
                refused: tongue.sets(),
            }
        });
        let provider = self.text("provider");
        let provider = providers::Provider {
            name: provider,
            host: provider,
            port: 443,
            path: self.text(""),
            connect_ms: 1,
            first_token_ms: 1,
            between_chunks_ms: 1,
            total_ms: 1,
            api_version: NONE,
            region: NONE,
            ..providers::Provider::default()
        };
        Providers {
            providers: vec![provider],
            credentials: Vec::new(),
            models: models.collect(),
            backends: backends.collect(),
            tokens: Vec::new(),
        }
    }

    fn text(&self, name: &str) -> u32 {
        find(&self.names, name)
    }
}

#[derive(Debug, Clone, Copy)]
enum Goal {
    Accept,
    Reject,
    /// A row, counted from the end of the program.
    Row(usize),
}

type Row = ((u8, u32, u32), Goal, Goal);

fn patterns(when: &When, names: &mut BTreeSet<Name>) {
    match when {
        When::All(parts) | When::Any(parts) => parts.iter().for_each(|part| patterns(part, names)),
        When::Not(part) => patterns(part, names),
        When::Model(pattern) => names.extend(pattern.split('*')),
        _ => {}
    }
}

fn append<T>(table: &mut Vec<T>, rows: Vec<T>) -> Rows {
    let start = table.len();
    table.extend(rows);
    Rows::between(start, table.len())
}

fn find(names: &[Name], name: &str) -> u32 {
    place(names, |known| *known == name)
}

fn place<T>(rows: &[T], is: impl Fn(&T) -> bool) -> u32 {
    index(rows.iter().position(is).unwrap())
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap()
}
