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

/// Each text would take minutes to hours if a mark looked at all that follows it.
#[test]
fn repeated_marks_take_linear_work() {
    let secret = sample();
    let check = |mark: &str, bytes: usize| {
        let text = mark.repeat(bytes / mark.len());
        let found = find(&format!("{text}\n{secret}"));
        let spans: Vec<_> = found.iter().map(|secret| secret.span).collect();
        let start = text.len() + 1;
        assert_eq!(spans, [Span::new(start, start + secret.len())], "{mark}");
    };
    for mark in ["sk-ant-", "eyJ.", "-----BEGIN "] {
        check(mark, 1 << 18);
    }
    for mark in ["sk-ant-your-1", "AIza", "eyJaaaaaaaaaaaaa.", "-----BEGIN PRIVATE KEY-----"] {
        check(mark, 1 << 16);
    }
    for mark in ["token=", "secret: env:", "https://a:", "https:// a:"] {
        check(mark, 1 << 16);
    }
}

#[test]
fn a_long_secret_is_found_whole() {
    let secret = sample().repeat(40);
    check(&format!("a: {secret}, b"), &[(&secret, "an Anthropic key")]);
}

#[test]
fn a_path_is_masked() {
    let secret = sample();
    assert_eq!(masked(&format!("teams/{secret}/a.yaml")), "teams/[redacted]/a.yaml");
    assert_eq!(masked("teams/a/b.yaml"), "teams/a/b.yaml");
}
