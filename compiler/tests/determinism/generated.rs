//! Policies that nobody wrote: printed in both spellings, in any order, over any number of files.

use proptest::prelude::*;

use crate::packed;
use crate::spelling::{Item, Spelling, Value, fields, file, list, map, text};

const MODELS: [&str; 3] = ["gpt-4o", "gpt-4o-mini", "claude"];
const TEAMS: [&str; 2] = ["red", "blue"];

/// A rule by its choices; every number is taken modulo what there is.
type RuleChoices = (usize, usize, u32, usize);

/// One team: its backends' models, and its chains' rules.
type TeamChoices = (Vec<usize>, Vec<Vec<RuleChoices>>);

fn item(kind: (&'static str, &'static str), name: String, fields: Vec<(String, Value)>) -> Item {
    Item { kind, name, fields }
}

fn platform() -> Vec<Item> {
    let provider = fields([("protocol", text("openai")), ("base-url", text("https://api.example.com/v1"))]);
    let mut items = vec![item(("providers", "provider"), "shared".to_owned(), provider)];
    items.extend(MODELS.iter().map(|model| item(("models", "model"), (*model).to_owned(), Vec::new())));
    items
}

fn team((backends, chains): &TeamChoices) -> Vec<Item> {
    let mut items = Vec::new();
    for (at, model) in backends.iter().enumerate() {
        let fields = fields([("model", text(MODELS[model % MODELS.len()])), ("provider", text("shared"))]);
        items.push(item(("backends", "backend"), format!("backend-{at}"), fields));
    }
    for (at, rules) in chains.iter().enumerate() {
        let rules = rules.iter().enumerate().map(|(number, choices)| {
            (format!("rule-{number}"), rule(*choices, backends.len(), number + 1 == rules.len()))
        });
        let fields = fields([("rules", Value::Items("rule", rules.collect()))]);
        items.push(item(("chains", "chain"), format!("chain-{at}"), fields));
    }
    let tags = fields([("tags", list(["batch", "night"]))]);
    items.push(item(("consumers", "consumer"), "app".to_owned(), tags));
    items
}

/// A key for every chain, so that golden vectors ask all of them.
fn keys(team: &str, chains: usize) -> Vec<Item> {
    let key = |at: usize| {
        let digest = pointsman_schema::digest::Digest::of(format!("{team} {at}").as_bytes());
        let fields = fields([
            ("consumer", text("app")),
            ("chain", text(format!("chain-{at}"))),
            ("digests", list([digest.to_string()])),
        ]);
        item(("keys", "key"), format!("key-{at}"), fields)
    };
    (0..chains).map(key).collect()
}

fn rule((matched, target, weight, second): RuleChoices, backends: usize, last: bool) -> Vec<(String, Value)> {
    let backend = |at: usize| format!("backend-{}", at % backends);
    let mut rule = Vec::new();
    if !last {
        rule.extend(fields([("match", predicate(matched))]));
    }
    if target % backends != second % backends {
        let arms = [(backend(target), Value::Number(weight)), (backend(second), Value::Number(100 - weight))];
        rule.extend(fields([("split", Value::Map(arms.into())), ("sticky", text("consumer"))]));
    }
    rule.extend(fields([("fallback", list([backend(target)]))]));
    rule
}

fn predicate(choice: usize) -> Value {
    match choice % 6 {
        0 => map([("model", list(["gpt-*", "claude"]))]),
        1 => map([("tag", text("night")), ("team", text("red"))]),
        2 => map([(
            "not",
            map([("input-tokens", map([("min", Value::Number(5)), ("max", Value::Number(50))]))]),
        )]),
        3 => map([("capability", list(["tools", "vision"])), ("model", text("*mini"))]),
        4 => map([("attribute", map([("tier", list(["gold", "none"])), ("task", text("code"))]))]),
        _ => map([(
            "time",
            map([("from", text("20:00")), ("to", text("06:00")), ("zone", text("America/New_York"))]),
        )]),
    }
}

/// The whole policy: each owner's declarations.
fn owners(teams: &[TeamChoices]) -> Vec<(String, Vec<Item>)> {
    let mut owners = vec![("platform".to_owned(), platform())];
    for (name, choices) in TEAMS.iter().zip(teams) {
        let mut items = team(choices);
        items.extend(keys(name, choices.1.len()));
        owners.push((format!("teams/{name}"), items));
    }
    owners
}

/// Deals the declarations out over files, in an order that a seed decides.
fn spread(owners: Vec<(String, Vec<Item>)>, spellings: &[Spelling], mut seed: u64) -> Vec<(String, String)> {
    let mut files = vec![(
        "pointsman.yaml".to_owned(),
        "pointsman: 1\nattributes: { tier: { header: x-tier, values: [gold] }, task: { metadata: task, values: [code] } }\n"
            .to_owned(),
    )];
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for (folder, mut items) in owners {
        let mut dealt: Vec<Vec<Item>> = vec![Vec::new(); spellings.len()];
        while !items.is_empty() {
            let taken = items.swap_remove(next(items.len()));
            dealt[next(spellings.len())].push(taken);
        }
        for (at, (items, spelling)) in dealt.iter().zip(spellings).enumerate() {
            let ending = if *spelling == Spelling::Yaml { "yaml" } else { "kdl" };
            files.push((format!("{folder}/{at}.{ending}"), file(*spelling, items)));
        }
    }
    files
}

fn check(teams: &[TeamChoices], seeds: (u64, u64)) {
    use Spelling::{Kdl, Yaml};
    let compile = |spellings: &[Spelling], seed| {
        let files = spread(owners(teams), spellings, seed);
        packed(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
    };
    let expected = compile(&[Yaml], seeds.0);
    for spellings in [[Yaml, Yaml, Yaml].as_slice(), &[Kdl], &[Kdl, Yaml], &[Kdl, Kdl]] {
        let found = compile(spellings, seeds.1);
        assert_eq!(found.decisions, expected.decisions, "{spellings:?}");
        assert_eq!(compile(spellings, seeds.1), found, "{spellings:?} twice");
    }
}

fn teams() -> impl Strategy<Value = Vec<TeamChoices>> {
    let rule = (0..6_usize, 0..8_usize, 1..99_u32, 0..8_usize);
    let chain = prop::collection::vec(rule, 1..4);
    let team = (prop::collection::vec(0..3_usize, 1..5), prop::collection::vec(chain, 1..4));
    prop::collection::vec(team, 2)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn order_spelling_and_files_change_no_decision(teams in teams(), seeds in any::<(u64, u64)>()) {
        check(&teams, seeds);
    }
}
