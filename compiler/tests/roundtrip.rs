//! A policy, compiled, loaded as a gateway loads it, says what was written.
//!
//! Read next: `pointsman_schema::snapshot` for the steps of loading.

#![cfg(test)]

use pointsman_compiler::check::Options;
use pointsman_compiler::compile::compile;
use pointsman_compiler::tree_source::{Directory, Memory, Tree};
use pointsman_routing::{Decision, Step, Verdict, World, accepted_models, golden};
use pointsman_schema::digest::Digest;
use pointsman_schema::snapshot::load::{Sealed, Verified};
use pointsman_schema::snapshot::view::{BackendIx, View};

fn load(tree: &dyn Tree) -> Verified {
    let compiled = compile(tree, &Options::default()).unwrap();
    let packed = compiled.snapshot.unwrap_or_else(|| panic!("it has errors: {:#?}", compiled.checked));
    Sealed::from_packed(&packed).check().unwrap().verify(golden::decide_digest).unwrap()
}

struct Calm;

impl World for Calm {
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

/// Every golden vector as `key model: rule -> first backend`, or its refusal.
fn decisions(view: &View<'_>) -> Vec<String> {
    let decide = |vector| {
        let facts = golden::facts_of(vector).unwrap();
        let (decision, step) = Decision::start(view, &facts, &Calm);
        let rule = decision.path().first().and_then(|passage| passage.rule);
        let rule = rule.map_or("no rule", |rule| view.text(view.rule(rule).name));
        let end = match step {
            Step::Attempt(attempt) => view.text(view.backend(attempt.backend).name),
            Step::Refuse(refusal) => refusal.word(),
            Step::Wait { .. } | Step::Done => "nothing",
        };
        format!("{} {}: {rule} -> {end}", view.text(view.key(facts.key).name), facts.model)
    };
    view.golden.vectors.iter().map(decide).collect()
}

const POLICY: &str = "\
providers:
  far: { protocol: openai, base-url: 'https://far.example.com:8443/v1/', timeouts: { connect: 1s } }
  near: { protocol: openai-compatible, base-url: 'http://[::1]:8000' }
credentials:
  far: { provider: far, secret: file:far/key }
models:
  big: { context-window: 1000, output-limit: 100, capabilities: [tools, vision] }
  small: {}
backends:
  far-big: { model: big, provider: far, credential: far, upstream-model: big-2026 }
  near-small: { model: small, provider: near }
chains:
  main:
    aliases: [auto, big]
    rules:
      - name: night
        match:
          time: { days: [sun], from: '22:00', to: '06:00', zone: Europe/Berlin }
          attribute: { tier: gold }
        fallback: [near-small]
      - name: long
        match: { input-tokens: { min: 500 }, not: { tag: batch } }
        fallback: [far-big]
      - name: mine
        match: { consumer: alice, capability: [vision], model: 's*' }
        fallback: [chain/small]
      - name: never
        match: { any: [] }
        fallback: [near-small]
      - name: rest
        match: { model: auto }
        fallback: [near-small]
  small:
    aliases: [little]
    rules:
      - { name: all, split: { near-small: 1 } }
consumers:
  alice: {}
  batch: { tags: [batch] }
keys:
  batch:
    consumer: batch
    chain: main
    digests:
      - e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    models: [small]
  alice:
    consumer: alice
    chain: main
    expires: 2026-01-05
    digests: ['0000000000000000000000000000000000000000000000000000000000000000']
";

fn policy() -> Verified {
    let workspace = "pointsman: 1\nattributes: { tier: { header: x-tier, values: [gold, free] } }\n";
    load(&[("pointsman.yaml", workspace), ("all.yaml", POLICY)].into_iter().collect::<Memory>())
}

#[test]
fn tables_say_what_was_written() {
    let verified = policy();
    let view = verified.view();
    let key = view.key_named("batch").unwrap();
    let digest = Digest::parse("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855").unwrap();
    assert_eq!(view.find_key(&digest), Some((key, i64::MAX)));
    let names: Vec<&str> = accepted_models(&view, key).map(|accepted| accepted.name).collect();
    // `big` is a model here, not an alias, and the key may use `small` alone; `little` is another chain's alias.
    assert_eq!(names, ["auto", "small"]);
    let far = &view.providers.providers[0];
    let waits = [far.connect_ms, far.first_token_ms, far.between_chunks_ms, far.total_ms];
    assert_eq!(waits.map(rkyv::rend::u32_le::to_native), [1_000, 0, 60_000, 600_000]);
    assert_eq!(
        (view.text(far.host), far.port.to_native(), view.text(far.path)),
        ("far.example.com", 8443, "/v1")
    );
    let near = &view.providers.providers[1];
    assert_eq!((view.text(near.host), near.tls, view.text(near.path)), ("::1", 0, ""));
    let place = &view.places.keys[0];
    assert_eq!((view.places.files[0].as_str(), place.line.to_native()), ("all.yaml", 47));
    assert_eq!(view.places.files.len(), 1);
}

#[test]
fn golden_vectors_reach_every_rule_that_can_be() {
    let verified = policy();
    let mut found = decisions(&verified.view());
    found.sort();
    // No request reaches `never`; `model-not-allowed` is the other key's.
    let expected = [
        "alice auto: long -> far-big",
        "alice auto: night -> near-small",
        "alice auto: rest -> lacks-capability",
        "alice auto: rest -> near-small",
        "alice auto: rest -> refuses-features",
        "alice auto: rest -> refuses-features",
        "alice pointsman-golden-no-such-model: no rule -> model-not-found",
        "alice small: mine -> lacks-capability",
        "alice small: no rule -> no-rule",
        "batch big: no rule -> model-not-allowed",
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_example_compiles_and_loads() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies-example");
    let verified = load(&Directory::new(folder));
    let view = verified.view();
    let rules = view.routing.rules.len();
    assert!(view.golden.vectors.len() > rules / 2, "{} vectors of {rules} rules", view.golden.vectors.len());
}
