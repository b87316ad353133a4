//! KDL into trees: shapes, spans, problems and hostile input.

use std::fmt::Write as _;

use pointsman_schema::limits::SOURCE_DEPTH_MAX;
use pointsman_schema::tree::{Entry, Node, ScalarKind, Value};

use super::parse;
use crate::parse::{PROBLEMS_PER_FILE_MAX, ProblemKind};

/// Entries on one line: `t`, `n`, `b`, `0` for the kind of a scalar, `label:` before a labelled map.
fn write(entries: &[Entry], text: &str, out: &mut String) {
    for entry in entries {
        assert!(text.get(entry.key.span.range()).is_some(), "{entry:?}");
        write!(out, "{}=", entry.key.value).unwrap();
        write_node(&entry.value, text, out);
    }
}

fn write_node(node: &Node, text: &str, out: &mut String) {
    let source = text.get(node.span.range()).unwrap_or_else(|| panic!("{:?} in {text:?}", node.span));
    match &node.value {
        Value::Scalar(scalar) => {
            let kind = match scalar.kind {
                ScalarKind::Text | ScalarKind::Plain => 't',
                ScalarKind::Number => '0',
                ScalarKind::Bool => 'b',
                ScalarKind::Null => 'n',
            };
            write!(out, "{kind}{:?} ", scalar.text).unwrap();
        }
        Value::List(items) => {
            out.push('[');
            for item in items {
                write_node(item, text, out);
            }
            write!(out, "]<{source}> ").unwrap();
        }
        Value::Map(entries) => {
            if let Some(label) = &node.label {
                write!(out, "{}:", label.value).unwrap();
            }
            out.push('{');
            write(entries, text, out);
            write!(out, "}}<{source}> ").unwrap();
        }
    }
}

fn check(text: &str, expected: &str) {
    let parsed = parse(text);
    assert_eq!(parsed.problems, [], "{text}");
    let Value::Map(entries) = &parsed.documents[0].root.value else { panic!("{text}") };
    let mut found = String::new();
    write(entries, text, &mut found);
    assert_eq!(found.trim_end(), expected, "{text}");
}

/// Problems as kind and marked text, and the names of the nodes that remain.
fn check_problems(text: &str, nodes: &[&str], expected: &[(&str, &str)]) {
    let parsed = parse(text);
    let named: Vec<(String, &str)> = parsed
        .problems
        .iter()
        .map(|problem| (name(&problem.kind), text.get(problem.span.range()).unwrap()))
        .collect();
    let found: Vec<(&str, &str)> = named.iter().map(|(name, marked)| (name.as_str(), *marked)).collect();
    assert_eq!(found, expected, "{text}");
    // A file that is not KDL at all has no document.
    let entries = parsed.documents.first().map_or(&[][..], |document| match &document.root.value {
        Value::Map(entries) => entries,
        _ => panic!("{text}"),
    });
    let found: Vec<&str> = entries.iter().map(|entry| entry.key.value.as_str()).collect();
    assert_eq!(found, nodes, "{text}");
}

fn name(kind: &ProblemKind) -> String {
    match kind {
        ProblemKind::KdlSyntax(fault) => format!("{fault:?}"),
        ProblemKind::UnsupportedKdl(what) => format!("{what:?}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn nodes_become_entries() {
    check("a \"x\"", "a=t\"x\"");
    check("a x 1 #true", "a=[t\"x\" 0\"1\" b\"true\" ]<x 1 #true>");
    check("a", "a=n\"\"");
    check("a {}", "a={}<{}>");
    check(
        "a k=1 { child 2; other #null }",
        "a={k=0\"1\" child=0\"2\" other=n\"null\" }<k=1 { child 2; other #null }>",
    );
    check("a \"l\" { b 2 }", "a=l:{b=0\"2\" }<\"l\" { b 2 }>");
    check("a l k=1 k=2", "a=l:{k=0\"1\" k=0\"2\" }<l k=1 k=2>");
    check("\u{feff}ключ ü", "ключ=t\"ü\"");
}

#[test]
fn comments_and_continuations_are_space() {
    check("a /* x /* y */ */ 1 \\ // end\n  2", "a=[0\"1\" 0\"2\" ]<1 \\ // end\n  2>");
    check("/- a {\n b\n}\nc /-1 \"l\" /-k=3 /-{ x } { y }", "c=l:{y=n\"\" }<\"l\" /-k=3 /-{ x } { y }>");
}

#[test]
fn strings_are_resolved() {
    check(r#"a "q\"\\\n\u{1F600}\s|\   |""#, "a=t\"q\\\"\\\\\\n😀 ||\"");
    check(r##"a #"raw \n "q" "#"##, "a=t\"raw \\\\n \\\"q\\\" \"");
    check("a \"\"\"\n    one\n      two\n\n    \"\"\"", "a=t\"one\\n  two\\n\"");
    check("a #\"\"\"\n  \\n\n  \"\"\"#", "a=t\"\\\\n\"");
}

#[test]
fn one_cause_is_one_problem() {
    check_problems("a 30d\nb 1", &["b"], &[("Number(\"30d\")", "30d")]);
    check_problems(
        "a true k=null\nb 1",
        &["b"],
        &[("BareKeyword(\"true\")", "true"), ("BareKeyword(\"null\")", "null")],
    );
    check_problems("a k= {\n  b 1\n}\nc 1", &["c"], &[("MissingValue", "k= ")]);
    check_problems("a = {\n  b 1\n}\nc 1", &["c"], &[("EqualsAfterNode", "=")]);
    check_problems("a {\n  b \"x\n  c 1\n}\nd", &["d"], &[("UnclosedString", "\"")]);
    check_problems("a {\n b 1\n", &[], &[("UnclosedBlock", "{")]);
    check_problems("}\na 1", &["a"], &[("UnmatchedBlockEnd", "}")]);
    check_problems("a {} b\nc", &["c"], &[("AfterBlock", "b")]);
    check_problems("a 1\"x\"\nc", &["c"], &[("MissingSpace", "\"")]);
    check_problems("a r#\"x\"#\nc", &["c"], &[("OldRawString", "r#")]);
    check_problems("a \"b\", \"c\"\nc", &["c"], &[("Comma", ",")]);
    check_problems("# it's { so\na 1\n#b\nc", &["a", "c"], &[("HashComment", "#"), ("HashComment", "#")]);
    check_problems("a 1 # \"b\nc", &["c"], &[("HashComment", "#")]);
    check_problems("a { /* b\n}\nc", &[], &[("UnclosedComment", "/*")]);
    check_problems("a \"\\q\" 2\nc", &["c"], &[("Escape(\"\\\\q\")", "\\q")]);
    check_problems("a \u{202e}x\nc", &["a", "c"], &[("Forbidden('\\u{202e}')", "\u{202e}")]);
    check_problems("x 1\na {\n b\n  c\n }\n}\nd", &["x", "d"], &[("MissingBlockStart", "")]);
    check_problems("a {\n b {\n  c\n\n}\nd {\n e\n}\n", &[], &[("UnclosedBlock", "{")]);
    check_problems("// A comment.\nconsumers:\n  web: {}\n", &[], &[("Yaml", "consumers:")]);
    check_problems("[a]\nc", &["c"], &[("Unexpected(Some('['))", "[")]);
    check_problems("a {\n /-\n}\nc", &["c"], &[("NothingToComment", "/-")]);
    check_problems("a {}/-\u{c72d}\nc", &["c"], &[("AfterBlock", "/-")]);
    check_problems("a 1/-\u{c72d}\nc", &["c"], &[("MissingSpace", "/-")]);
    check_problems("a/-\u{c72d} 1\nc", &["c"], &[("MissingSpace", "/-")]);
}

#[test]
fn what_policies_do_not_use_is_refused() {
    check_problems("(t)a 1\nb (u8)2", &["a", "b"], &[("TypeAnnotation", "(t)"), ("TypeAnnotation", "(u8)")]);
    check_problems("a x y k=1\nb", &["b"], &[("ArgumentsBesideFields", "y")]);
    check_problems("a 1 { b }\nb", &["b"], &[("LabelNotText", "1")]);
    let parsed = parse("/- kdl-version 1\na true\n");
    assert_eq!(parsed.problems.iter().map(|p| name(&p.kind)).collect::<Vec<_>>(), ["OtherVersion"]);
    assert_eq!(parse("/- kdl-version 2\na #true\n").problems, []);
}

#[test]
fn depth_is_limited() {
    let deep = |levels: usize| format!("{}{}", "a {".repeat(levels), "}".repeat(levels).replace('}', "\n}"));
    assert_eq!(parse(&deep(SOURCE_DEPTH_MAX - 1)).problems, []);
    let kinds: Vec<_> = parse(&deep(100_000)).problems.into_iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [ProblemKind::TooDeep]);
}

/// Hostile input ends, with few problems, in time that grows with its length; the test runner's limit is the judge.
#[test]
fn hostile_input_is_linear() {
    let pieces = [
        "a /-{", "{", "}", "/-", "/*", "\"", "\"\"\"\n", "#\"", "\\", "a=", "(", "a {\n", "###", "a\n",
        " a\n}\n", "# a\n", "/- a {", "a /-{}",
    ];
    for piece in pieces {
        let parsed = parse(&piece.repeat(100_000));
        assert!(parsed.problems.len() <= PROBLEMS_PER_FILE_MAX + 1, "{piece}");
    }
}
