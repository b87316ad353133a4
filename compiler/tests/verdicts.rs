//! Verdicts that depend on several objects at once, and where each of them turns.
//!
//! How findings read is shown by `testdata/ui`; here is which policies have one. Each test has a policy and one that differs
//! from it by what matters.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use pointsman_compiler::check::{Options, check};
use pointsman_compiler::tree_source::Memory;

const UPSTREAMS: &str = "
providers:
  p: { protocol: openai-compatible, base-url: https://p.example/v1 }
  q: { protocol: openai-compatible, base-url: https://q.example/v1 }
";

/// The headlines of one rule's findings; an error of another kind fails.
fn found(slug: &str, files: &[(&str, &str)]) -> Vec<String> {
    let mut tree: Memory = files.iter().map(|(path, text)| (*path, *text)).collect();
    if files.iter().all(|(path, _)| *path != "pointsman.yaml") {
        tree.insert("pointsman.yaml", "pointsman: 1\n");
    }
    let checked = check(&tree, &Options::default()).unwrap();
    let others = checked.diagnostics.iter().filter(|found| found.slug != slug);
    let errors: Vec<_> = others.filter(|found| found.severity.word() == "error").collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let found = checked.diagnostics.iter().filter(|found| found.slug == slug);
    found.map(|found| found.headline.clone()).collect()
}

fn expect(slug: &str, policy: &str, expected: &[&str]) {
    let text = format!("{UPSTREAMS}{policy}");
    assert_eq!(found(slug, &[("a.yaml", &text)]), expected, "{policy}");
}

fn key(number: usize, rest: &str) -> String {
    format!("  k{number}: {{ {rest}, digests: [\"sha256:{number:064x}\"] }}\n")
}

#[test]
fn who_calls_and_for_what_come_together_in_keys() {
    let chains = |chain: &str, budgets: &str| {
        let (one, two) = (
            key(1, &format!("consumer: a, chain: {chain}, models: [m1]{budgets}")),
            key(2, &format!("consumer: b, chain: {chain}, models: [m2]{budgets}")),
        );
        format!(
            "models: {{ m1: {{ capabilities: [streaming] }}, m2: {{ capabilities: [streaming] }} }}
backends: {{ b1: {{ model: m1, provider: p }}, b2: {{ model: m2, provider: p }} }}
budgets: {{ b: {{ tokens: 100000000, window: month, on-exceed: chain/c }} }}
chains:
  own: {{ rules: [{{ name: all, fallback: [b1, b2] }}] }}
  c:
    rules:
      - {{ name: one, match: {{ consumer: a, model: m1 }}, fallback: [b1] }}
      - {{ name: two, match: {{ consumer: b, model: m2 }}, fallback: [b2] }}
consumers: {{ a: {{}}, b: {{}} }}
keys:
{one}{two}"
        )
    };
    for policy in [chains("c", ""), chains("own", ", budgets: [b]")] {
        expect("request-falls-through", &policy, &[]);
        // Whoever may ask for both asks for the other, too.
        let wide = policy.replace("models: [m2]", "models: [m1, m2]");
        expect("request-falls-through", &wide, &["no rule of chain `c` takes some request"]);
    }
}

#[test]
fn what_was_not_looked_at_is_said() {
    let policy = |sets: usize| {
        let mut text = "models: { m1: { capabilities: [streaming] }, m2: { capabilities: [streaming] } }
backends: { b1: { model: m1, provider: p }, b2: { model: m2, provider: p } }
chains:
  c: { rules: [{ name: one, match: { consumer: a, model: m1 }, fallback: [b1] }, { name: two, match: { any: [{ consumer: b }, { model: m2 }] }, fallback: [b2] }] }
budgets: { b: { tokens: 100000000, window: month, on-exceed: chain/c } }
"
        .to_owned();
        let mut keys = "consumers: { a: {}, b: {} }\nkeys:\n".to_owned();
        for at in 0..sets {
            keys += &key(at, &format!("consumer: b, chain: o{at}, budgets: [b]"));
        }
        let chains = (0..sets).fold(String::new(), |mut chains, at| {
            writeln!(chains, "  o{at}: {{ rules: [{{ name: all, fallback: [b1, b2] }}] }}").unwrap();
            chains
        });
        text = text.replace("budgets: {", &format!("{chains}budgets: {{"));
        text + &keys
    };
    expect("analysis-bound", &policy(256), &[]);
    expect("analysis-bound", &policy(257), &["what the rules of chain `c` decide was not worked out"]);
}

#[test]
fn every_arm_is_held_against_the_total_of_its_provider() {
    let policy = |arms: &str| {
        format!(
            "  slow: {{ protocol: openai-compatible, base-url: https://slow.example/v1, timeouts: {{ first-token: 5m }} }}
models: {{ m: {{ capabilities: [streaming] }} }}
backends:
  a: {{ model: m, provider: p }}
  b: {{ model: m, provider: q }}
  s: {{ model: m, provider: slow }}
chains:
  c: {{ rules: [{{ name: all, split: {{ {arms} }}, fallback: [chain/below, s] }}] }}
  below: {{ rules: [{{ name: one, match: {{ input-tokens: {{ max: 9 }} }}, fallback: [a, b] }}, {{ name: all, fallback: [f1, f2, f3] }}] }}
"
        )
        .replace("chains:", "  f1: { model: m, provider: p }\n  f2: { model: m, provider: p }\n  f3: { model: m, provider: q }\n  s1: { model: m, provider: slow }\nchains:")
    };
    let expected = ["attempts of rule `all` do not fit the total timeout"];
    expect("timeouts-exceed-total", &policy("a: 1, s1: 1"), &expected);
    expect("timeouts-exceed-total", &policy("s1: 1, a: 1"), &expected);
    expect("timeouts-exceed-total", &policy("b: 1, a: 1"), &[]);
}

#[test]
fn ways_of_the_same_backends_are_one() {
    let mut rules = String::new();
    let names = ["a", "b", "c", "d", "e"];
    let mut at = 0;
    for first in names {
        for second in names.iter().filter(|name| **name != first) {
            for third in names.iter().filter(|name| **name != first && *name != second) {
                let condition = format!("match: {{ input-tokens: {{ max: {at} }} }}");
                writeln!(
                    rules,
                    "      - {{ name: r{at}, {condition}, fallback: [{first}, {second}, {third}, {}] }}",
                    names.iter().find(|name| **name != first && *name != second && *name != third).unwrap()
                )
                .unwrap();
                at += 1;
            }
        }
    }
    let backend = |name| format!("  {name}: {{ model: m, provider: p }}\n");
    let backends = ('a'..='j').map(backend).collect::<Vec<_>>().concat();
    let policy = |last: &str| {
        format!(
            "models: {{ m: {{ capabilities: [streaming] }} }}
backends:
{backends}chains:
  x:
    rules:
{rules}      - {{ name: last, fallback: [f, g, h] }}
  y: {{ rules: [{{ name: all, fallback: [a, b, c, d, e{last}] }}] }}
  top: {{ rules: [{{ name: all, fallback: [chain/x, chain/y] }}] }}
"
        )
    };
    expect("too-many-attempts", &policy(", i"), &["rule `all` can cause 9 attempts"]);
    expect("too-many-attempts", &policy(""), &[]);
    expect("analysis-bound", &policy(""), &[]);
}

#[test]
fn the_first_that_may_serve_a_key_is_its_primary() {
    let policy = |models: &str| {
        format!(
            "models:
  big: {{ capabilities: [streaming, vision] }}
  mid: {{ capabilities: [streaming, vision] }}
  small: {{ capabilities: [streaming] }}
backends: {{ big: {{ model: big, provider: p }}, mid: {{ model: mid, provider: q }}, small: {{ model: small, provider: p }} }}
chains: {{ c: {{ rules: [{{ name: all, fallback: [big, mid, small] }}] }} }}
consumers: {{ a: {{}} }}
keys:
{}",
            key(1, &format!("consumer: a, chain: c{models}"))
        )
    };
    let expected = ["no fallback of rule `all` has `vision` for key `k1`"];
    expect("fallback-lacks-capability", &policy(", models: [mid, small]"), &expected);
    expect("fallback-lacks-capability", &policy(", models: [big, mid]"), &[]);
    expect("fallback-lacks-capability", &policy(", models: [mid]"), &[]);
    expect("fallback-lacks-capability", &policy(""), &[]);
}

#[test]
fn embeddings_do_not_hide_what_answers_cost() {
    let policy = |prices: &str| {
        format!(
            "models:
  cheap: {{ capabilities: [streaming], prices: [{{ input: 1, output: 2 }}] }}
  dear: {{ capabilities: [streaming], prices: [{{ input: 1, output: 9 }}] }}
  vectors: {{ capabilities: [embeddings], prices: [{{ {prices} }}] }}
backends: {{ cheap: {{ model: cheap, provider: p }}, dear: {{ model: dear, provider: q }}, vectors: {{ model: vectors, provider: p }} }}
budgets: {{ b: {{ tokens: 100000000, window: month, on-exceed: chain/after }} }}
chains:
  own: {{ rules: [{{ name: vectors, match: {{ model: vectors }}, fallback: [vectors] }}, {{ name: all, fallback: [cheap] }}] }}
  after: {{ rules: [{{ name: vectors, match: {{ model: vectors }}, fallback: [vectors] }}, {{ name: all, fallback: [dear] }}] }}
consumers: {{ a: {{}} }}
keys:
{}",
            key(1, "consumer: a, chain: own, budgets: [b]")
        )
    };
    let expected = ["what takes over from budget `b` can cost more"];
    expect("on-exceed-costs-more", &policy("input: 1"), &expected);
    expect("on-exceed-costs-more", &policy("input: 1, output: 20"), &[]);
}

#[test]
fn a_profile_lends_no_other_teams_credential() {
    let tools = |owner: &str| {
        (
            "mcp-servers: { tools: { transport: http, url: https://mcp.example/x, credential: c, export: true } }\n\
             credentials: { c: { mcp-server: tools, secret: file:c } }\n\
             mcp-profiles: { p: { export: true, servers: [{ name: tools, tools: [one] }] } }\n",
            format!("teams/{owner}/a.yaml"),
        )
    };
    let keys = format!(
        "consumers: {{ x: {{}} }}\nkeys:\n{}",
        key(1, "consumer: x, chain: main, mcp-profiles: [a/p, own]")
    );
    let own = "mcp-profiles: { own: { servers: [{ name: a/tools, tools: [two] }] } }\n";
    let chains = format!(
        "{UPSTREAMS}models: {{ m: {{ capabilities: [streaming] }} }}\nbackends: {{ b: {{ model: m, provider: p }} }}\n\
         chains: {{ main: {{ rules: [{{ name: all, fallback: [b] }}] }} }}\n"
    );
    let (text, path) = tools("a");
    let of = |team: &str| {
        let mine = format!("{keys}{own}");
        let path_of_keys = format!("teams/{team}/k.yaml");
        found("credential-of-another-team", &[("all.yaml", &chains), (&path, text), (&path_of_keys, &mine)])
    };
    assert_eq!(of("b"), ["key `b/k1` can reach a credential of team `a`"]);
    assert_eq!(of("a"), [""; 0]);
}

/// A chain of two rules over backends that have tools and a large window, or neither.
fn two_rules(first: &str, second: &str, keys: &str) -> String {
    format!(
        "models:
  able: {{ capabilities: [streaming, tools], context-window: 100000 }}
  plain: {{ capabilities: [streaming], context-window: 8000 }}
backends: {{ able: {{ model: able, provider: p }}, plain: {{ model: plain, provider: q }} }}
chains:
  c: {{ rules: [{{ name: first, {first} }}, {{ name: rest, {second} }}] }}
consumers: {{ a: {{ tags: [vip] }} }}
keys:
{}",
        key(1, &format!("consumer: a, chain: c{keys}"))
    )
}

#[test]
fn a_rule_that_refuses_all_that_it_takes_is_told() {
    let check = |first: &str, expected: &[&str]| {
        expect("unserved-rule", &two_rules(first, "fallback: [able]", ""), expected);
    };
    let unserved = ["no target of rule `first` has what its condition requires"];
    check("match: { capability: tools }, fallback: [plain]", &unserved);
    check("match: { input-tokens: { min: 50000 } }, fallback: [plain]", &unserved);
    check(
        "match: { all: [{ capability: tools }, { input-tokens: { min: 9000 } }] }, fallback: [plain]",
        &unserved,
    );
    check("match: { capability: tools }, fallback: [plain, able]", &[]);
    check("match: { not: { capability: tools } }, fallback: [plain]", &[]);
    check("match: { input-tokens: { min: 8000 } }, fallback: [plain]", &[]);
    check("match: { any: [{ capability: tools }, { tag: vip }] }, fallback: [plain]", &[]);
    check("fallback: [plain]", &[]);
    // What the rule before it leaves.
    let rest = two_rules("match: { not: { capability: tools } }, fallback: [able]", "fallback: [plain]", "");
    expect("unserved-rule", &rest, &["no target of rule `rest` has what its condition requires"]);
}

#[test]
fn a_key_that_nothing_may_serve_is_told() {
    let check = |first: &str, expected: &[&str]| {
        expect("unserved-rule", &two_rules(first, "fallback: [plain]", ", models: [plain]"), expected);
    };
    check("match: { tag: vip }, fallback: [able]", &["no target of rule `first` may serve key `k1`"]);
    check("match: { model: able }, fallback: [able]", &[]);
    check("match: { tag: vip }, fallback: [able, plain]", &[]);
    // What another key is served is not this one's to have.
    let both = two_rules("match: { tag: vip }, fallback: [able]", "fallback: [plain]", ", models: [plain]");
    expect("unserved-rule", &(both + &key(2, "consumer: a, chain: c")), &[]);
    check(
        "match: { capability: tools }, fallback: [able, plain]",
        &["no target of rule `first` can serve what key `k1` asks of it"],
    );
}

#[test]
fn a_list_that_says_nothing_is_no_default() {
    let check = |on: &str, expected: &[&str]| {
        let policy = format!(
            "models: {{ m: {{ capabilities: [streaming] }} }}\nbackends: {{ a: {{ model: m, provider: p }} }}\n\
             chains: {{ c: {{ rules: [{{ name: all, fallback: [a], retry: {{ attempts: 1, on: {on} }} }}] }} }}\n"
        );
        expect("wrong-type", &policy, expected);
    };
    check("[]", &["an empty list stands in the place of at least one value"]);
    check("[timeout]", &[]);
    check("timeout", &[]);
}

#[test]
fn what_one_chain_is_too_large_for_is_said_of_it_alone() {
    let hub = |name: &str, rules: usize| {
        let mut text = format!("  {name}:\n    rules:\n");
        for at in 0..rules {
            let arms: Vec<_> = (0..16).map(|arm| format!("b{arm}: 1")).collect();
            let rule =
                format!("match: {{ input-tokens: {{ max: {at} }} }}, split: {{ {} }}", arms.join(", "));
            writeln!(text, "      - {{ name: r{at}, {rule} }}").unwrap();
        }
        text
    };
    let policy = |rules: usize| {
        let mut text = "models: { m: { capabilities: [streaming] } }\nbackends:\n".to_owned();
        (0..16).for_each(|at| writeln!(text, "  b{at}: {{ model: m, provider: p }}").unwrap());
        let chains = format!("{}{}", hub("one", 250), hub("two", rules));
        let join = "  both: { rules: [{ name: a, match: { input-tokens: { max: 5 } }, fallback: [chain/one] }, { name: b, fallback: [chain/two] }] }\n";
        write!(text, "chains:\n{chains}{join}consumers: {{ a: {{}} }}\n").unwrap();
        let above =
            (0..9).map(|at| format!("  t{at}: {{ rules: [{{ name: all, fallback: [chain/both] }}] }}\n"));
        text.replace("consumers:", &format!("{}consumers:", above.collect::<String>()))
    };
    expect("analysis-bound", &policy(200), &["what fallbacks behind chain `both` lack was not worked out"]);
    expect("analysis-bound", &policy(1), &[]);
}

#[test]
fn a_condition_that_names_an_attribute_itself_is_told_how() {
    let check = |syntax: &str, text: &str, expected: &str| {
        let tree: Memory = [("pointsman.yaml", "pointsman: 1\n"), (syntax, text)].into_iter().collect();
        let checked = check(&tree, &Options::default()).unwrap();
        let found = checked.diagnostics.iter().find(|found| found.slug == "unknown-field").unwrap();
        let help: Vec<_> = found.help.iter().map(|help| help.text.as_str()).collect();
        assert!(help.iter().any(|help| help.contains(expected)), "{help:?}");
    };
    let yaml = |rule: &str| format!("chains: {{ c: {{ rules: [{{ name: a, {rule}, fallback: [b] }}] }} }}\n");
    check("a.yaml", &yaml("match: { tier: gold }"), "`attribute: { tier: VALUE }`");
    check("a.yaml", &yaml("match: { modle: gold }"), "a field with a similar name exists");
    check("a.yaml", &yaml("if: { model: gold }"), "the field for this is `match`");
    let kdl = "chain \"c\" {\n    rule \"a\" {\n        match { tier \"gold\" }\n        fallback \"b\"\n    }\n}\n";
    check("a.kdl", kdl, "`attribute tier=\"VALUE\"`");
}

#[test]
fn what_one_protocol_has_a_form_for_is_lost_in_another() {
    let policy = |fallback: &str| {
        format!(
            "  o: {{ protocol: openai, base-url: https://o.example/v1 }}
  a: {{ protocol: anthropic, base-url: https://a.example/v1 }}
  g: {{ protocol: gemini, base-url: https://g.example/v1 }}
models: {{ json: {{ capabilities: [streaming, structured-output] }}, sees: {{ capabilities: [streaming, vision] }} }}
backends:
  one: {{ model: json, provider: o }}
  two: {{ model: json, provider: a }}
  three: {{ model: json, provider: g }}
  eyes: {{ model: sees, provider: o }}
  other: {{ model: sees, provider: g }}
  again: {{ model: sees, provider: a }}
chains: {{ c: {{ rules: [{{ name: all, fallback: [{fallback}] }}] }} }}
"
        )
    };
    let lacks = |what: &str| format!("no fallback of rule `all` has {what}");
    expect("fallback-lacks-capability", &policy("one, two"), &[&lacks("`json-object`")]);
    expect("fallback-lacks-capability", &policy("one, three"), &[]);
    expect("fallback-lacks-capability", &policy("one, two, three"), &[]);
    // What the primary has no form for is not lost.
    expect("fallback-lacks-capability", &policy("two, one"), &[]);
    expect("fallback-lacks-capability", &policy("eyes, other"), &[&lacks("`image-url`")]);
    expect("fallback-lacks-capability", &policy("eyes, again"), &[]);
    expect("fallback-lacks-capability", &policy("other, again"), &[]);
}
