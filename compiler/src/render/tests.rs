//! Each format on one small workspace with every part of a finding.

use pointsman_schema::tree::{Span, Syntax};

use super::{github, human, json};
use crate::diagnostic::{Diagnostic, Fix, FixClass, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::{FileId, SourceMap};

const RULE: Rule = Rule { slug: "unknown-backend", severity: Severity::Error, summary: "", page: "" };

const CHAINS: &str = "chains:\n  assistant:\n    rules:\n      - name: default\n        sticky: consumer\n        retry: {}\n        fallback: [azure-gpt-4o, anthropic-us]\n";

fn span_of(sources: &SourceMap, file: FileId, text: &str) -> Span {
    let start = sources.file(file).text.find(text).unwrap();
    Span::new(start, start + text.len())
}

fn workspace() -> (SourceMap, Vec<Diagnostic>) {
    let mut sources = SourceMap::new();
    let backends = sources.add("platform/backends.yaml", "backends:\n  anthropic-eu: {}\n", Syntax::Yaml);
    let chains = sources.add("teams/support/chains.yaml", CHAINS, Syntax::Yaml);
    let wrong = span_of(&sources, chains, "anthropic-us");
    let similar = span_of(&sources, backends, "anthropic-eu");
    let found = Diagnostic::new(
        &RULE,
        "fallback of rule `default` names an unknown backend",
        Label::new(chains, wrong, "no backend has this name"),
    )
    .context(Label::new(chains, span_of(&sources, chains, "default"), "in this rule"))
    .consequence("the chain cannot fall back")
    .help_with_fix(
        "a backend with a similar name exists",
        Fix::replace(FixClass::NeverAutomatic, chains, wrong, "anthropic-eu"),
    )
    .note_at("`anthropic-eu` is declared in", backends, similar);
    (sources, vec![found])
}

#[test]
fn people_see_the_line_and_the_patch() {
    let (sources, found) = workspace();
    let expected = "\
error[unknown-backend]: fallback of rule `default` names an unknown backend
   --[teams/support/chains.yaml:7:34]
 3 |     rules:
 4 |       - name: default
   :               ^^^^^^^
   :                  `-- in this rule
 5 |         sticky: consumer
 6 |         retry: {}
 7 |         fallback: [azure-gpt-4o, anthropic-us]
   :                                  ^^^^^^^^^^^^
   :                                        `-- no backend has this name
   `----
  = the chain cannot fall back
help: a backend with a similar name exists (look before you apply it)
   7 |         fallback: [azure-gpt-4o, anthropic-eu]
note: `anthropic-eu` is declared in platform/backends.yaml:2:3

1 error, 0 warnings
";
    assert_eq!(human::render(&found, &sources, human::HumanOptions::default()), expected);
}

#[test]
fn github_gets_one_line_a_finding() {
    let (sources, found) = workspace();
    let expected = "::error file=teams/support/chains.yaml,line=7,endLine=7,col=34,endColumn=45,title=unknown-backend::\
        fallback of rule `default` names an unknown backend%0Ano backend has this name%0A\
        teams/support/chains.yaml:4:15: in this rule%0Athe chain cannot fall back%0A\
        help: a backend with a similar name exists%0A  teams/support/chains.yaml:7:34 -> anthropic-eu%0A\
        note: `anthropic-eu` is declared in platform/backends.yaml:2:3\n";
    assert_eq!(github::render(&found, &sources, ""), expected);
}

#[test]
fn json_states_every_fact() {
    let (sources, found) = workspace();
    let document: serde_json::Value = serde_json::from_str(&json::render(&found, &sources)).unwrap();
    let finding = &document["diagnostics"][0];
    let wrong = found[0].primary.span;
    let primary = serde_json::json!({
        "path": "teams/support/chains.yaml", "line": 7, "column": 34, "end_line": 7, "end_column": 46,
        "start_byte": wrong.start, "end_byte": wrong.end, "label": "no backend has this name",
    });
    assert_eq!(finding["primary"], primary);
    assert_eq!(finding["context"][0]["label"], "in this rule");
    assert_eq!(finding["help"][0]["fix"]["class"], "never-automatic");
    assert_eq!(finding["help"][0]["fix"]["edits"][0]["replacement"], "anthropic-eu");
    assert_eq!(finding["notes"][0]["place"]["path"], "platform/backends.yaml");
    assert_eq!(document["summary"], serde_json::json!({ "errors": 1, "warnings": 0 }));
}

/// A secret, an escape sequence and an override in path, source, headline and replacement: no format lets them out.
#[test]
fn no_format_deceives_or_leaks() {
    let mut sources = SourceMap::new();
    let text = "key: sk-canary-0123456789 # \u{1b}[2J\u{202e}%0A\n";
    let file = sources.add("a\u{1b}b,c:d.yaml", text, Syntax::Yaml);
    let secret = span_of(&sources, file, "sk-canary-0123456789");
    sources.redact(file, secret);
    let found = Diagnostic::new(
        &RULE,
        "name `x\u{202e}y\u{1b}` ::error::",
        Label::new(file, secret, "here\n::error::"),
    )
    .context(Label::new(file, Span::new(0, 3), ""))
    .help_with_fix("remove", Fix::replace(FixClass::Safe, file, Span::new(0, 0), "\u{202e}"));
    let found = [found];
    for rendered in [
        human::render(&found, &sources, human::HumanOptions::default()),
        json::render(&found, &sources),
        github::render(&found, &sources, "policies/"),
    ] {
        assert!(!rendered.contains("canary"), "{rendered}");
        assert!(!rendered.contains(['\u{1b}', '\u{202e}', '\r']), "{rendered}");
        assert!(rendered.lines().skip(1).all(|line| !line.starts_with("::")), "{rendered}");
    }
}

#[test]
fn many_findings_are_counted() {
    let (sources, found) = workspace();
    let many: Vec<Diagnostic> = found.iter().cycle().take(60).cloned().collect();
    let text = human::render(&many, &sources, human::HumanOptions::default());
    assert_eq!(text.matches("error[unknown-backend]").count(), human::RENDERED_IN_FULL_MAX);
    assert!(text.contains("10 more findings are not shown (10 errors, 0 warnings)"), "{text}");
}

#[test]
fn long_lines_are_cut_around_their_label() {
    let mut sources = SourceMap::new();
    let text = format!("a: {}ключ{}\n", "x ".repeat(5_000), " y".repeat(5_000));
    let file = sources.add("a.yaml", text, Syntax::Yaml);
    let label = Label::new(file, span_of(&sources, file, "ключ"), "here");
    let text =
        human::render(&[Diagnostic::new(&RULE, "long", label)], &sources, human::HumanOptions::default());
    assert!(text.lines().all(|line| line.chars().count() < 200), "{text}");
    assert!(text.contains("ключ") && text.contains("a.yaml:1:10004"), "{text}");
}

#[test]
fn empty_places_can_be_drawn() {
    let mut sources = SourceMap::new();
    for (text, at) in [("", 0), ("a", 1), ("a\n", 2), ("\n\n", 1), ("ü\r\nb", 9)] {
        let file = sources.add("a.yaml", text, Syntax::Yaml);
        let label = Label::new(file, Span::new(at, at), "here");
        let drawn = human::render(
            &[Diagnostic::new(&RULE, "empty", label)],
            &sources,
            human::HumanOptions::default(),
        );
        assert!(drawn.contains("[a.yaml:") && drawn.contains("here"), "{text:?} {drawn}");
    }
}
