//! The fields of the language as paths, and which of them differ between two texts of a file.
//!
//! A path names fields alone, from the kind of file down: `chains.rules.match.input-tokens.min`. An object that holds
//! itself, such as a `match` in a `match`, has the path of its first occurrence. Names of declared things and numbers of
//! list items are no part of a path.

use std::collections::{BTreeMap, BTreeSet};

use pointsman_compiler::file::is_workspace_path;
use pointsman_compiler::parse::parse;
use pointsman_schema::json_schema::files;
use pointsman_schema::tree::{Node, Syntax, Value};
use serde_json::{Map, Value as Json};

/// The definitions of one kind of file.
pub(crate) struct Definition {
    objects: Map<String, Json>,
    root: &'static str,
    prefix: &'static str,
}

/// Objects on the way from the root, each with its path.
type Way = BTreeMap<String, String>;

/// How the schema of a field says that objects are in it.
enum Inner {
    One(String),
    Items(String),
    Named(String),
    Values,
}

impl Definition {
    /// Those of the workspace file and of policy files.
    pub(crate) fn all() -> [Self; 2] {
        [Self::of("workspace.schema.json"), Self::of("policy.schema.json")]
    }

    fn of(file: &str) -> Self {
        let (_, schema) = files().into_iter().find(|(name, _)| *name == file).unwrap();
        let objects = schema["$defs"].as_object().unwrap().clone();
        let is_workspace = file.starts_with("workspace");
        let (root, prefix) = if is_workspace { ("workspace", "workspace.") } else { ("policy file", "") };
        Self { objects, root, prefix }
    }

    /// Every field.
    pub(crate) fn fields(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.walk(self.root, &Way::new(), self.prefix, &mut found);
        found
    }

    fn walk(&self, object: &str, way: &Way, prefix: &str, found: &mut BTreeSet<String>) {
        let mut way = way.clone();
        if way.insert(object.to_owned(), prefix.to_owned()).is_some() {
            return;
        }
        for (field, schema) in self.properties(object) {
            let path = format!("{prefix}{field}");
            if let Inner::One(inner) | Inner::Items(inner) | Inner::Named(inner) = inner(schema) {
                self.walk(&inner, &way, &format!("{path}."), found);
            }
            found.insert(path);
        }
    }

    fn properties(&self, object: &str) -> &Map<String, Json> {
        self.objects[object]["properties"].as_object().unwrap()
    }

    /// Adds the deepest fields in which two objects differ.
    fn compare(
        &self,
        object: &str,
        (old, new): (&Json, &Json),
        (way, prefix): (&Way, &str),
        found: &mut BTreeSet<String>,
    ) {
        let mut way = way.clone();
        let prefix = way.entry(object.to_owned()).or_insert_with(|| prefix.to_owned()).clone();
        for (field, schema) in self.properties(object) {
            let path = format!("{prefix}{field}");
            let pair = (&old[field], &new[field]);
            if pair.0 == pair.1 {
                continue;
            }
            let pairs = pairs(inner(schema), pair);
            if pairs.is_empty() {
                found.insert(path);
                continue;
            }
            for (inner, pair) in pairs {
                self.compare(&inner, pair, (&way, &format!("{path}.")), found);
            }
        }
    }
}

fn inner(schema: &Json) -> Inner {
    let object = |schema: &Json| {
        schema["$ref"].as_str().map(|target| target.trim_start_matches("#/$defs/").replace("%20", " "))
    };
    let (one, items, named) =
        (object(schema), object(&schema["items"]), object(&schema["additionalProperties"]));
    match (one, items, named) {
        (Some(one), ..) => Inner::One(one),
        (_, Some(items), _) => Inner::Items(items),
        (.., Some(named)) => Inner::Named(named),
        _ => Inner::Values,
    }
}

/// The objects of a field, old and new side by side; none when the field itself is what differs.
fn pairs<'j>(inner: Inner, (old, new): (&'j Json, &'j Json)) -> Vec<(String, (&'j Json, &'j Json))> {
    let each = |object: String, pairs: Vec<(&'j Json, &'j Json)>| {
        pairs.into_iter().map(|pair| (object.clone(), pair)).collect()
    };
    match (inner, old, new) {
        (Inner::One(object), Json::Object(_), Json::Object(_)) => vec![(object, (old, new))],
        (Inner::Items(object), Json::Array(old), Json::Array(new)) if old.len() == new.len() => {
            each(object, old.iter().zip(new).collect())
        }
        (Inner::Named(object), Json::Object(old), Json::Object(new)) if old.keys().eq(new.keys()) => {
            each(object, old.values().zip(new.values()).collect())
        }
        _ => Vec::new(),
    }
}

/// The fields that differ between two texts of a file.
pub(crate) fn changed(path: &str, old: &str, new: &str) -> BTreeSet<String> {
    let [workspace, policy] = Definition::all();
    let definition = if is_workspace_path(path) { workspace } else { policy };
    let documents = |text| parse(Syntax::Yaml, text).documents;
    let (old, new) = (documents(old), documents(new));
    let mut found = BTreeSet::new();
    assert_eq!(old.len(), new.len(), "{path}: documents");
    for (old, new) in old.iter().zip(&new) {
        let pair = (&json(&old.root), &json(&new.root));
        definition.compare(definition.root, pair, (&Way::new(), definition.prefix), &mut found);
    }
    found
}

/// A tree without its places, each scalar as its text.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Scalar(scalar) => Json::from(scalar.text.as_str()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|entry| (entry.key.value.clone(), json(&entry.value))).collect())
        }
    }
}
