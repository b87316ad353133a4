//! Random chains through the whole check, against every request of a small world one by one.
//!
//! The invariant: the rules that are reported as unreachable, the parts that are reported as without effect and the chain
//! that some request falls through are those that trying every request finds. The bytes choose the chain's rules; the
//! rest of the policy stays the same, so that every input is a policy without errors.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use pointsman_compiler::check::{Checked, Options, check};
use pointsman_compiler::diagnostic::Diagnostic;
use pointsman_compiler::rule::Severity;
use pointsman_compiler::tree_source::Memory;
use pointsman_fuzz::chain::{Bytes, Condition, Request, Written};

const CHAIN: &str = "platform/chain.yaml";
const PLATFORM: &str = "providers:
  vllm: { protocol: openai-compatible, base-url: http://vllm.internal:8000/v1 }
models: { gpt-4o: {}, gpt-4o-mini: {}, llama: {} }
backends:
  one: { model: gpt-4o, provider: vllm }
  two: { model: gpt-4o-mini, provider: vllm }
  three: { model: llama, provider: vllm }
consumers:
  app: { tags: [gold] }
  keyless: { tags: [spare] }
";
const WORKSPACE: &str = "pointsman: 1\nattributes: { tier: { header: x-tier, values: [gold, free] } }\n";

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let is_limited = bytes.byte() % 4 == 1;
    let mut text = Written::from("chains:\n  main:\n    export: true\n    rules:\n");
    let rules: Vec<Option<Condition>> =
        (0..=bytes.byte() % 5).map(|at| rule(at, &mut bytes, &mut text)).collect();
    let checked =
        check(&tree(&text.0, is_limited), &Options::default()).expect("a tree in memory can be read");
    let errors: Vec<_> = checked
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error && found.slug != "too-many")
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{}", text.0);
    // Past the bound on its work the analysis claims nothing, and past the size of a condition nobody asks it.
    if ["analysis-bound", "too-many"].iter().all(|slug| found(&checked, slug).next().is_none()) {
        compare(&checked, &rules, &Request::all(&rules, is_limited), &text);
    }
});

/// Reads one rule and writes it down.
fn rule(at: u8, bytes: &mut Bytes<'_>, text: &mut Written) -> Option<Condition> {
    text.push(&format!("      - {{ name: rule-{at}, "));
    let condition = (bytes.byte() % 8 != 7).then(|| {
        text.push("match: ");
        Condition::read(bytes, 3, text)
    });
    if condition.is_some() {
        text.push(", ");
    }
    text.push("fallback: [one, two, three] }\n");
    condition
}

fn tree(chain: &str, is_limited: bool) -> Memory {
    let mut tree = Memory::new();
    let models = if is_limited { ", models: [gpt-4o-mini]" } else { "" };
    let key = |name: &str, digit: char| {
        let digest = String::from(digit).repeat(64);
        format!(
            "keys:\n  {name}: {{ consumer: {name}, chain: main, digests: [\"sha256:{digest}\"]{models} }}\n"
        )
    };
    tree.insert("pointsman.yaml", WORKSPACE);
    tree.insert(CHAIN, chain);
    tree.insert("platform/rest.yaml", format!("{PLATFORM}{}", key("app", '1')));
    tree.insert(
        "teams/a/keys.yaml",
        format!("consumers:\n  web: {{ tags: [gold, batch] }}\n{}", key("web", '2')),
    );
    tree.insert("teams/b/keys.yaml", format!("consumers:\n  job: {{}}\n{}", key("job", '3')));
    tree
}

fn found<'c>(checked: &'c Checked, slug: &'c str) -> impl Iterator<Item = &'c Diagnostic> {
    let in_chain = |found: &&Diagnostic| checked.sources.file(found.primary.file).path == CHAIN;
    checked.diagnostics.iter().filter(move |found| found.slug == slug).filter(in_chain)
}

fn compare(checked: &Checked, rules: &[Option<Condition>], requests: &[Request], text: &Written) {
    let none = BTreeSet::new();
    let first = |request: &Request, without: &BTreeSet<usize>| {
        rules.iter().position(|rule| rule.as_ref().is_none_or(|rule| rule.holds(request, without)))
    };
    let decided: Vec<Option<usize>> = requests.iter().map(|request| first(request, &none)).collect();

    let unreachable: Vec<(usize, bool)> = found(checked, "unreachable-rule")
        .map(|found| (rule_of(found), found.headline.ends_with("matches no request")))
        .collect();
    assert_eq!(unreachable, expected(rules, requests, &decided), "{}", text.0);

    let falls = decided.contains(&None);
    assert_eq!(found(checked, "request-falls-through").count(), usize::from(falls), "{}", text.0);

    let mut idle = BTreeSet::new();
    for found in found(checked, "predicate-without-effect") {
        assert!(decided.contains(&Some(rule_of(found))), "{found:#?}\n{}", text.0);
        idle.insert(found.primary.span.range().start);
    }
    assert!(idle.is_subset(&text.1), "a finding that points at no part: {idle:?}\n{}", text.0);
    for (request, rule) in requests.iter().zip(&decided) {
        assert_eq!(first(request, &idle), *rule, "{request:?} without {idle:?}\n{}", text.0);
    }
}

/// The rules that decide nothing, and whether no request at all is like their condition; of those behind a rule that takes
/// all that is left, the first.
fn expected(
    rules: &[Option<Condition>],
    requests: &[Request],
    decided: &[Option<usize>],
) -> Vec<(usize, bool)> {
    let none = BTreeSet::new();
    let mut expected = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        if decided.contains(&Some(at)) {
            if decided.iter().all(|by| by.is_some_and(|by| by <= at)) {
                expected.extend((at + 1 < rules.len()).then_some((at + 1, false)));
                break;
            }
            continue;
        }
        let matches = |request| rule.as_ref().is_none_or(|rule| rule.holds(request, &none));
        expected.push((at, !requests.iter().any(matches)));
    }
    expected
}

/// The rule that a headline names.
fn rule_of(found: &Diagnostic) -> usize {
    let name = found.headline.split('`').nth(1).and_then(|name| name.strip_prefix("rule-"));
    name.and_then(|at| at.parse().ok()).expect("the headline names a rule")
}
