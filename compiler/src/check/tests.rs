//! What one case of a single rule cannot show: caching, secrets in words, order, and a policy handed out.

use super::*;
use crate::render::human::HumanOptions;
use crate::tree_source::Memory;

fn check(files: &[(&str, &str)]) -> Checked {
    let tree: Memory = files.iter().map(|(path, text)| (*path, *text)).collect();
    super::check(&tree, &Options::default()).unwrap()
}

fn slugs(checked: &Checked) -> Vec<&'static str> {
    checked.diagnostics.iter().map(|diagnostic| diagnostic.slug).collect()
}

const WORKSPACE: (&str, &str) = ("pointsman.yaml", "pointsman: 1\n");

#[test]
fn a_policy_is_handed_out_only_without_errors() {
    let good = check(&[WORKSPACE, ("teams/a/c.kdl", "consumer \"web\"\n")]);
    assert_eq!(slugs(&good), [""; 0]);
    assert_eq!(good.policy().unwrap().consumers.keys().collect::<Vec<_>>(), ["a/web"]);
    let bad = check(&[WORKSPACE, ("teams/a/c.kdl", "consumer \"web\" { tag \"x\"; }\n")]);
    assert_eq!(slugs(&bad), ["unknown-field"]);
    assert!(bad.policy().is_none());
}

/// What may be a secret is a warning alone, so it must not stand in for the error that the value is.
#[test]
fn a_value_that_may_be_a_secret_and_cannot_be_read_is_an_error() {
    let random = ["kR7wQz2N", "b9TfXp4L", "m3VcYd8J", "h6SgWa1E"].concat();
    let text = format!(
        "providers:\n  p: {{ protocol: openai, base-url: 'https://a.example/v1' }}\n\
         credentials:\n  c: {{ provider: p, secret: env:K_{random}\" }}\n"
    );
    let checked = check(&[WORKSPACE, ("platform/p.yaml", &text)]);
    assert!(slugs(&checked).contains(&"possible-secret"), "{:?}", slugs(&checked));
    assert!(slugs(&checked).contains(&"malformed-value") && checked.policy().is_none());
}

#[test]
fn a_file_that_nobody_could_read_may_hold_the_name() {
    let broken = ("platform/b.yaml", "backends: [\n");
    let chain = "chains:\n  c:\n    rules:\n      - { name: r, fallback: [b] }\n";
    assert_eq!(slugs(&check(&[WORKSPACE, broken, ("teams/a/c.yaml", chain)])), ["yaml-syntax"]);
    let elsewhere = ("teams/z/b.yaml", "backends: [\n");
    let found = check(&[WORKSPACE, elsewhere, ("teams/a/c.yaml", chain)]);
    assert_eq!(slugs(&found), ["unknown-backend", "yaml-syntax"]);
}

#[test]
fn no_word_of_a_finding_holds_a_secret() {
    let key = pointsman_schema::api_key::assemble(b"0123456789ABCDEFGHIJabcdefghij");
    let text =
        format!("keys:\n  {key}: {{ consumer: {key}, chain: {key}, digests: [{key}] }}\n# {key}\n{key}: 1\n");
    let found = check(&[WORKSPACE, ("a.yaml", &text)]);
    assert!(slugs(&found).contains(&"literal-secret"));
    let human = crate::render::human::render(&found.diagnostics, &found.sources, HumanOptions::default());
    let machine = crate::render::json::render(&found.diagnostics, &found.sources);
    for shown in [human, machine, format!("{:?}", found.diagnostics)] {
        assert!(!shown.contains(&key), "{shown}");
    }
}

#[test]
fn whoever_is_narrowed_to_models_may_ask_for_an_alias() {
    let chain = "
providers: { o: { protocol: openai-compatible, base-url: https://o.example.com/v1 } }
models: { small: {} }
backends: { b: { model: small, provider: o } }
chains:
  c:
    aliases: [quick]
    rules:
      - { name: alias, match: { model: quick }, fallback: [b] }
      - { name: rest, fallback: [b] }
consumers: { web: {} }
keys:
  web: { consumer: web, chain: c, models: [small], digests: [8a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1] }
";
    assert!(!slugs(&check(&[WORKSPACE, ("a.yaml", chain)])).contains(&"unreachable-rule"));
}

/// A chain whose first backend alone can see, and what comes of it under some condition.
fn after(condition: &str, second: &str, more: &str) -> Vec<&'static str> {
    let text = format!(
        "
providers:
  o: {{ protocol: openai-compatible, base-url: https://o.example.com/v1 }}
  p: {{ protocol: openai-compatible, base-url: https://p.example.com/v1 }}
models:
  sees: {{ capabilities: [vision], context-window: 1000 }}
  blind: {{ context-window: 1000 }}
  {second}
backends:
  sees: {{ model: sees, provider: o }}
  other: {{ model: other, provider: p }}
  again: {{ model: sees, provider: p }}
chains:
  c:
    rules:
      - {{ name: r, {condition}fallback: [sees, other] }}
      - {{ name: rest, fallback: [sees] }}
{more}"
    );
    let found = check(&[WORKSPACE, ("a.yaml", &text)]);
    let is_asked = |slug: &&str| ["fallback-lacks-capability", "unknown-word"].contains(slug);
    slugs(&found).into_iter().filter(is_asked).collect()
}

#[test]
fn only_what_requests_can_notice_is_lost() {
    let lost = ["fallback-lacks-capability"];
    let blind = "other: { context-window: 1000 }";
    assert_eq!(after("", blind, ""), lost);
    assert_eq!(after("match: { not: { capability: vision } }, ", blind, ""), [""; 0]);
    assert_eq!(after("match: { capability: vision }, ", blind, ""), lost);
    let short = "other: { capabilities: [vision], context-window: 100 }";
    assert_eq!(after("", short, ""), lost);
    assert_eq!(after("match: { input-tokens: { max: 100 } }, ", short, ""), [""; 0]);
    assert_eq!(after("match: { input-tokens: { max: 101 } }, ", short, ""), lost);
    // What exceeds the primary's window, too, is nothing that the fallback loses.
    assert_eq!(after("match: { input-tokens: { min: 1001 } }, ", short, ""), [""; 0]);
    // A model that could not be read says nothing.
    assert_eq!(after("", "other: { capabilities: [visoin] }", ""), ["unknown-word"]);
    // Nor does one that does not say how large its window is.
    assert_eq!(after("", "other: { capabilities: [vision] }", ""), [""; 0]);
}

#[test]
fn a_chain_below_is_judged_by_what_comes_through() {
    let blind = "other: { context-window: 1000 }";
    let key = "consumers: { web: {} }\nkeys:\n  web: { consumer: web, chain: top, digests: \
               [8a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1] }\n";
    let top = |rules: &str| format!("  top:\n    rules:\n{rules}{key}");
    let through = |condition: &str, fallback: &str| {
        let first = format!("      - {{ name: some, {condition}fallback: {fallback} }}\n");
        after("", blind, &top(&format!("{first}      - {{ name: rest, fallback: [sees] }}\n")))
    };
    assert_eq!(through("match: { capability: vision }, ", "[chain/c]"), ["fallback-lacks-capability"]);
    assert_eq!(through("match: { not: { capability: vision } }, ", "[chain/c]"), [""; 0]);
    // What stands behind the chain takes over as well.
    assert_eq!(through("match: { capability: vision }, ", "[chain/c, again]"), [""; 0]);
}

/// A chain whose rules ask who calls and for which model, with some keys, and what is said of its rules.
fn asked_by(keys: &str) -> Vec<&'static str> {
    let text = format!(
        "
providers: {{ o: {{ protocol: openai-compatible, base-url: https://o.example.com/v1 }} }}
models: {{ large: {{}}, small: {{}} }}
backends: {{ large: {{ model: large, provider: o }}, small: {{ model: small, provider: o }} }}
chains:
  plain: {{ rules: [{{ name: all, fallback: [large] }}] }}
  c:
    rules:
      - {{ name: tagged, match: {{ tag: vip }}, fallback: [large] }}
      - {{ name: small, match: {{ model: small }}, fallback: [small] }}
      - {{ name: rest, fallback: [large] }}
consumers: {{ web: {{}}, vip: {{ tags: [vip] }}, led: {{ tags: [vip], budgets: [b] }} }}
budgets:
  b: {{ tokens: 100000000, window: month, on-exceed: chain/c }}
keys:
  plain: {{ consumer: vip, chain: plain, digests: [7a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1] }}
{keys}"
    );
    let found = check(&[WORKSPACE, ("a.yaml", &text)]);
    let is_asked = |slug: &&str| {
        slug.starts_with("unknown") || ["unreachable-rule", "predicate-without-effect"].contains(slug)
    };
    slugs(&found).into_iter().filter(is_asked).collect()
}

#[test]
fn what_takes_over_is_reached_by_those_who_hold_its_budget() {
    let web = "  web: { consumer: web, chain: c, models: [large], digests: [8a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1] }\n";
    let key = |rest: &str| {
        format!(
            "{web}  led: {{ {rest}, digests: [9a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1] }}\n"
        )
    };
    let unreachable = ["unreachable-rule"; 2];
    assert_eq!(asked_by(web), unreachable);
    // Those who fall under the budget are tagged, and may ask their own chain for `large` only.
    assert_eq!(asked_by(&key("consumer: led, chain: plain")), ["unreachable-rule"]);
    assert_eq!(asked_by(&key("consumer: led, chain: c")), [""; 0]);
}

#[test]
fn a_key_that_is_not_known_in_full_may_ask_for_anything() {
    let key = |name: &str, rest: &str| format!("  {name}: {{ {rest} }}\n");
    let web = key(
        "web",
        "consumer: web, chain: c, models: [large], digests: [8a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1]",
    );
    let other = "digests: [9a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1]";
    let with = |rest: &str| asked_by(&format!("{web}{}", key("other", &format!("{rest}, {other}"))));
    assert_eq!(with("consumer: none, chain: c"), ["unknown-consumer"]);
    assert_eq!(with("consumer: vip, chain: none"), ["unknown-chain"]);
    assert_eq!(with("consumer: vip, chain: plain, budgets: [none]"), ["unknown-budget"]);
}

#[test]
fn what_takes_over_hands_on_what_was_asked_for() {
    let text = "
providers: { p: { protocol: openai-compatible, base-url: https://p.example.com/v1 } }
models: { m: {} }
backends: { m: { model: m, provider: p }, n: { model: m, provider: p } }
budgets: { b: { tokens: 100000000, window: month, on-exceed: chain/economy } }
chains:
  main: { aliases: [quick], rules: [{ name: all, fallback: [m] }] }
  economy: { rules: [{ name: all, fallback: [chain/below] }] }
  below:
    rules:
      - { name: quick, match: { model: quick }, fallback: [n] }
      - { name: rest, fallback: [m] }
consumers: { web: {} }
keys:
  web: { consumer: web, chain: main, budgets: [b], digests: [8a5edab282632443219e051e4ade2d1d5bbc671c781051bf1437897cbdfea0f1] }
";
    assert!(!slugs(&check(&[WORKSPACE, ("a.yaml", text)])).contains(&"unreachable-rule"));
    let without = text.replace("budgets: [b], ", "");
    assert!(slugs(&check(&[WORKSPACE, ("a.yaml", &without)])).contains(&"unreachable-rule"));
}
