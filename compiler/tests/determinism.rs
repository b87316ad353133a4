//! The same policy gives the same decisions, however it is written; the same files give the same bytes.
//!
//! Deliberately through [`compile`] alone, as a user would. Read next: `generated.rs` beside this, for policies that
//! nobody wrote.

#![cfg(test)]

#[path = "determinism/generated.rs"]
mod generated;
#[path = "../../xtask/src/generate/spelling.rs"]
mod spelling;

use pointsman_compiler::check::Options;
use pointsman_compiler::compile::compile;
use pointsman_compiler::tree_source::Memory;
use pointsman_schema::digest::Digest;
use pointsman_schema::limits::HEADER_BYTES;
use pointsman_schema::snapshot::Packed;

fn packed(files: &[(&str, &str)]) -> Packed {
    let tree: Memory = files.iter().map(|(path, text)| (*path, *text)).collect();
    let compiled = compile(&tree, &Options::default()).unwrap();
    compiled.snapshot.unwrap_or_else(|| panic!("it has errors: {:#?}", compiled.checked))
}

/// How two ways to write a policy may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Differ {
    Nothing,
    Places,
    Decisions,
}

fn check(first: &[(&str, &str)], second: &[(&str, &str)], expected: Differ) {
    let (first, second) = (packed(first), packed(second));
    let found = match (first.digest == second.digest, first.decisions == second.decisions) {
        (true, true) => Differ::Nothing,
        (false, true) => Differ::Places,
        (_, false) => Differ::Decisions,
    };
    assert_eq!(found, expected);
}

const WORKSPACE: (&str, &str) = (
    "pointsman.yaml",
    "pointsman: 1\nattributes: { tier: { header: x-tier, values: [gold, free] }, task: { metadata: task, values: [code] } }\n",
);

const PLATFORM: (&str, &str) = (
    "platform.yaml",
    "\
providers:
  one: { protocol: openai, base-url: https://one.example.com/v1, timeouts: { first-token: 20s } }
  two: { protocol: openai-compatible, base-url: http://two.internal:8000 }
credentials: { one: { provider: one, secret: env:ONE_KEY } }
models:
  big: { context-window: 128000, output-limit: 4096, capabilities: [tools, vision] }
  small: { capabilities: [tools] }
backends:
  one-big: { model: big, provider: one, credential: one }
  two-small: { model: small, provider: two, upstream-model: org/small }
",
);

const TEAM: (&str, &str) = (
    "teams/a/all.yaml",
    "\
chains:
  main:
    aliases: [default]
    rules:
      - name: code
        match:
          attribute: { task: code, tier: [gold, none] }
          any: [{ model: [big, 's*l'] }, { input-tokens: { min: 10 } }]
          not: { time: { days: [sat, sun], from: '08:00', to: '00:00', zone: Europe/Berlin } }
        fallback: [two-small, chain/spare]
      - name: rest
        split: { one-big: 70, two-small: 30 }
        sticky: attribute/tier
        fallback: [chain/spare]
        retry: { attempts: 1 }
  spare:
    rules:
      - { name: all, fallback: [one-big] }
consumers: { web: { tags: [batch, night] } }
keys:
  web:
    consumer: web
    chain: main
    digests: [e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855]
    models: [small, big]
    expires: 2030-01-31
",
);

const AS_YAML: [(&str, &str); 3] = [WORKSPACE, PLATFORM, TEAM];

const AS_KDL: [(&str, &str); 4] = [
    (
        "pointsman.kdl",
        "\
pointsman 1
attribute \"task\" metadata=\"task\" { values \"code\"; }
attribute \"tier\" header=\"x-tier\" { values \"gold\" \"free\"; }
",
    ),
    (
        "a.kdl",
        "\
backend \"two-small\" model=\"small\" provider=\"two\" upstream-model=\"org/small\"
backend \"one-big\" model=\"big\" provider=\"one\" credential=\"one\"
model \"small\" { capabilities \"tools\"; }
model \"big\" context-window=128_000 output-limit=4096 { capabilities \"vision\" \"tools\"; }
",
    ),
    (
        "deep/down/b.kdl",
        "\
credential \"one\" provider=\"one\" secret=\"env:ONE_KEY\"
provider \"two\" protocol=\"openai-compatible\" base-url=\"http://two.internal:8000\"
provider \"one\" protocol=\"openai\" base-url=\"https://one.example.com/v1\" { timeouts first-token=\"20s\"; }
",
    ),
    (
        "teams/a/c.kdl",
        "\
key \"web\" consumer=\"a/web\" chain=\"a/main\" expires=\"2030-01-31\" {
    digests \"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"
    models \"big\" \"small\"
}
consumer \"web\" export=#true { tags \"night\" \"batch\"; }
chain \"spare\" { rule \"all\" { fallback \"one-big\"; }; }
chain \"main\" {
    aliases \"default\"
    rule \"code\" {
        match {
            // The parts in another order.
            not { time from=\"08:00\" to=\"24:00\" zone=\"Europe/Berlin\" { days \"sun\" \"sat\"; }; }
            any {
                input-tokens min=10
                model \"s*l\" \"big\"
            }
            attribute task=\"code\" { tier \"none\" \"gold\"; }
        }
        fallback \"two-small\" \"chain/a/spare\"
    }
    rule \"rest\" {
        split { two-small 30; one-big 70; }
        sticky \"attribute/tier\"
        fallback \"chain/spare\"
        retry attempts=1 { on \"connect\" \"timeout\"; }
    }
}
",
    ),
];

#[test]
fn the_same_files_give_the_same_bytes() {
    check(&AS_YAML, &AS_YAML, Differ::Nothing);
    let mut turned = AS_YAML;
    turned.reverse();
    check(&AS_YAML, &turned, Differ::Nothing);
}

#[test]
fn spelling_and_files_change_no_decision() {
    check(&AS_YAML, &AS_KDL, Differ::Places);
}

#[test]
fn layout_changes_places_alone() {
    let commented = TEAM.1.replace("consumers:", "\n# Who may ask.\nconsumers:");
    check(&AS_YAML, &[WORKSPACE, PLATFORM, (TEAM.0, &commented)], Differ::Places);
    let trailing = format!("{}# The end.\n", TEAM.1);
    check(&AS_YAML, &[WORKSPACE, PLATFORM, (TEAM.0, &trailing)], Differ::Nothing);
    let other_files =
        [WORKSPACE, PLATFORM, TEAM, ("empty.yaml", "# Nothing.\n"), ("notes.test.yaml", "x: 1")];
    check(&AS_YAML, &other_files, Differ::Nothing);
}

#[test]
fn what_a_request_could_notice_changes_decisions() {
    let other = |from: &str, to: &str| {
        let text = TEAM.1.replace(from, to);
        assert_ne!(text, TEAM.1, "{from}");
        check(&AS_YAML, &[WORKSPACE, PLATFORM, (TEAM.0, &text)], Differ::Decisions);
    };
    other("one-big: 70", "one-big: 71");
    other("name: rest", "name: last");
    other("min: 10", "min: 11");
    other("aliases: [default]", "aliases: [standard]");
    other("attempts: 1", "attempts: 2");
    other("2030-01-31", "2030-02-01");
    other("tags: [batch, night]", "tags: [batch]");
    other("[two-small, chain/spare]", "[chain/spare, two-small]");
}

#[test]
fn the_archive_is_the_one_that_gateways_know() {
    // A new time zone database may change the offsets of any zone but this.
    let team = TEAM.1.replace("Europe/Berlin", "UTC");
    let packed = packed(&[WORKSPACE, PLATFORM, (TEAM.0, &team)]);
    let sections = Digest::of(&packed.bytes[HEADER_BYTES..]);
    // A change here is a new container version: every gateway must be able to tell.
    assert_eq!(sections.to_string(), "9fcaa27889171b5aa95105aaeec4b0130fda4a882b66767f2915eb6f747ad30c");
    assert_eq!(
        packed.decisions.to_string(),
        "a648328ef75e636b2a9eb11d7159789cc8abedc225f473b7156dcd68c6084a39"
    );
}
