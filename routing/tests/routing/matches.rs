//! Branch programs: jumps agree with the tree that they were made from, and broken programs match nothing.

use pointsman_routing::matching::Matcher;
use pointsman_schema::snapshot::view::RuleIx;
use proptest::prelude::*;

use crate::entropy::Entropy;
use crate::lowering::Loaded;
use crate::oracle::Oracle;
use crate::policy::{Ask, Chain, Consumer, Key, Policy, Rule, When};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_program_holds_where_its_tree_does(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut random = Entropy::new(bytes);
        let asks: Vec<Ask> = (0..4).map(|_| random.ask()).collect();
        let when = random.when(5);
        let mut policy = random.policy();
        policy.chains[0].rules = vec![Rule { when: when.clone(), ..Rule::to("only", &[]) }];
        let loaded = Loaded::new(policy);
        for ask in asks {
            let facts = loaded.facts(&ask);
            let found = Matcher::new(&loaded.view(), &facts).matches(RuleIx(0));
            prop_assert_eq!(found, Oracle { policy: &loaded.policy, ask: &ask }.holds(&when), "{:?}", when);
        }
    }
}

fn check(pattern: &'static str, model: &'static str, expected: bool) {
    let chain = Chain {
        name: "chain",
        rules: vec![Rule { when: When::Model(pattern), ..Rule::to("rule", &[]) }],
        ..Chain::default()
    };
    let loaded = Loaded::new(Policy {
        consumers: vec![Consumer { name: "consumer", ..Consumer::default() }],
        keys: vec![Key { name: "key", consumer: "consumer", chain: "chain", ..Key::default() }],
        chains: vec![chain],
        ..Policy::default()
    });
    let facts = loaded.facts(&Ask { key: "key", model, ..Ask::default() });
    assert_eq!(Matcher::new(&loaded.view(), &facts).matches(RuleIx(0)), expected, "{pattern} on {model}");
}

#[test]
fn a_glob_wants_its_head_and_tail_side_by_side() {
    check("gpt-4o", "gpt-4o", true);
    check("gpt-4o", "gpt-4o-mini", false);
    check("gpt-*", "gpt-4o", true);
    check("*-mini", "gpt-4o-mini", true);
    check("*", "", true);
    check("ab*ba", "aba", false);
    check("ab*ba", "abba", true);
    check("ä*ä", "ää", true);
    check("ä*ä", "ä", false);
}
