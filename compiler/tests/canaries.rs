//! No output shows a secret, wherever it stands.
//!
//! Secrets are put together at run time and planted into every slot of a policy and beside it, in both syntaxes; then
//! every format is searched for any ten characters of them in a row.

#![cfg(test)]

use pointsman_compiler::check::{Checked, Options, check};
use pointsman_compiler::fix::{Allowed, fix};
use pointsman_compiler::render::human::HumanOptions;
use pointsman_compiler::render::{compact, github, human, json, junit, markdown, sarif};
use pointsman_compiler::rule::Severity;
use pointsman_compiler::tree_source::Memory;
use pointsman_schema::api_key;

/// Secrets that fit on one line, by what is secret in each.
fn secrets() -> Vec<String> {
    let drawn = ["kR7wQz2N", "b9TfXp4L", "m3VcYd8J", "h6SgWa1E"].concat();
    let random: [u8; api_key::RANDOM_CHARS] = drawn.as_bytes()[..api_key::RANDOM_CHARS].try_into().unwrap();
    let check = api_key::checksum(&random);
    vec![
        format!("sk-ant-{drawn}"),
        format!("sk-proj-{drawn}"),
        api_key::assemble(&random),
        format!("ghp_{}{}", &drawn[..30], std::str::from_utf8(&check).unwrap()),
        format!("AIza{drawn}a1b"),
        format!("eyJ{drawn}.eyJ{drawn}.{drawn}"),
    ]
}

/// A file's path and its text, with `@` where the secret goes and `^` where it goes with one character escaped.
const SLOTS: &[(&str, &str)] = &[
    ("a.yaml", "backends:\n  b: { model: m, provider: '@' }\n"),
    ("a.yaml", "backends:\n  '@': { model: m }\n"),
    ("a.yaml", "backends:\n  b:\n    '@': 1\n"),
    ("a.yaml", "backends:\n  b: @\n"),
    ("a.yaml", "# @\nbackends: {}\n"),
    ("a.yaml", "# allow @: because\nbackends: {}\n"),
    ("a.yaml", "# allow zero-weights until @: because\nbackends: {}\n"),
    ("a.yaml", "backends: {} # @\nunknown: 1\n"),
    ("a.yaml", "backends: !@ {}\n"),
    ("a.yaml", "backends: !<@> {}\n"),
    ("a.yaml", "backends: &@ {}\nchains: *@\n"),
    ("a.yaml", "chains: *@\n"),
    ("a.yaml", "? @\n: 1\n"),
    ("a.yaml", "backends: [ @\n"),
    ("a.yaml", "a: b: @\n"),
    ("a.yaml", "\"@\n"),
    ("a.yaml", "%@ directive\n---\na: 1\n"),
    ("a.yaml", "consumers:\n  web: { tags: [\"^\", \"^\"] }\n"),
    ("a.yaml", "backends:\n  \"^\": { model: \"^\" }\n"),
    ("a.yaml", "backends: [ \"^\"\n"),
    ("a.yaml", "models:\n  m: >-\n    @\n"),
    ("a.yaml", "credentials:\n  c: { provider: p, secret: '@' }\n"),
    ("a.yaml", "credentials:\n  c: { provider: p, secret: 'env:@' }\n"),
    ("a.yaml", "credentials:\n  c: { provider: p, secret: 'file:@' }\n"),
    ("a.yaml", "providers:\n  p: { protocol: '@', base-url: 'https://user:@@host/' }\n"),
    ("a.yaml", "keys:\n  k: { consumer: '@', chain: '@', digests: ['@'], expires: '@', models: ['@'] }\n"),
    (
        "a.yaml",
        "chains:\n  c:\n    rules:\n      - { name: '@', match: { attribute: { '@': '@' }, model: '@' }, fallback: ['@'] }\n",
    ),
    (
        "a.yaml",
        "chains:\n  c:\n    rules:\n      - { name: r, when: 'attribute.tier == \"@\"', fallback: [b] }\n",
    ),
    ("a.yaml", "chains:\n  c:\n    rules:\n      - { name: r, when: '@', split: { '@': 1, '@': 2 } }\n"),
    ("a.yaml", "mcp-servers:\n  s: { transport: stdio, command: ['x', '--key', '@'] }\n"),
    ("a.yaml", "roles:\n  r: { claim: '@', values: ['@', '@'], grant: '@' }\n"),
    ("pointsman.yaml", "pointsman: '@'\n"),
    ("pointsman.yaml", "pointsman: 1\nattributes:\n  tier: { header: '@', values: ['@', '@'] }\n"),
    ("pointsman.yaml", "pointsman: 1\nsigners:\n  a: { key: '@' }\n"),
    ("a.kdl", "backend \"b\" model=\"m\" provider=\"@\"\n"),
    ("a.kdl", "backend \"@\" model=\"m\"\n"),
    ("a.kdl", "backend \"b\" \"@\"=1\n"),
    ("a.kdl", "\"@\" \"b\"\n"),
    ("a.kdl", "backend \"b\" { \"@\" 1; }\n"),
    ("a.kdl", "backend \"b\" { model \"^\"; provider \"^\"; }\n"),
    ("a.kdl", "backend \"b\" { model \"^\n"),
    ("a.kdl", "backend \"b\" { model #\"@\"#; }\n"),
    ("a.kdl", "backend \"b\" {\n  model \"\"\"\n    @\n    \"\"\"\n}\n"),
    ("a.kdl", "backend (\"@\")\"b\"\n"),
    ("a.kdl", "(\"@\")backend \"b\"\n"),
    ("a.kdl", "/- backend \"@\"\nunknown 1\n"),
    ("a.kdl", "// @\nunknown 1\n/* @ */ unknown 2\n"),
    ("a.kdl", "backend \"b\" model=\"@\n"),
    ("a.kdl", "backend @ { }}\n"),
    ("a.kdl", "backend \"b\" provider=@=1\n"),
    (
        "a.kdl",
        "consumer \"w\" { tags \"@\" \"@\"; }\nchain \"c\" { rule \"r\" { fallback \"@\"; fallback \"@\"; }; }\n",
    ),
    ("teams/@/a.yaml", "consumers: { web: { tagz: [] } }\n"),
    ("teams/@.yaml", "consumers: { web: {} }\n"),
    ("teams/a/@.kdl", "unknown 1\n"),
    ("teams/a/pointsman.yaml", "pointsman: 1\nattributes: { x: '@' }\n"),
    (".env", "OPENAI_API_KEY=@\n"),
    ("teams/a/keys.test.yaml", "key: '@'\n"),
    ("README.md", "first\n\nUse `@`, and `^`.\n"),
    ("@/notes.txt", "nothing\n"),
    (".github/workflows/ci.yaml", "env: { KEY: '@' }\n"),
];

fn planted(path: &str, text: &str, secret: &str) -> Checked {
    let (head, tail) = secret.split_at(3);
    let (first, tail) = tail.split_at(1);
    let code = u32::from(first.chars().next().unwrap());
    let escaped = if std::path::Path::new(path).extension().is_some_and(|ending| ending == "kdl") {
        format!("{head}\\u{{{code:x}}}{tail}")
    } else {
        format!("{head}\\x{code:02x}{tail}")
    };
    let mut tree = Memory::new();
    tree.insert("pointsman.yaml", "pointsman: 1\n");
    tree.insert(path.replace('@', secret), text.replace('@', secret).replace('^', &escaped));
    let fixed = fix(&tree, &Options::default(), Allowed::Unsafe).unwrap();
    for text in fixed.files.values() {
        assert!(!text.contains("[redacted"), "{text}");
    }
    for applied in &fixed.applied {
        shows_nothing(&format!("{applied:?}"), secret, path);
    }
    check(&tree, &Options::default()).unwrap()
}

fn shows_nothing(output: &str, secret: &str, slot: &str) {
    let telling = secret.get(10..).unwrap();
    for at in 0..telling.len() - 10 {
        let part = telling.get(at..at + 10).unwrap();
        assert!(!output.contains(part), "{slot:?} shows {part}:\n{output}");
    }
}

fn outputs(checked: &Checked) -> Vec<String> {
    let (found, sources) = (&checked.diagnostics, &checked.sources);
    vec![
        human::render(found, sources, HumanOptions::default()),
        compact::render(found, sources),
        json::render(found, sources),
        sarif::render(found, sources, "policies"),
        github::render(found, sources, "policies"),
        junit::render(found, sources, Severity::Warning),
        markdown::render(found, sources),
        format!("{found:?}"),
    ]
}

fn check_slot(path: &str, text: &str, secret: &str) {
    let checked = planted(path, text, secret);
    let slot = format!("{path}: {text}");
    let about_secrets = ["literal-secret", "possible-secret"];
    let found = checked.diagnostics.iter().any(|diagnostic| about_secrets.contains(&diagnostic.slug));
    assert!(found, "{slot:?} with {secret}: {:?}", checked.diagnostics);
    for output in outputs(&checked) {
        shows_nothing(&output, secret, &slot);
    }
}

#[test]
fn no_output_shows_a_planted_secret() {
    for secret in secrets() {
        for (path, text) in SLOTS {
            check_slot(path, text, &secret);
        }
    }
}

#[test]
fn a_secret_without_a_form_is_masked_where_it_belongs() {
    let secret = ["kR7wQz2N", "b9TfXp4L", "m3VcYd8J", "h6SgWa1E"].concat();
    for (path, text) in [
        ("a.yaml", "credentials:\n  c: { provider: p, secret: '@' }\nbackends: { '@': { model: '@' } }\n"),
        ("a.yaml", "# API_KEY=@\nbackends: { b: { provider: '@' } }\n"),
        ("a.kdl", "credential \"c\" { provider \"p\"; secret \"@\"; }\nbackend \"b\" { model \"@\"; }\n"),
        ("a.kdl", "credential \"c\" provider=\"@\" secret=\"@\"\n"),
        ("a.kdl", "credential \"c\" secret=\"@\n"),
        (".env", "MISTRAL_API_KEY='@'\n"),
        (".env", "MISTRAL_API_KEY='@'\nB_TOKEN=@ # allow possible-secret: the second is public\n"),
    ] {
        check_slot(path, text, &secret);
    }
}

#[test]
fn private_keys_and_utf16_are_masked() {
    let line = ["kR7wQz2N", "b9TfXp4L", "m3VcYd8J", "h6SgWa1E"].concat().repeat(2);
    let begin = format!("{}PRIVATE KEY-----", "-----BEGIN ");
    let whole = format!("{begin}\\n{line}\\n-----END PRIVATE KEY-----\\n");
    let block = format!("    {begin}\n    {line}\n    {line}\n    -----END PRIVATE KEY-----\n");
    let cut = format!("    {begin}\n    {line}\n    {line}\n");
    for (path, text) in [
        ("a.yaml", format!("backends:\n  b: {{ provider: \"{whole}\" }}\n")),
        ("a.yaml", format!("backends:\n  b: {{ provider: p }}\n  c: |\n{block}")),
        ("a.yaml", format!("credentials:\n  c:\n    secret: |\n{cut}")),
        ("a.kdl", format!("credential \"c\" secret=\"{whole}\"\n")),
        ("a.kdl", format!("credential \"c\" secret=\"\"\"\n{block}    \"\"\"\n")),
        ("id_ed25519", block.clone()),
        ("service-account.json", format!("{{ \"private_key\": \"{whole}\" }}\n")),
    ] {
        check_slot(path, &text, &line);
    }
    let secret = format!("sk-ant-{}", &line[..32]);
    for path in [".env", "a.yaml"] {
        let text: Vec<u8> =
            format!("\u{feff}A: {secret}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let tree: Memory =
            [("pointsman.yaml", b"pointsman: 1\n".to_vec()), (path, text)].into_iter().collect();
        let checked = check(&tree, &Options::default()).unwrap();
        assert!(checked.diagnostics.iter().any(|found| found.slug == "literal-secret"), "{path}");
        for output in outputs(&checked) {
            shows_nothing(&output.replace("\\u{0}", ""), &secret, path);
        }
    }
}
