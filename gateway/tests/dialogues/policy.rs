//! The policy of all dialogues, written by hand in the form that the compiler lowers to.
//!
//! Backend `alpha` calls its model otherwise than clients do, `beta` has the larger context, `own` is a team's with the
//! team's key. Each key leads to the chain of its name.

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
use pointsman_schema::protocol::ProviderProtocol;
use pointsman_schema::snapshot::pack::Draft;
use pointsman_schema::snapshot::{Sealed, Tables, Verified};

/// The text of a key.
pub(crate) fn key(name: &str) -> String {
    let mut random = [b'0'; api_key::RANDOM_CHARS];
    random[..name.len()].copy_from_slice(name.as_bytes());
    api_key::assemble(&random)
}

/// Key and chain: `main` falls back from `alpha` to `beta`, `own` from the team's backend, `again` tries `alpha` twice,
/// `task` sends code to `beta`, `via` falls back from Bedrock to `beta`, `zoo` from `alpha` to one of Anthropic's
/// and one of Gemini's; `old` has expired.
const KEYS: [&str; 7] = ["again", "main", "old", "own", "task", "via", "zoo"];
const CHAINS: [&str; 6] = ["again", "main", "own", "task", "via", "zoo"];
const BACKENDS: [&str; 6] = ["alpha", "beta", "own", "via", "x-claude", "x-gemini"];
const MODELS: [&str; 2] = ["gpt", "large"];
const CREDENTIALS: [&str; 6] = ["one-key", "team/key", "two-key", "via-key", "x-five-key", "x-four-key"];
const PROVIDERS: [&str; 6] = ["one", "team/three", "two", "via", "x-five", "x-four"];
const OTHERS: [&str; 23] = [
    "",
    "/v1",
    "KEY_FIVE",
    "KEY_FOUR",
    "KEY_ONE",
    "KEY_TEAM",
    "KEY_TWO",
    "KEY_VIA",
    "alpha-7b",
    "app",
    "code",
    "default",
    "eu-west-1",
    "eu.anthropic.claude-v1:0",
    "fast",
    "five.test",
    "four.test",
    "one.test",
    "task-header",
    "three.test",
    "two.test",
    "team",
    "via.test",
];

/// Packs, checks and verifies it.
pub(crate) fn snapshot() -> Verified {
    let packed = Draft::new(&tables()).unwrap().finish(&Golden::default(), "test").unwrap();
    Sealed::from_packed(&packed).check().unwrap().verify(|_, _| Digest::of(b"")).unwrap()
}

fn words() -> BTreeSet<&'static str> {
    let lists: [&[&'static str]; 7] = [&KEYS, &CHAINS, &BACKENDS, &MODELS, &CREDENTIALS, &PROVIDERS, &OTHERS];
    lists.into_iter().flatten().copied().collect()
}

fn text(word: &str) -> u32 {
    number(words().iter().position(|one| *one == word).unwrap())
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
    let chain_of = |key: &str| CHAINS.iter().position(|chain| *chain == key).unwrap_or(1);
    let keys = KEYS.map(|name| routing::Key {
        name: text(name),
        consumer: 0,
        chain: number(chain_of(name)),
        models: Rows::default(),
        expires_s: if name == "old" { 1 } else { i64::MAX },
    });
    let mut digests: Vec<_> =
        KEYS.iter().zip(0..).map(|(name, at)| (Digest::of(key(name).as_bytes()).0, at)).collect();
    digests.sort_unstable();
    let accepted = [("fast", NONE), ("gpt", 0), ("large", 1)];
    let chains = CHAINS.iter().zip([rows(0, 1), rows(1, 1), rows(2, 1), rows(3, 2), rows(5, 1), rows(6, 1)]);
    Routing {
        teams: vec![routing::Team { name: text("team") }],
        attributes: vec![routing::Attribute {
            name: text("task-header"),
            origin: 0,
            field: text("task-header"),
            values: rows(0, 1),
        }],
        attribute_values: vec![text("code")],
        consumers: vec![routing::Consumer { name: text("app"), team: 0, tags: Rows::default() }],
        keys: keys.to_vec(),
        digests: digests
            .into_iter()
            .map(|(digest, key)| routing::KeyDigest {
                digest,
                key,
                until_s: keys.get(usize::try_from(key).unwrap()).unwrap().expires_s,
            })
            .collect(),
        radix: vec![0, number(KEYS.len())],
        chains: chains
            .map(|(name, rules)| routing::Chain { name: text(name), rules, accepted: rows(0, 3) })
            .collect(),
        accepted: accepted.map(|(name, model)| routing::Accepted { name: text(name), model }).to_vec(),
        rules: vec![
            rule(rows(0, 1), 1),
            rule(rows(1, 2), 0),
            rule(rows(3, 2), 0),
            routing::Rule { name: text("code"), tests: rows(0, 1), ..rule(rows(2, 1), 0) },
            rule(rows(1, 2), 0),
            rule(rows(5, 2), 0),
            rule(rows(7, 3), 0),
        ],
        tests: vec![routing::Test { code: TEST_ATTRIBUTE, a: 0, b: 1, on_true: ACCEPT, on_false: REJECT }],
        fallbacks: [0, 0, 1, 2, 1, 3, 1, 0, 4, 5]
            .map(|index| routing::Target { kind: TARGET_BACKEND, index })
            .to_vec(),
        ..Routing::default()
    }
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

/// Provider `two` has chat completions and no other conversations.
fn spoken(provider: &str) -> ProviderProtocol {
    match provider {
        "two" => ProviderProtocol::OpenAiCompatible,
        "via" => ProviderProtocol::Bedrock,
        "x-four" => ProviderProtocol::Anthropic,
        "x-five" => ProviderProtocol::Gemini,
        _ => ProviderProtocol::OpenAi,
    }
}

fn providers() -> Providers {
    let provider = |name: &str, host: &str| providers::Provider {
        name: text(name),
        protocol: spoken(name).code(),
        tls: 0,
        host: text(host),
        port: 80,
        path: text(if name == "via" { "" } else { "/v1" }),
        connect_ms: 2_000,
        first_token_ms: 0,
        between_chunks_ms: 60_000,
        total_ms: 600_000,
        api_version: NONE,
        region: if name == "via" { text("eu-west-1") } else { NONE },
    };
    let can = Capability::Streaming.bit() | Capability::Tools.bit() | Capability::Embeddings.bit();
    let model = |name: &str, context_window_tokens, more: u32| providers::Model {
        name: text(name),
        context_window_tokens,
        output_limit_tokens: 4_000,
        capabilities: can | more,
        token_millibytes: 4_000,
    };
    let backend = |name: &str, model, provider: u32, credential, upstream: &str| providers::Backend {
        name: text(name),
        model,
        provider,
        credential,
        upstream_model: text(upstream),
        dialects: feature::dialects(spoken(PROVIDERS[usize::try_from(provider).unwrap()]), upstream),
        refused: feature::refused(spoken(PROVIDERS[usize::try_from(provider).unwrap()]), upstream),
    };
    Providers {
        providers: vec![
            provider("one", "one.test"),
            provider("team/three", "three.test"),
            provider("two", "two.test"),
            provider("via", "via.test"),
            provider("x-five", "five.test"),
            provider("x-four", "four.test"),
        ],
        credentials: credentials(),
        models: vec![model("gpt", 8_000, 0), model("large", 100_000, Capability::Reasoning.bit())],
        backends: vec![
            backend("alpha", 0, 0, 0, "alpha-7b"),
            backend("beta", 1, 2, 2, "gpt"),
            backend("own", 0, 1, 1, "gpt"),
            backend("via", 1, 3, 3, "eu.anthropic.claude-v1:0"),
            backend("x-claude", 1, 5, 5, "gpt"),
            backend("x-gemini", 0, 4, 4, "gpt"),
        ],
        tokens: Vec::new(),
    }
}

fn credentials() -> Vec<providers::Credential> {
    let credential = |name: &str, provider, reference: &str, team| providers::Credential {
        name: text(name),
        provider,
        source: CREDENTIAL_ENV,
        reference: text(reference),
        team,
    };
    vec![
        credential("one-key", 0, "KEY_ONE", NONE),
        // A team's is a file in real life; where it comes from does not matter here.
        credential("team/key", 1, "KEY_TEAM", text("team")),
        credential("two-key", 2, "KEY_TWO", NONE),
        credential("via-key", 3, "KEY_VIA", NONE),
        credential("x-five-key", 4, "KEY_FIVE", NONE),
        credential("x-four-key", 5, "KEY_FOUR", NONE),
    ]
}
