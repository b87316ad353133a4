//! Our KDL reader against the `kdl` crate, over the language suite that the crate's package carries.
//!
//! Deliberately reads that suite where cargo unpacked it and keeps no copy. The invariant: what the suite calls valid we
//! accept and read into the same tree; what it calls invalid we refuse. Where the package is not unpacked in cargo's
//! registry (because it is vendored elsewhere), the test says so and fails; set `KDL_SUITE` to its `tests/test_cases/input`.
//!
//! Read next: `compiler/src/kdl.rs`.

#![expect(clippy::panic, clippy::expect_used, reason = "a test stops at what it does not expect")]

use std::path::{Path, PathBuf};

use pointsman_compiler::parse::{ProblemKind, parse};
use pointsman_schema::tree::{Entry, Node, Scalar, ScalarKind, Syntax, Value};

/// A tree without places, numbers as values.
#[derive(Debug, PartialEq)]
enum Plain {
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
    List(Vec<Plain>),
    Map(Option<String>, Vec<(String, Plain)>),
}

#[test]
fn the_language_suite_is_read_alike() {
    let mut valid = 0;
    let mut invalid = 0;
    let mut differences = Vec::new();
    for (name, text) in suite() {
        let difference = if name.ends_with("_fail.kdl") {
            invalid += 1;
            refused(&text)
        } else {
            valid += 1;
            same(&text)
        };
        differences.extend(difference.map(|difference| format!("{name}: {difference}\n{text}\n")));
    }
    assert!(valid > 200 && invalid > 50, "only {valid} valid and {invalid} invalid cases were found");
    assert!(differences.is_empty(), "{} differ\n{}", differences.len(), differences.join("\n"));
}

fn refused(text: &str) -> Option<String> {
    let found = parse(Syntax::Kdl, text);
    let is_refused = found.problems.iter().any(|problem| matches!(problem.kind, ProblemKind::KdlSyntax(_)));
    (!is_refused).then(|| "accepted".to_owned())
}

fn same(text: &str) -> Option<String> {
    let found = parse(Syntax::Kdl, text);
    let refused =
        found.problems.iter().find(|problem| !matches!(problem.kind, ProblemKind::UnsupportedKdl(_)));
    if let Some(problem) = refused {
        return Some(format!("refused: {problem:?}"));
    }
    let outside = found.problems.iter().any(|problem| {
        use pointsman_compiler::parse::UnsupportedKdl::TypeAnnotation;
        !matches!(problem.kind, ProblemKind::UnsupportedKdl(TypeAnnotation))
    });
    if outside {
        // Valid KDL that has no meaning in our tree, such as two arguments beside a property.
        return None;
    }
    let ours = match &found.documents.first()?.root.value {
        Value::Map(entries) => entries.iter().map(plain_entry).collect(),
        other => return Some(format!("no map: {other:?}")),
    };
    let oracle: kdl::KdlDocument = text.parse().ok()?;
    let theirs = document(&oracle);
    (theirs != Plain::Map(None, ours)).then(|| format!("differs from {theirs:?}"))
}

fn plain_entry(entry: &Entry) -> (String, Plain) {
    (entry.key.value.clone(), plain(&entry.value))
}

fn plain(node: &Node) -> Plain {
    match &node.value {
        Value::Scalar(scalar) => plain_scalar(scalar),
        Value::List(items) => Plain::List(items.iter().map(plain).collect()),
        Value::Map(entries) => {
            let label = node.label.as_ref().map(|label| label.value.clone());
            Plain::Map(label, entries.iter().map(plain_entry).collect())
        }
    }
}

fn plain_scalar(Scalar { text, kind }: &Scalar) -> Plain {
    match kind {
        ScalarKind::Text | ScalarKind::Plain => Plain::Text(text.clone()),
        ScalarKind::Number if text == "nan" => Plain::Text("nan".to_owned()),
        ScalarKind::Number => Plain::Number(text.parse().unwrap_or_else(|_| panic!("{text} is no number"))),
        ScalarKind::Bool => Plain::Bool(text == "true"),
        ScalarKind::Null => Plain::Null,
    }
}

fn document(document: &kdl::KdlDocument) -> Plain {
    Plain::Map(None, document.nodes().iter().map(node).collect())
}

fn node(node: &kdl::KdlNode) -> (String, Plain) {
    let mut arguments = Vec::new();
    let mut fields = Vec::new();
    for entry in node.entries() {
        match entry.name() {
            Some(name) => fields.push((name.value().to_owned(), value(entry.value()))),
            None => arguments.push(value(entry.value())),
        }
    }
    let has_fields = !fields.is_empty() || node.children().is_some();
    if let Some(Plain::Map(_, children)) = node.children().map(document) {
        fields.extend(children);
    }
    let content = match (has_fields, arguments.len()) {
        (true, _) => Plain::Map(arguments.into_iter().next().map(text), fields),
        (false, 0) => Plain::Null,
        (false, 1) => arguments.remove(0),
        (false, _) => Plain::List(arguments),
    };
    (node.name().value().to_owned(), content)
}

fn text(label: Plain) -> String {
    match label {
        Plain::Text(text) => text,
        other => format!("{other:?}"),
    }
}

fn value(value: &kdl::KdlValue) -> Plain {
    match value {
        kdl::KdlValue::String(text) => Plain::Text(text.clone()),
        kdl::KdlValue::Integer(number) => Plain::Number(number.to_string().parse().expect("an integer")),
        kdl::KdlValue::Float(number) if number.is_nan() => Plain::Text("nan".to_owned()),
        kdl::KdlValue::Float(number) => Plain::Number(*number),
        kdl::KdlValue::Bool(flag) => Plain::Bool(*flag),
        kdl::KdlValue::Null => Plain::Null,
    }
}

/// Every case of the suite that is UTF-8 text.
fn suite() -> Vec<(String, String)> {
    let folder = suite_folder();
    let read = |entry: std::fs::DirEntry| {
        let text = std::fs::read_to_string(entry.path()).ok()?;
        Some((entry.file_name().to_string_lossy().into_owned(), text))
    };
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .expect("the suite")
        .map(|e| e.expect("an entry"))
        .filter_map(read)
        .collect();
    cases.sort();
    cases
}

fn suite_folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("KDL_SUITE") {
        return folder.into();
    }
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let sources = home.map(|home| home.join("registry/src")).unwrap_or_default();
    let registries = std::fs::read_dir(&sources).into_iter().flatten().filter_map(Result::ok);
    let packages = registries.flat_map(|registry| std::fs::read_dir(registry.path()).into_iter().flatten());
    let found =
        packages.filter_map(Result::ok).map(|package| package.path()).filter(|path| is_kdl(path)).max();
    let found = found.unwrap_or_else(|| {
        panic!(
            "no unpacked kdl 6 package below {}: set KDL_SUITE to its tests/test_cases/input",
            sources.display()
        )
    });
    found.join("tests/test_cases/input")
}

fn is_kdl(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("kdl-6."))
}
