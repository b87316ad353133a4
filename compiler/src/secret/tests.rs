//! Escapes, overlaps, and what is told of each.

use super::*;

fn check(text: &str, expected: &[(&str, &str)]) {
    let found: Vec<_> = find(text).iter().map(|s| (text.get(s.span.range()).unwrap(), s.issuer)).collect();
    assert_eq!(found, expected, "{text}");
}

fn sample() -> String {
    ["sk-ant-", "kR7wQz2N", "b9TfXp4L", "m3VcYd8J", "h6SgWa1E"].concat()
}

#[test]
fn escapes_hide_nothing() {
    let secret = sample();
    for (at, escape) in [(0, "\\x73"), (1, "\\u{6b}"), (5, "\\u0074"), (9, "\\U00000037")] {
        let written = format!("{}{escape}{}", &secret[..at], &secret[at + 1..]);
        check(&format!("a: \"{written}\""), &[(&written, "an Anthropic key")]);
    }
    let (head, tail) = secret.split_at(12);
    let written = format!("{head}\\\n      {tail}");
    check(&format!("a: \"{written}\""), &[(&written, "an Anthropic key")]);
}

#[test]
fn one_secret_is_found_once() {
    let secret = sample();
    check(
        &format!("api_key: {secret} # {secret}"),
        &[(&secret, "an Anthropic key"), (&secret, "an Anthropic key")],
    );
    check(&format!("{{\\\"token\\\": \\\"{secret}\\\"}}"), &[(&secret, "an Anthropic key")]);
}

#[test]
fn a_path_is_masked() {
    let secret = sample();
    assert_eq!(masked(&format!("teams/{secret}/a.yaml")), "teams/[redacted]/a.yaml");
    assert_eq!(masked("teams/a/b.yaml"), "teams/a/b.yaml");
}
