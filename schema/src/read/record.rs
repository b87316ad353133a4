//! Objects with fields: one definition of each field gives its reader, its JSON Schema and its documentation.
//!
//! [`record!`] declares the struct; this file holds what its expansion calls. How a field is written:
//!
//! | in the macro | Rust | YAML | KDL |
//! |---|---|---|---|
//! | `required x: T` | `Spanned<T>` | `x: …` | `x …` or `x=…` |
//! | `implied x: T` | `Spanned<T>` | the same; or what another field stands for | the same |
//! | `optional x: T` | `Option<Spanned<T>>` | the same | the same |
//! | `list x: T` | `Vec<Spanned<T>>` | `x: [a, b]` | `x "a" "b"` |
//! | `items xs: T` | `Vec<Spanned<T>>` | `xs: [{ name: a }]` | `x "a" { }`, repeated |
//! | `named xs: T` | `Vec<Named<T>>` | `xs: { a: { } }` | `x "a" { }`, repeated |

mod described;

pub use self::described::describe;
use super::{ProblemKind, Read, Reader, plainly};
use crate::tree::{Entry, Node, Scalar, ScalarKind, Span, Spanned, Syntax, Value};

/// What is known of a field without reading anything.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name in YAML.
    pub yaml: &'static str,
    /// Its name in KDL: singular where the node is repeated.
    pub kdl: &'static str,
    /// How it is written.
    pub form: Form,
    /// Its documentation, one line a string, each with its leading space.
    pub doc: &'static [&'static str],
}

/// How a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One value that must be there.
    Required,
    /// One value that must be there, unless another field stands for it.
    Implied {
        /// The name of that field, in both syntaxes.
        by: &'static str,
    },
    /// One value that may be there.
    Optional,
    /// A list of values.
    List,
    /// A list of objects; in KDL a repeated node.
    Items,
    /// Objects by name; in KDL a repeated node with the name as its argument.
    Named,
}

impl Field {
    /// Its name in a syntax.
    pub fn name(&self, syntax: Syntax) -> &'static str {
        match syntax {
            Syntax::Yaml => self.yaml,
            Syntax::Kdl => self.kdl,
        }
    }

    fn repeats(&self, syntax: Syntax) -> bool {
        syntax == Syntax::Kdl && matches!(self.form, Form::Items | Form::Named)
    }

    /// The documentation as one text.
    pub fn text(&self) -> String {
        text_of(self.doc)
    }
}

/// Joins the lines of a doc comment.
pub fn text_of(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// The name of an object with its article: `a rule`, `an attribute`.
pub fn with_article(object: &str) -> String {
    let is_vowel = object.starts_with(['a', 'e', 'i', 'o', 'u'])
        || object.starts_with("MCP")
        || object.starts_with("mcp");
    let article = if is_vowel { "an" } else { "a" };
    format!("{article} {object}")
}

/// An object of the policy language.
pub trait Record: Read {
    /// What it is called: `rule`.
    const OBJECT: &'static str;
    /// Its documentation, one line a string.
    const DOC: &'static [&'static str];
    /// Its fields in the order of their declaration.
    const FIELDS: &'static [Field];
    /// Reads it from its parts.
    fn read_parts(parts: &Parts<'_>, reader: &mut Reader<'_>) -> Option<Self>;
}

/// A value that another field of its object may stand for.
pub trait Implied: Read {
    /// The name of that field, in both syntaxes.
    const BY: &'static str;
    /// What that field's text stands for; nothing where it is none of its words.
    fn implied(text: &str) -> Option<Self>;
}

/// An object that has a name, given by its place in a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<T> {
    /// The name as written; not yet checked to be one.
    pub name: Spanned<String>,
    /// The name and the body.
    pub span: Span,
    /// The body, or `None` when it could not be read; then the name is known all the same.
    pub body: Option<T>,
}

/// An object taken apart.
pub struct Parts<'n> {
    /// KDL's first argument, as a node, where it is the object's own `name`.
    label: Option<Node>,
    entries: &'n [Entry],
    /// Where a missing field is reported: the object's name, or its first byte.
    anchor: Span,
}

impl<'n> Parts<'n> {
    /// Takes apart a node that holds a record; `anchor` is where something missing is reported.
    pub fn of(node: &'n Node, reader: &mut Reader<'_>, object: &'static str, anchor: Span) -> Option<Self> {
        let (label, entries): (_, &[Entry]) = match (&node.value, reader.syntax()) {
            (Value::Map(entries), _) => (node.label.clone(), entries),
            (Value::Scalar(scalar), Syntax::Kdl) if scalar.kind == ScalarKind::Null => (None, &[]),
            (Value::Scalar(scalar), Syntax::Kdl) if scalar.kind == ScalarKind::Text => {
                (Some(Spanned::new(scalar.text.clone(), node.span)), &[])
            }
            _ => {
                reader.wrong_type(node, format!("the fields of {}", with_article(object)));
                return None;
            }
        };
        let anchor = label.as_ref().map_or(anchor, |label| label.span);
        Some(Self { label: label.map(text_node), entries, anchor })
    }

    /// Reports labels, fields and repetitions that the object does not have.
    pub fn check<R: Record>(&self, reader: &mut Reader<'_>) {
        let syntax = reader.syntax();
        if let Some(label) = &self.label
            && !R::FIELDS.iter().any(|field| field.kdl == "name")
        {
            reader.report(
                label.span,
                ProblemKind::WrongType {
                    expected: format!("the fields of {}", with_article(R::OBJECT)),
                    found: "text",
                },
            );
        }
        // By the place of the field: a file may have as many nodes of one kind as it has lines.
        let mut firsts: Vec<Option<Span>> = vec![None; R::FIELDS.len()];
        for entry in self.entries {
            let key = entry.key.value.as_str();
            let known = R::FIELDS.iter().zip(&mut firsts).find(|(field, _)| field.name(syntax) == key);
            let Some((field, first)) = known else {
                let known = R::FIELDS.iter().map(|field| field.name(syntax)).collect();
                let kind = ProblemKind::UnknownField { field: key.to_owned(), object: R::OBJECT, known };
                let report = |reader: &mut Reader<'_>| -> Option<()> {
                    reader.report(entry.key.span, kind);
                    None
                };
                // Where people look for the field that takes a key, they may have given it a name of their own.
                let is_near_secrets = matches!(R::OBJECT, "provider" | "credential" | "key");
                if is_near_secrets && !plainly::is_plain(key, &entry.value) {
                    reader.hiding(entry.value.span, report);
                } else {
                    report(reader);
                }
                continue;
            };
            match *first {
                Some(first) if !field.repeats(syntax) => {
                    let kind = ProblemKind::DuplicateField { field: key.to_owned(), first };
                    reader.report(entry.key.span, kind);
                }
                Some(_) => {}
                None => *first = Some(entry.key.span),
            }
        }
    }

    fn value(&self, name: &str) -> Option<&Node> {
        let written = self.entries.iter().find(|entry| entry.key.value == name).map(|entry| &entry.value);
        written.or_else(|| self.label.as_ref().filter(|_| name == "name"))
    }

    /// A value that must be there.
    pub fn required<T: Read>(
        &self,
        field: &Field,
        object: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<Spanned<T>> {
        let name = field.name(reader.syntax());
        let Some(node) = self.value(name) else {
            reader.report(self.anchor, ProblemKind::MissingField { field: name, object });
            return None;
        };
        Some(Spanned::new(T::read(node, reader)?, node.span))
    }

    /// A value that must be there, unless another field stands for it; then it stands where that field does. What is wrong with
    /// that field, its own reader says.
    pub fn implied<T: Implied>(
        &self,
        field: &Field,
        object: &'static str,
        reader: &mut Reader<'_>,
    ) -> Option<Spanned<T>> {
        match (self.value(field.name(reader.syntax())), self.value(T::BY)) {
            (None, Some(node)) => {
                let Value::Scalar(scalar) = &node.value else { return None };
                Some(Spanned::new(T::implied(&scalar.text)?, node.span))
            }
            _ => self.required(field, object, reader),
        }
    }

    /// A value that may be there. One that is there and wrong is reported and counts as absent, so that the rest of the
    /// object is still looked at.
    pub fn optional<T: Read>(&self, field: &Field, reader: &mut Reader<'_>) -> Option<Option<Spanned<T>>> {
        let Some(node) = self.value(field.name(reader.syntax())) else { return Some(None) };
        Some(T::read(node, reader).map(|value| Spanned::new(value, node.span)))
    }

    /// A list of values; absent is empty, and so is what is no list, once that is reported.
    pub fn list<T: Read>(&self, field: &Field, reader: &mut Reader<'_>) -> Option<Vec<Spanned<T>>> {
        let Some(node) = self.value(field.name(reader.syntax())) else { return Some(Vec::new()) };
        Some(Vec::read(node, reader).unwrap_or_default())
    }

    /// A list of objects; absent is empty.
    pub fn items<T: Record>(&self, field: &Field, reader: &mut Reader<'_>) -> Option<Vec<Spanned<T>>> {
        let name = field.name(reader.syntax());
        if reader.syntax() == Syntax::Yaml {
            return self.list(field, reader);
        }
        let repeated = self.entries.iter().filter(|entry| entry.key.value == name);
        let read = |entry: &'n Entry| {
            let parts = Parts::of(&entry.value, reader, T::OBJECT, entry.key.span)?;
            Some(Spanned::new(T::read_parts(&parts, reader)?, entry.span()))
        };
        Some(repeated.filter_map(read).collect())
    }

    /// Objects by name; absent is empty.
    pub fn named<T: Record>(&self, field: &Field, reader: &mut Reader<'_>) -> Option<Vec<Named<T>>> {
        let name = field.name(reader.syntax());
        let written = self.entries.iter().filter(|entry| entry.key.value == name);
        if reader.syntax() == Syntax::Kdl {
            return Some(written.filter_map(|entry| kdl_named(entry, reader)).collect());
        }
        let mut all = Vec::new();
        for entry in written {
            let Some(entries) = reader.entries(&entry.value, "names with their objects") else { continue };
            all.extend(entries.iter().map(|entry| {
                let parts = Parts::of(&entry.value, reader, T::OBJECT, entry.key.span);
                let body = parts.and_then(|parts| T::read_parts(&parts, reader));
                Named { name: entry.key.clone(), span: entry.span(), body }
            }));
        }
        Some(all)
    }
}

fn kdl_named<T: Record>(entry: &Entry, reader: &mut Reader<'_>) -> Option<Named<T>> {
    let mut parts = Parts::of(&entry.value, reader, T::OBJECT, entry.key.span)?;
    let Some(label) = parts.label.take() else {
        reader.report(entry.key.span, ProblemKind::MissingField { field: "name", object: T::OBJECT });
        return None;
    };
    let Value::Scalar(Scalar { text, .. }) = label.value else { return None };
    let body = T::read_parts(&parts, reader);
    Some(Named { name: Spanned::new(text, label.span), span: entry.span(), body })
}

fn text_node(text: Spanned<String>) -> Node {
    let value = Value::Scalar(Scalar { text: text.value, kind: ScalarKind::Text });
    Node { span: text.span, value, label: None }
}

/// Declares an object of the policy language: see the module for the forms of a field.
macro_rules! record {
    (
        $(#[doc = $doc:literal])+
        object $object:literal
        pub struct $Name:ident {
            $($(#[doc = $field_doc:literal])+ $form:ident $field:ident: $ty:ty = $yaml:literal $(| $kdl:literal)?,)*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $Name {
            $($(#[doc = $field_doc])+ pub $field: $crate::read::record::record!(@type $form $ty),)*
        }

        impl $crate::read::record::Record for $Name {
            const OBJECT: &'static str = $object;
            const DOC: &'static [&'static str] = &[$($doc),+];
            const FIELDS: &'static [$crate::read::record::Field] = &[$(
                $crate::read::record::Field {
                    yaml: $yaml,
                    kdl: $crate::read::record::record!(@kdl $yaml $(| $kdl)?),
                    form: $crate::read::record::record!(@form $form $ty),
                    doc: &[$($field_doc),+],
                },
            )*];

            fn read_parts(
                parts: &$crate::read::record::Parts<'_>,
                reader: &mut $crate::read::Reader<'_>,
            ) -> Option<Self> {
                parts.check::<Self>(reader);
                let mut fields = Self::FIELDS.iter();
                $(let $field = fields.next().and_then(|field|
                    $crate::read::record::record!(@read $form parts field $object reader $ty));)*
                Some(Self { $($field: $field?,)* })
            }
        }

        impl $crate::read::Read for $Name {
            fn read(node: &$crate::tree::Node, reader: &mut $crate::read::Reader<'_>) -> Option<Self> {
                let parts = $crate::read::record::Parts::of(node, reader, $object, node.span.begin())?;
                <Self as $crate::read::record::Record>::read_parts(&parts, reader)
            }

            fn describe(definitions: &mut $crate::json_schema::Definitions) -> serde_json::Value {
                $crate::read::record::describe::<Self>(definitions, |definitions| {
                    vec![$(<$ty as $crate::read::Read>::describe(definitions)),*]
                })
            }
        }
    };
    (@type required $ty:ty) => { $crate::tree::Spanned<$ty> };
    (@type implied $ty:ty) => { $crate::tree::Spanned<$ty> };
    (@type optional $ty:ty) => { Option<$crate::tree::Spanned<$ty>> };
    (@type list $ty:ty) => { Vec<$crate::tree::Spanned<$ty>> };
    (@type items $ty:ty) => { Vec<$crate::tree::Spanned<$ty>> };
    (@type named $ty:ty) => { Vec<$crate::read::record::Named<$ty>> };
    (@form required $ty:ty) => { $crate::read::record::Form::Required };
    (@form implied $ty:ty) => {
        $crate::read::record::Form::Implied { by: <$ty as $crate::read::record::Implied>::BY }
    };
    (@form optional $ty:ty) => { $crate::read::record::Form::Optional };
    (@form list $ty:ty) => { $crate::read::record::Form::List };
    (@form items $ty:ty) => { $crate::read::record::Form::Items };
    (@form named $ty:ty) => { $crate::read::record::Form::Named };
    (@kdl $yaml:literal) => { $yaml };
    (@kdl $yaml:literal | $kdl:literal) => { $kdl };
    (@read required $parts:ident $field:ident $object:literal $reader:ident $ty:ty) => {
        $parts.required::<$ty>($field, $object, $reader)
    };
    (@read implied $parts:ident $field:ident $object:literal $reader:ident $ty:ty) => {
        $parts.implied::<$ty>($field, $object, $reader)
    };
    (@read $form:ident $parts:ident $field:ident $object:literal $reader:ident $ty:ty) => {
        $parts.$form::<$ty>($field, $reader)
    };
}
pub(crate) use record;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::PolicyFile;

    /// The problems of a KDL file of such nodes, each with a name of its own.
    fn check(nodes: &[(&str, usize)], expected: usize) {
        let mut entries = Vec::new();
        for (word, count) in nodes {
            for at in 0..*count {
                let span = Span::new(entries.len(), entries.len() + 1);
                let label = Some(Spanned::new(format!("n{at}"), span));
                let value = Node { span, value: Value::Map(Vec::new()), label };
                entries.push(Entry { key: Spanned::new((*word).to_owned(), span), value });
            }
        }
        let file = Node { span: Span::new(0, entries.len()), value: Value::Map(entries), label: None };
        let mut problems = Vec::new();
        PolicyFile::read(&file, &mut Reader::new(Syntax::Kdl, &mut problems));
        assert_eq!(problems.len(), expected, "{problems:?}");
    }

    /// To look for each node among those before it would take minutes.
    #[test]
    fn a_file_may_have_many_nodes_of_a_kind() {
        check(&[("consumer", 100_000), ("model", 100_000)], 0);
        check(&[("consumer", 3), ("other", 2)], 2);
    }
}
