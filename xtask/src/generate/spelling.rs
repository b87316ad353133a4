//! Declarations in either spelling of the policy language.
//!
//! A small printer for policies that programs make up; not a formatter, and it knows no field. The invariant: the same
//! declarations printed as YAML and as KDL mean the same policy. Texts are names, model names and paths: nothing here
//! needs an escape.

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// YAML 1.2.
    Yaml,
    /// KDL 2.
    Kdl,
}

/// Something declared: `chain "assistant" { … }`.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// The field of the file in YAML, and the node in KDL.
    pub(crate) kind: (&'static str, &'static str),
    /// Its name.
    pub(crate) name: String,
    /// Its fields.
    pub(crate) fields: Fields,
}

/// Fields in the order in which they are printed.
pub(crate) type Fields = Vec<(String, Value)>;

/// What a field holds.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// A text.
    Text(String),
    /// A number.
    Number(u32),
    /// Texts.
    List(Vec<String>),
    /// Fields of its own.
    Map(Fields),
    /// Named objects in order, such as rules; the text is the node's name in KDL.
    Items(&'static str, Vec<(String, Fields)>),
}

/// A text as a value.
pub(crate) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// Texts as a value.
pub(crate) fn list<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Value {
    Value::List(texts.into_iter().map(Into::into).collect())
}

/// Fields as a value.
pub(crate) fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Map(self::fields(fields))
}

/// Fields.
pub(crate) fn fields<const N: usize>(fields: [(&str, Value); N]) -> Fields {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// One file with these declarations, in this order.
pub(crate) fn file(spelling: Spelling, items: &[Item]) -> String {
    let mut out = String::new();
    match spelling {
        Spelling::Yaml => yaml_file(&mut out, items),
        Spelling::Kdl => kdl_file(&mut out, items),
    }
    out
}

/// Kinds in the order in which each first stands; YAML says each once a document.
fn yaml_file(out: &mut String, items: &[Item]) {
    let mut kinds: Vec<&str> = Vec::new();
    for item in items {
        if !kinds.contains(&item.kind.0) {
            kinds.push(item.kind.0);
        }
    }
    for kind in kinds {
        line(out, 0, &format!("{kind}:"));
        for item in items.iter().filter(|item| item.kind.0 == kind) {
            yaml_field(out, 1, &item.name, &Value::Map(item.fields.clone()));
        }
    }
}

fn yaml_field(out: &mut String, depth: usize, name: &str, value: &Value) {
    let name = quoted(name);
    match value {
        Value::Text(text) => line(out, depth, &format!("{name}: {}", quoted(text))),
        Value::Number(number) => line(out, depth, &format!("{name}: {number}")),
        Value::List(texts) => {
            let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
            line(out, depth, &format!("{name}: [{}]", texts.join(", ")));
        }
        Value::Map(fields) if fields.is_empty() => line(out, depth, &format!("{name}: {{}}")),
        Value::Map(fields) => {
            line(out, depth, &format!("{name}:"));
            for (name, value) in fields {
                yaml_field(out, depth.saturating_add(1), name, value);
            }
        }
        Value::Items(_, items) => {
            line(out, depth, &format!("{name}:"));
            for (item, fields) in items {
                line(out, depth.saturating_add(1), &format!("-   name: {}", quoted(item)));
                for (name, value) in fields {
                    yaml_field(out, depth.saturating_add(2), name, value);
                }
            }
        }
    }
}

fn kdl_file(out: &mut String, items: &[Item]) {
    for Item { kind, name, fields } in items {
        kdl_node(out, 0, &format!("{} {}", kind.1, quoted(name)), fields);
    }
}

/// A node with fields: those that hold one value as properties, the others as children.
fn kdl_node(out: &mut String, depth: usize, head: &str, fields: &Fields) {
    line(out, depth, &format!("{head} {{"));
    for (name, value) in fields {
        kdl_field(out, depth.saturating_add(1), name, value);
    }
    line(out, depth, "}");
}

fn kdl_field(out: &mut String, depth: usize, name: &str, value: &Value) {
    match value {
        Value::Text(text) => line(out, depth, &format!("{} {}", quoted(name), quoted(text))),
        Value::Number(number) => line(out, depth, &format!("{} {number}", quoted(name))),
        Value::List(texts) => {
            let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
            line(out, depth, &format!("{} {}", quoted(name), texts.join(" ")));
        }
        Value::Map(fields) => kdl_node(out, depth, &quoted(name), fields),
        Value::Items(node, items) => {
            for (item, fields) in items {
                kdl_node(out, depth, &format!("{node} {}", quoted(item)), fields);
            }
        }
    }
}

/// Both syntaxes read this as the same text.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn line(out: &mut String, depth: usize, text: &str) {
    let indent = depth.saturating_mul(4);
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(text);
    out.push('\n');
}
