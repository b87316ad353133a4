//! YAML into trees: shapes, spans and problems.

use std::fmt::Write as _;

use pointsman_schema::limits::SOURCE_DEPTH_MAX;
use pointsman_schema::tree::{Node, ScalarKind, Value};

use super::parse;
use crate::parse::{Bomb, Parsed, ProblemKind};

/// A tree on one line: `n:` null, `t:` text, nothing for plain; and after each value its source text.
fn write(node: &Node, text: &str, out: &mut String) {
    let source = text.get(node.span.range()).unwrap_or_else(|| panic!("{:?} in {text:?}", node.span));
    match &node.value {
        Value::Scalar(scalar) => {
            let kind = match scalar.kind {
                ScalarKind::Text => "t:",
                ScalarKind::Null => "n:",
                _ => "",
            };
            let plain = if scalar.text == source { "" } else { source };
            write!(out, "{kind}{:?}{plain}", scalar.text).unwrap();
        }
        Value::List(items) => {
            out.push('[');
            for item in items {
                write(item, text, out);
                out.push(' ');
            }
            write!(out, "]<{source}>").unwrap();
        }
        Value::Map(entries) => {
            out.push('{');
            for entry in entries {
                assert!(text.get(entry.key.span.range()).is_some(), "{entry:?}");
                write!(out, "{}=", entry.key.value).unwrap();
                write(&entry.value, text, out);
                out.push(' ');
            }
            write!(out, "}}<{source}>").unwrap();
        }
    }
}

fn check(text: &str, expected: &[&str]) {
    let Parsed { documents, problems, .. } = parse(text);
    assert_eq!(problems, [], "{text}");
    let mut found = Vec::new();
    for document in &documents {
        let mut out = String::new();
        write(&document.root, text, &mut out);
        found.push(out);
    }
    assert_eq!(found, expected, "{text}");
}

/// Problems as `slug of kind: marked text`.
fn check_problems(text: &str, documents: usize, expected: &[(&str, &str)]) {
    let parsed = parse(text);
    let found: Vec<(String, &str)> = parsed
        .problems
        .iter()
        .map(|problem| (name(&problem.kind), text.get(problem.span.range()).unwrap()))
        .collect();
    let found: Vec<(&str, &str)> = found.iter().map(|(name, marked)| (name.as_str(), *marked)).collect();
    assert_eq!((found.as_slice(), parsed.documents.len()), (expected, documents), "{text}");
}

fn name(kind: &ProblemKind) -> String {
    match kind {
        ProblemKind::YamlSyntax(fault) => format!("{fault:?}"),
        ProblemKind::Bomb(bomb) => format!("{bomb:?}"),
        ProblemKind::UnsupportedYaml(what) => format!("{what:?}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn values_keep_their_places() {
    check(
        "a: 1\nb:\n  - x\n  - 'y z'\n",
        &["{a=\"1\" b=[\"x\" t:\"y z\"'y z' ]<- x\n  - 'y z'> }<a: 1\nb:\n  - x\n  - 'y z'>"],
    );
    check("a: {b: [1, two]}\n", &["{a={b=[\"1\" \"two\" ]<[1, two]> }<{b: [1, two]}> }<a: {b: [1, two]}>"]);
    check("ключ: знач\r\nb: ü\r\n", &["{ключ=\"знач\" b=\"ü\" }<ключ: знач\r\nb: ü>"]);
    check("\u{feff}a: b\n", &["{a=\"b\" }<a: b>"]);
    check("a:\nb: ~\n", &["{a=n:\"\" b=\"~\" }<a:\nb: ~>"]);
    check(
        "a: |\n  one\n  two\n\nb: 1\n",
        &["{a=t:\"one\\ntwo\\n\"one\n  two b=\"1\" }<a: |\n  one\n  two\n\nb: 1>"],
    );
}

#[test]
fn empty_and_several_documents() {
    check("", &[]);
    check("# only a comment\n", &[]);
    check("---\n---\na: 1\n", &["{}<>", "{a=\"1\" }<a: 1>"]);
}

#[test]
fn aliases_are_expanded_at_their_place() {
    check("a: &x {k: 1}\nb: *x\n", &["{a={k=\"1\" }<{k: 1}> b={k=\"1\" }<*x> }<a: &x {k: 1}\nb: *x>"]);
    check("a: !!str 12\n", &["{a=t:\"12\" }<a: !!str 12>"]);
}

#[test]
fn duplicate_keys_are_kept() {
    check("a: 1\na: 2\n", &["{a=\"1\" a=\"2\" }<a: 1\na: 2>"]);
}

#[test]
fn each_document_reports_its_own_fault() {
    check_problems(
        "a: [1\nb: 2\n---\nc: 1\n---\nd: 'x\n",
        1,
        &[("UnclosedBracket('[')", "["), ("UnclosedQuote", "'")],
    );
    check_problems("a: b: c\n", 0, &[("SecondColon", ":")]);
    check_problems("a: {b: 1\nc: 2\n", 0, &[("UnclosedBracket('{')", "{")]);
    check_problems("a: *nowhere\n", 0, &[("UnknownAlias", "*")]);
    check_problems("a: 1\nb\n", 0, &[("MissingColon", "b")]);
    check_problems("a: `x`\n", 0, &[("Character('`')", "`")]);
    check_problems("a: \"\\q\"\n", 0, &[("Escape", "\"")]);
}

#[test]
fn what_policies_do_not_use_is_refused() {
    check_problems("a: &x {k: 1}\nb:\n  <<: *x\n", 1, &[("MergeKey", "<<")]);
    check_problems("a: !secret x\n", 1, &[("Tag(\"!secret\")", "!secret")]);
    check_problems("? [1]\n: 2\nb: 1\n", 1, &[("ComplexKey", "[")]);
    check_problems("{: 1}\n", 1, &[("EmptyKey", ":")]);
}

#[test]
fn bombs_do_not_go_off() {
    check_problems("a: &a [*a]\n", 0, &[("Endless", "*a")]);
    let mut laughs = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (name, before) in ["b", "c", "d", "e", "f", "g"].iter().zip(["a", "b", "c", "d", "e", "f"]) {
        let aliases = vec![format!("*{before}"); 10].join(", ");
        writeln!(laughs, "{name}: &{name} [{aliases}]").unwrap();
    }
    let parsed = parse(&laughs);
    assert_eq!(
        parsed.problems.iter().map(|p| p.kind.clone()).collect::<Vec<_>>(),
        [ProblemKind::Bomb(Bomb::Aliases)]
    );
    let mut ladder = String::from("a0: &a0 [x]\n");
    for step in 1..200 {
        writeln!(ladder, "a{step}: &a{step} [*a{}]", step - 1).unwrap();
    }
    assert_eq!(parse(&ladder).problems.first().map(|p| p.kind.clone()), Some(ProblemKind::TooDeep));
    let text = format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(1 << 20), "*a,".repeat(100));
    assert_eq!(parse(&text).problems.first().map(|p| p.kind.clone()), Some(ProblemKind::Bomb(Bomb::Aliases)));
}

#[test]
fn depth_is_limited_in_every_style() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        let deep = |levels: usize| format!("{}x{}", open.repeat(levels), close.repeat(levels));
        let kinds = |text: &str| parse(text).problems.into_iter().map(|p| p.kind).collect::<Vec<_>>();
        if open != "? " {
            assert_eq!(kinds(&deep(SOURCE_DEPTH_MAX)), [], "{open}");
        }
        assert_eq!(kinds(&deep(SOURCE_DEPTH_MAX + 1)), [ProblemKind::TooDeep], "{open}");
        assert_eq!(kinds(&deep(100_000)), [ProblemKind::TooDeep], "{open}");
    }
}

#[test]
fn comments_keep_their_places() {
    let text = "# one\na: 1 #two\n";
    let comments = parse(text).comments;
    let found: Vec<(&str, &str)> =
        comments.iter().map(|c| (text.get(c.span.range()).unwrap(), c.text.as_str())).collect();
    assert_eq!(found, [("# one", "one"), ("#two", "two")]);
    let many = "# line\n".repeat(50_000) + "a: 1\n";
    assert_eq!((parse(&many).comments.len(), parse(&many).problems), (50_000, vec![]));
}
