//! The committed JSON Schema files are those of the types, and they accept what our reader accepts.
//!
//! Deliberately only shapes: what a name refers to is not a schema's business. `cargo xtask schema` writes the files.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use pointsman_compiler::file::{FileAnalysis, is_workspace_path};
use pointsman_compiler::parse::parse;
use pointsman_compiler::tree_source::{Directory, Tree, syntax_of};
use pointsman_schema::json_schema::files;
use pointsman_schema::tree::{Node, Scalar, ScalarKind, Syntax, Value};
use serde_json::{Map, Value as Json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_committed_files_are_current() {
    for (name, schema) in files() {
        let path = root().join("schema/json").join(name);
        let committed = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let current = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        assert!(committed == current, "{name} is not current; run `cargo xtask schema`");
    }
}

fn validator(path: &str) -> Validator {
    let wanted = if is_workspace_path(path) { "workspace.schema.json" } else { "policy.schema.json" };
    let (_, schema) = files().into_iter().find(|(name, _)| *name == wanted).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// The tree as JSON: an unquoted scalar is what the core schema of YAML says, with grouped digits for numbers.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => {
            let fields = entries.iter().map(|entry| (entry.key.value.clone(), json(&entry.value)));
            Json::Object(fields.collect::<Map<_, _>>())
        }
        Value::Scalar(Scalar { text, kind: ScalarKind::Text }) => Json::from(text.as_str()),
        Value::Scalar(Scalar { text, kind: _ }) => match text.as_str() {
            "" | "~" | "null" => Json::Null,
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            number => number.replace('_', "").parse::<i64>().map_or_else(|_| Json::from(number), Json::from),
        },
    }
}

/// Holds the schema's judgement against the reader's; gives it back.
fn check(path: &str, text: &str) -> bool {
    let ours = FileAnalysis::of(path, text.as_bytes()).problems.shape;
    let validator = validator(path);
    let mut instances: Vec<Json> =
        parse(Syntax::Yaml, text).documents.iter().map(|document| json(&document.root)).collect();
    if instances.is_empty() {
        // A file of comments alone is read as an empty map.
        instances.push(Json::Object(Map::new()));
    }
    let errors = |instance: &Json| validator.iter_errors(instance).map(|e| e.to_string()).collect::<Vec<_>>();
    let theirs: Vec<String> = instances.iter().flat_map(errors).collect();
    assert_eq!(ours.is_empty(), theirs.is_empty(), "{path}: {ours:#?} and {theirs:#?}");
    theirs.is_empty()
}

#[test]
fn schema_and_reader_agree() {
    let judge = |expected: bool, text: &str| assert_eq!(check("a.yaml", text), expected, "{text}");
    judge(true, "{}");
    judge(
        true,
        "chains: { a: { rules: [{ name: r, match: { any: [{ model: [a, 'b*'] }, { tag: x }] }, fallback: [b] }] } }",
    );
    judge(
        true,
        "chains: { a: { rules: [{ name: r, split: { b: 70, chain/c: 30 }, sticky: attribute/tier }] } }",
    );
    judge(true, "keys: { k: { consumer: t/c, chain: d, expires: 2027-01-31 } }");
    judge(false, "chain: {}");
    judge(false, "chains: []");
    judge(false, "chains: { a: { rules: [{ fallback: [b] }] } }");
    judge(false, "chains: { a: { rules: [{ name: r, match: { colour: red } }] } }");
    judge(false, "chains: { a: { rules: [{ name: r, split: { b: many } }] } }");
    judge(false, "chains: { a: { rules: [{ name: r, split: { b: 1000001 } }] } }");
    judge(false, "providers: { p: { protocol: openai, base-url: ftp://x } }");
    judge(false, "providers: { p: { protocol: smtp, base-url: 'https://x' } }");
    judge(false, "credentials: { c: { provider: p, secret: sk-abc } }");
    judge(false, "consumers: { c: { tags: batch } }");
    assert!(!check("pointsman.yaml", "attributes: {}"));
    assert!(check("pointsman.yaml", "pointsman: 1"));
}

#[test]
fn schema_and_reader_agree_on_the_example() {
    let tree = Directory::new(root().join("policies-example"));
    for path in tree.list().unwrap().paths.iter().filter(|path| syntax_of(path) == Some(Syntax::Yaml)) {
        let text = String::from_utf8(tree.read(path).unwrap()).unwrap();
        assert!(check(path, &text), "{path}");
    }
}

#[test]
fn schema_and_reader_agree_on_findings_about_shape() {
    let mut refused = 0;
    for slug in ["unknown-field", "wrong-type", "missing-field", "unknown-word"] {
        let mut folders = vec![root().join("testdata/ui").join(slug)];
        while let Some(folder) = folders.pop() {
            if folder.join("pointsman.yaml").is_file() {
                refused += judged(&Directory::new(&folder));
                continue;
            }
            let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            folders.extend(entries.filter(|path| path.is_dir()));
        }
    }
    assert!(refused > 0, "no case was refused");
}

/// How many files of a case the schema refuses.
fn judged(tree: &Directory) -> usize {
    let paths = tree.list().unwrap().paths.into_iter().filter(|path| syntax_of(path) == Some(Syntax::Yaml));
    paths.filter(|path| !check(path, &String::from_utf8(tree.read(path).unwrap()).unwrap())).count()
}
