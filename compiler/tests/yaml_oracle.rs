//! Our YAML front end against serde-saphyr.
//!
//! Deliberately compares shapes and texts alone: types are decided by our fields, not by YAML. The invariant: both read
//! the same values from the same text, for cases written by hand and for generated documents.
//!
//! Read next: `compiler/src/yaml.rs`.

#![expect(clippy::panic, clippy::indexing_slicing, reason = "a test stops at what it does not expect")]

use pointsman_compiler::parse::parse;
use pointsman_schema::tree::{Node, ScalarKind, Syntax, Value};
use proptest::prelude::*;
use serde_json::Value as Json;

/// Every scalar as text, because the two decide types differently.
fn plain(node: &Node) -> Json {
    match &node.value {
        Value::Scalar(scalar) if scalar.kind == ScalarKind::Null => Json::Null,
        Value::Scalar(scalar) => Json::String(scalar.text.clone()),
        Value::List(items) => Json::Array(items.iter().map(plain).collect()),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|entry| (entry.key.value.clone(), plain(&entry.value))).collect())
        }
    }
}

fn check(text: &str) {
    let ours = parse(Syntax::Yaml, text);
    assert_eq!(ours.problems, [], "{text}");
    let ours = plain(&ours.documents[0].root);
    let theirs: Json = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(ours, theirs, "{text}");
}

#[test]
fn written_cases_are_read_alike() {
    for text in [
        "a: x\nb: 'y z'\nc: \"q\\n\\u263A\"\n",
        "a:\n- x\n- - yy\n  - z\n- k: v\n  l: w\n",
        "a: {b: [x, yy], c: {}}\nd: []\n",
        "a: |\n  one\n   two\n\n  three\nb: >-\n  folded\n  text\n\n  here\n",
        "a: &x {k: v}\nb: *x\nc: [*x, *x]\n",
        "# comment\n\u{a0}a: b # c\n",
        "ключ: значение\r\nb: ü\r\n",
        "a: plain text\n  over lines\nb: \"quoted\n  over lines\"\n",
        "\"quoted key\": x\n'other': yy\n",
        "a:\nb: x\n",
    ] {
        check(text);
    }
}

#[test]
fn both_refuse_what_is_not_yaml() {
    for text in
        ["a: [x", "a: 'x", "a: b: c", "a: {x: y", "a: *nowhere", "a: \"\\q\"", "a: x\n b: y", "- a\nb: c"]
    {
        assert!(!parse(Syntax::Yaml, text).problems.is_empty(), "{text}");
        assert!(serde_saphyr::from_str::<Json>(text).is_err(), "{text}");
    }
}

/// Values whose keys are distinct and whose texts no type of YAML claims.
fn value() -> impl Strategy<Value = Json> {
    let text = "z[ -~éЖ\n]{0,12}".prop_map(Json::String);
    text.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
            prop::collection::btree_map("k[a-z]{0,4}", inner, 0..5)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

/// The value as block YAML with quoted texts.
fn write(value: &Json, indent: usize, out: &mut String) {
    let start = format!("\n{}", " ".repeat(indent));
    match value {
        Json::Array(items) if !items.is_empty() => {
            for item in items {
                out.push_str(&start);
                out.push('-');
                write(item, indent + 2, out);
            }
        }
        Json::Object(fields) if !fields.is_empty() => {
            for (key, field) in fields {
                out.extend([start.as_str(), key.as_str(), ":"]);
                write(field, indent + 2, out);
            }
        }
        // JSON is YAML on one line.
        other => out.extend([" ".to_owned(), other.to_string()]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_documents_are_read_alike(fields in prop::collection::btree_map("k[a-z]{0,4}", value(), 1..5)) {
        let value = Json::Object(fields.into_iter().collect());
        let mut text = String::new();
        write(&value, 0, &mut text);
        text.push('\n');
        check(&text);
        let ours = parse(Syntax::Yaml, &text);
        prop_assert_eq!(plain(&ours.documents[0].root), value);
    }
}
