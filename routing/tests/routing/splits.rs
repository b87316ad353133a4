//! Draws: every bucket goes to exactly one arm, each arm has its exact share, and the hash is the published one.

use pointsman_routing::split::{self, KEY, Subject, bucket};
use pointsman_schema::snapshot::view::{ChainIx, RuleIx, run};
use proptest::prelude::*;

use crate::entropy::BACKENDS;
use crate::lowering::Loaded;
use crate::policy::{Ask, Chain, Consumer, Key, Model, Policy, Rule, Sticky, Target, shares};
use crate::siphash::siphash_1_3;

fn split(weights: &[u32], sticky: Sticky) -> Loaded {
    let arms = BACKENDS.into_iter().map(Target::Backend).zip(weights.iter().copied()).collect();
    let chain = Chain {
        name: "support/assistant",
        aliases: vec!["best"],
        rules: vec![Rule { split: arms, sticky, ..Rule::to("default", &[]) }],
        ..Chain::default()
    };
    Loaded::new(Policy {
        attributes: vec![("tier", vec!["free", "gold"])],
        consumers: vec![Consumer { name: "support/people", ..Consumer::default() }],
        keys: vec![Key {
            name: "support/web",
            consumer: "support/people",
            chain: "support/assistant",
            models: vec![],
        }],
        chains: vec![chain],
        models: vec![Model { name: "model", ..Model::default() }],
        backends: BACKENDS.map(|name| (name, "model")).to_vec(),
        ..Policy::default()
    })
}

fn check_shares(weights: &[u32], expected: &[u32]) {
    let loaded = split(weights, Sticky::No);
    let view = loaded.view();
    let arms = run(&view.routing.arms, &view.rule(RuleIx(0)).arms);
    let mut counts = [0_u32; BACKENDS.len()];
    for bucket in 0..1_000_000 {
        let target = split::arm(arms, bucket).unwrap();
        counts[usize::try_from(target.index.to_native()).unwrap()] += 1;
    }
    assert_eq!(&counts[..expected.len()], expected, "{weights:?}");
}

#[test]
fn the_buckets_of_a_split_are_its_weights_exactly() {
    check_shares(&[70, 30], &[700_000, 300_000]);
    check_shares(&[1, 1, 1], &[333_334, 333_333, 333_333]);
    check_shares(&[2, 2, 3], &[285_714, 285_714, 428_572]);
    check_shares(&[0, 5, 0, 5], &[0, 500_000, 0, 500_000]);
    check_shares(&[1_000_000, 1], &[999_999, 1]);
    check_shares(&[7], &[1_000_000]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_draw_lands_in_its_arm(weights in proptest::collection::vec(1_u32..1_000, 1..6), bucket in 0_u32..1_000_000) {
        let loaded = split(&weights, Sticky::No);
        let view = loaded.view();
        let found = split::arm(run(&view.routing.arms, &view.rule(RuleIx(0)).arms), bucket).unwrap().index.to_native();
        let mut begin = 0;
        for (at, (_, share)) in (0_u32..).zip(shares(&loaded.policy.chains[0].rules[0].split)) {
            prop_assert_eq!(at == found, (begin..begin + share).contains(&bucket));
            begin += share;
        }
    }

    #[test]
    fn a_bucket_is_what_the_paper_says(chain in "[a-z/]{0,40}", rule in "[a-z]{0,20}", subject in any::<[u8; 16]>()) {
        let bytes = [chain.as_bytes(), &[0xFF], rule.as_bytes(), &[0xFF], &subject].concat();
        let scaled = u128::from(siphash_1_3(KEY, &bytes)) * 1_000_000 / (1 << 64);
        prop_assert_eq!(u128::from(bucket(&chain, &rule, &subject)), scaled);
    }
}

fn check_subject(sticky: Sticky, tier: Option<&'static str>, expected: (Subject, &[u8])) {
    let loaded = split(&[50, 50], sticky);
    let attributes = tier.map(|tier| ("tier", tier)).into_iter().collect();
    let facts = loaded.facts(&Ask { key: "support/web", model: "best", attributes, id: 7, ..Ask::default() });
    let draw = split::draw(&loaded.view(), ChainIx(0), RuleIx(0), &facts).unwrap();
    let (subject, bytes) = expected;
    assert_eq!((draw.subject, draw.bucket), (subject, bucket("support/assistant", "default", bytes)));
}

#[test]
fn a_draw_sticks_to_what_the_rule_says() {
    let tier = pointsman_schema::snapshot::view::AttributeIx(0);
    check_subject(Sticky::No, Some("gold"), (Subject::Request, &[7; 16]));
    check_subject(Sticky::Consumer, Some("gold"), (Subject::Consumer, b"support/people"));
    check_subject(Sticky::Key, Some("gold"), (Subject::Key, b"support/web"));
    check_subject(Sticky::Attribute("tier"), Some("gold"), (Subject::Attribute(tier), b"gold"));
    check_subject(Sticky::Attribute("tier"), None, (Subject::Request, &[7; 16]));
}
