//! The policy of all dialogues, written by hand in the form that the compiler lowers to.
//!
//! Backend `alpha` calls its model otherwise than clients do, `beta` has the larger context, `own` is a team's with the
//! team's key; the others have a protocol of their own.

use std::collections::BTreeSet;

use pointsman_schema::api_key;
use pointsman_schema::archive::golden::Golden;
use pointsman_schema::archive::names::Names;
use pointsman_schema::archive::places::{Place, Places};
use pointsman_schema::archive::providers::{self, CREDENTIAL_ENV, Providers};
use pointsman_schema::archive::routing::{self, ACCEPT, REJECT, Routing, TARGET_BACKEND, TEST_ATTRIBUTE};
use pointsman_schema::archive::{NONE, Rows};
use pointsman_schema::capability::Capability;
use pointsman_schema::digest::Digest;
use pointsman_schema::feature;
use pointsman_schema::outcome::RETRYABLE;
use pointsman_schema::preset::Preset;
use pointsman_schema::protocol::ProviderProtocol;
use pointsman_schema::snapshot::pack::Draft;
use pointsman_schema::snapshot::{Sealed, Tables, Verified};

/// The text of a key.
pub(crate) fn key(name: &str) -> String {
    let mut random = [b'0'; api_key::RANDOM_CHARS];
    random[..name.len()].copy_from_slice(name.as_bytes());
    api_key::assemble(&random)
}

/// Keys; all lead to the chain of their name, but `old`, which has expired, to `main`.
const KEYS: [&str; 15] = [
    "again", "claude", "gem", "lone", "lossy", "main", "newer", "old", "own", "preset", "task", "via",
    "west", "zoo", "zooloss",
];
/// Chains and what they fall back along; `again` tries `alpha` twice, `task` sends code to `beta` first, and `lossy` and
/// `zooloss` let something be lost.
const CHAINS: [(&str, &[&str]); 14] = [
    ("again", &["alpha"]),
    ("claude", &["claude"]),
    ("gem", &["gem"]),
    ("lone", &["groq"]),
    ("lossy", &["groq"]),
    ("main", &["alpha", "beta"]),
    ("newer", &["newer"]),
    ("own", &["own"]),
    ("preset", &["groq", "alpha"]),
    ("task", &["alpha", "beta"]),
    ("via", &["via", "beta"]),
    ("west", &["west", "beta"]),
    ("zoo", &["alpha", "x-claude", "x-gemini"]),
    ("zooloss", &["x-claude"]),
];
const MODELS: [&str; 2] = ["gpt", "large"];
/// Name, model, provider, credential, the model's name there.
const BACKENDS: [(&str, &str, &str, &str, &str); 11] = [
    ("alpha", "gpt", "one", "one-key", "alpha-7b"),
    ("beta", "large", "two", "two-key", "gpt"),
    ("claude", "gpt", "vertex", "vertex-key", "claude-sonnet-4-5@20250929"),
    ("gem", "gpt", "vertex", "vertex-key", "gemini-2.5-pro"),
    ("groq", "gpt", "groq", "groq-key", "gpt"),
    ("newer", "gpt", "newer", "newer-key", "gpt 4o/west"),
    ("own", "gpt", "team/three", "team/key", "gpt"),
    ("via", "large", "via", "via-key", "eu.anthropic.claude-v1:0"),
    ("west", "gpt", "west", "west-key", "gpt 4o/west"),
    ("x-claude", "large", "x-four", "x-four-key", "gpt"),
    ("x-gemini", "gpt", "x-five", "x-five-key", "gpt"),
];
/// Name, provider, variable.
const CREDENTIALS: [(&str, &str, &str); 10] = [
    ("groq-key", "groq", "KEY_GROQ"),
    ("newer-key", "newer", "KEY_NEWER"),
    ("one-key", "one", "KEY_ONE"),
    // A team's is a file in real life; where it comes from does not matter here.
    ("team/key", "team/three", "KEY_TEAM"),
    ("two-key", "two", "KEY_TWO"),
    ("vertex-key", "vertex", "KEY_VERTEX"),
    ("via-key", "via", "KEY_VIA"),
    ("west-key", "west", "KEY_WEST"),
    ("x-five-key", "x-five", "KEY_FIVE"),
    ("x-four-key", "x-four", "KEY_FOUR"),
];
/// Name, host, path, protocol; `two` has chat completions and no other conversations. One by the name of a preset has it.
const PROVIDERS: [(&str, &str, &str, ProviderProtocol); 10] = [
    ("groq", "groq.test", "/openai/v1", ProviderProtocol::OpenAiCompatible),
    ("newer", "newer.test", "", ProviderProtocol::AzureOpenAi),
    ("one", "one.test", "/v1", ProviderProtocol::OpenAi),
    ("team/three", "three.test", "/v1", ProviderProtocol::OpenAi),
    ("two", "two.test", "/v1", ProviderProtocol::OpenAiCompatible),
    ("vertex", "vertex.test", "/v1/projects/p/locations/l", ProviderProtocol::Vertex),
    ("via", "via.test", "", ProviderProtocol::Bedrock),
    ("west", "west.test", "", ProviderProtocol::AzureOpenAi),
    ("x-five", "five.test", "/v1", ProviderProtocol::Gemini),
    ("x-four", "four.test", "/v1", ProviderProtocol::Anthropic),
];
const API_VERSION: &str = "2024-10-21";
const REGION: &str = "eu-west-1";
const OTHERS: [&str; 8] = [API_VERSION, REGION, "app", "code", "default", "fast", "task-header", "team"];

/// The number of a backend.
pub(crate) fn backend(name: &str) -> usize {
    BACKENDS.iter().position(|(backend, ..)| *backend == name).unwrap()
}

/// Packs, checks and verifies it.
pub(crate) fn snapshot() -> Verified {
    changed(|_| ())
}

/// The same, with a change.
pub(crate) fn changed(change: impl FnOnce(&mut Tables)) -> Verified {
    let mut tables = tables();
    change(&mut tables);
    let packed = Draft::new(&tables).unwrap().finish(&Golden::default(), "test").unwrap();
    Sealed::from_packed(&packed).check().unwrap().verify(|_, _| Digest::of(b"")).unwrap()
}

/// The row of a key.
pub(crate) fn key_row(name: &str) -> usize {
    KEYS.iter().position(|key| *key == name).unwrap()
}

fn words() -> BTreeSet<&'static str> {
    let chains = CHAINS.iter().map(|(name, _)| *name);
    let backends = BACKENDS.iter().flat_map(|(name, _, _, _, upstream)| [*name, *upstream]);
    let credentials = CREDENTIALS.iter().flat_map(|(name, _, variable)| [*name, *variable]);
    let providers = PROVIDERS.iter().flat_map(|(name, host, path, _)| [*name, *host, *path]);
    let plain = KEYS.into_iter().chain(MODELS).chain(OTHERS);
    plain.chain(chains).chain(backends).chain(credentials).chain(providers).collect()
}

/// The row of a text.
pub(crate) fn text(word: &str) -> u32 {
    number(words().iter().position(|one| *one == word).unwrap())
}

/// The place of a name in a table.
fn at<'n>(mut names: impl Iterator<Item = &'n &'static str>, name: &str) -> u32 {
    number(names.position(|one| *one == name).unwrap())
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap()
}

fn tables() -> Tables {
    let mut names = Names::default();
    for word in words() {
        names.text.push_str(word);
        names.ends.push(number(names.text.len()));
    }
    let (routing, providers) = (routing(), providers());
    let place = |rows: usize| vec![Place { file: 0, line: 1 }; rows];
    let places = Places {
        files: vec!["pointsman.yaml".to_owned()],
        keys: place(routing.keys.len()),
        consumers: place(routing.consumers.len()),
        chains: place(routing.chains.len()),
        rules: place(routing.rules.len()),
        limits: Vec::new(),
        providers: place(providers.providers.len()),
        credentials: place(providers.credentials.len()),
        models: place(providers.models.len()),
        backends: place(providers.backends.len()),
    };
    Tables { names, routing, providers, places, ..Tables::default() }
}

fn rows(start: usize, len: usize) -> Rows {
    Rows::between(start, start + len)
}

fn routing() -> Routing {
    let chain_of = |name: &str| CHAINS.iter().position(|(chain, _)| *chain == name);
    let keys = KEYS.map(|name| routing::Key {
        name: text(name),
        consumer: 0,
        chain: number(chain_of(name).or_else(|| chain_of("main")).unwrap()),
        models: Rows::default(),
        limits: Rows::default(),
        expires_s: if name == "old" { 1 } else { i64::MAX },
    });
    let accepted = [("fast", NONE), ("gpt", 0), ("large", 1)];
    let mut routing = Routing {
        teams: vec![routing::Team { name: text("team") }],
        attributes: vec![routing::Attribute {
            name: text("task-header"),
            origin: 0,
            field: text("task-header"),
            values: rows(0, 1),
        }],
        attribute_values: vec![text("code")],
        consumers: vec![routing::Consumer { name: text("app"), team: 0, tags: Rows::default() }],
        digests: digests(&keys),
        keys: keys.to_vec(),
        radix: vec![0, number(KEYS.len())],
        accepted: accepted.map(|(name, model)| routing::Accepted { name: text(name), model }).to_vec(),
        tests: vec![routing::Test { code: TEST_ATTRIBUTE, a: 0, b: 1, on_true: ACCEPT, on_false: REJECT }],
        ..Routing::default()
    };
    for (name, backends) in CHAINS {
        chain(&mut routing, name, backends);
    }
    routing
}

fn digests(keys: &[routing::Key]) -> Vec<routing::KeyDigest> {
    let mut digests: Vec<_> = KEYS.iter().zip(keys).zip(0..).collect();
    digests.sort_unstable_by_key(|((name, _), _)| Digest::of(key(name).as_bytes()).0);
    let row = |((name, row), key): ((&&str, &routing::Key), u32)| routing::KeyDigest {
        digest: Digest::of(self::key(name).as_bytes()).0,
        key,
        until_s: row.expires_s,
    };
    digests.into_iter().map(row).collect()
}

fn chain(routing: &mut Routing, name: &str, backends: &[&str]) {
    let first = routing.rules.len();
    let mut fallbacks = |names: &[&str]| {
        let target = |name: &&str| routing::Target { kind: TARGET_BACKEND, index: number(backend(name)) };
        let start = routing.fallbacks.len();
        routing.fallbacks.extend(names.iter().map(target));
        rows(start, names.len())
    };
    if name == "task" {
        let code = rule(fallbacks(&["beta"]), 0);
        routing.rules.push(routing::Rule { name: text("code"), tests: rows(0, 1), ..code });
    }
    let retries = u8::from(name == "again");
    let dropped = if matches!(name, "lossy" | "zooloss") { feature::DROPPABLE } else { 0 };
    let default = rule(fallbacks(backends), retries);
    routing.rules.push(routing::Rule { dropped, ..default });
    let rules = rows(first, routing.rules.len() - first);
    routing.chains.push(routing::Chain { name: text(name), rules, accepted: rows(0, 3) });
}

fn rule(fallbacks: Rows, retry_attempts: u8) -> routing::Rule {
    routing::Rule {
        name: text("default"),
        fallbacks,
        sticky_attribute: NONE,
        retry_attempts,
        retry_on: RETRYABLE.iter().fold(0, |bits, outcome| bits | outcome.bit()),
        ..routing::Rule::default()
    }
}

fn providers() -> Providers {
    let provider_at = |name: &str| at(PROVIDERS.iter().map(|(provider, ..)| provider), name);
    let credential = |(name, provider, reference): (&str, &str, &str)| providers::Credential {
        name: text(name),
        provider: provider_at(provider),
        source: CREDENTIAL_ENV,
        reference: text(reference),
        team: if name.starts_with("team/") { text("team") } else { NONE },
    };
    let backend = |(name, model, provider, credential, upstream): (&str, &str, &str, &str, &str)| {
        let protocol = PROVIDERS[usize::try_from(provider_at(provider)).unwrap()].3;
        let preset = Preset::from_word(provider);
        providers::Backend {
            name: text(name),
            model: at(MODELS.iter(), model),
            provider: provider_at(provider),
            credential: at(CREDENTIALS.iter().map(|(credential, ..)| credential), credential),
            upstream_model: text(upstream),
            dialects: feature::dialects(protocol, upstream, preset),
            refused: feature::refused(protocol, upstream, preset),
        }
    };
    Providers {
        providers: PROVIDERS.map(provider).to_vec(),
        credentials: CREDENTIALS.map(credential).to_vec(),
        models: vec![model("gpt", 8_000, 0), model("large", 100_000, Capability::Reasoning.bit())],
        backends: BACKENDS.map(backend).to_vec(),
        tokens: Vec::new(),
    }
}

fn provider((name, host, path, protocol): (&str, &str, &str, ProviderProtocol)) -> providers::Provider {
    providers::Provider {
        name: text(name),
        protocol: protocol.code(),
        tls: 0,
        host: text(host),
        port: 80,
        path: text(path),
        connect_ms: 2_000,
        first_token_ms: 0,
        between_chunks_ms: 60_000,
        total_ms: 600_000,
        api_version: if name == "west" { text(API_VERSION) } else { NONE },
        region: if protocol == ProviderProtocol::Bedrock { text(REGION) } else { NONE },
    }
}

fn model(name: &str, context_window_tokens: u32, more: u32) -> providers::Model {
    let can = [Capability::Streaming, Capability::Tools, Capability::Embeddings];
    providers::Model {
        name: text(name),
        context_window_tokens,
        output_limit_tokens: 4_000,
        capabilities: can.iter().fold(more, |bits, one| bits | one.bit()),
        token_millibytes: 4_000,
    }
}
