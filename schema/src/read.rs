//! Turning nodes of the tree into typed source values, reporting everything that is wrong on the way.
//!
//! A reader never stops at the first problem: what cannot be read becomes `None` and its problem is in the list, so
//! that one run reports every defect once. It knows the shape of values, not their meaning: whether a name exists is
//! the compiler's business. The invariant: whatever is missing from what was read has its problem in the list.
//!
//! Read next: [`record`] for the macro that declares an object, [`crate::source`] for the objects.

pub mod amount;
pub mod key_digest;
pub mod pattern;
mod plain;
pub(crate) mod plainly;
pub mod record;
pub mod scalar;

use crate::json_schema::Definitions;
use crate::tree::{Entry, Node, Scalar, ScalarKind, Span, Spanned, Syntax, Value};

/// A type of the policy language.
pub trait Read: Sized {
    /// Reads a value, or reports why not.
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;
    /// Its JSON Schema (draft 2020-12); named objects go into `definitions` and are referred to.
    fn describe(definitions: &mut Definitions) -> serde_json::Value;
}

/// One thing wrong with the shape of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The smallest text to change.
    pub span: Span,
    /// What is wrong.
    pub kind: ProblemKind,
    /// Text that may be a secret, so that nothing may print it.
    pub hidden: Option<Span>,
}

/// What can be wrong with the shape of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// The object has no field of this name. `known` are the names that it has, in this file's syntax.
    UnknownField {
        /// As written.
        field: String,
        /// What the object is called, such as `rule`.
        object: &'static str,
        /// Fields that exist.
        known: Vec<&'static str>,
    },
    /// A field that the object must have is not there.
    MissingField {
        /// Its name in this file's syntax.
        field: &'static str,
        /// What the object is called.
        object: &'static str,
    },
    /// The same field twice; `first` is the earlier one.
    DuplicateField {
        /// As written.
        field: String,
        /// Where it stood first.
        first: Span,
    },
    /// A predicate twice where all must hold, which reads as if either would do; `first` is the earlier one.
    RepeatedPredicate {
        /// As written.
        predicate: String,
        /// Where it stood first.
        first: Span,
    },
    /// A value of another type.
    WrongType {
        /// What is expected, with its article: `a list of names`.
        expected: String,
        /// What was found, with its article.
        found: &'static str,
    },
    /// A word outside a closed set.
    UnknownWord {
        /// As written.
        word: String,
        /// The set.
        known: &'static [&'static str],
    },
    /// A number or count outside its bounds.
    OutOfRange {
        /// What it counts or measures: `weight`, `attempts`.
        what: &'static str,
        /// As written, or the count.
        value: String,
        /// The bounds, as text with their unit.
        bounds: String,
    },
    /// A pattern that is not a glob with at most one `*`.
    NotAGlob {
        /// As written.
        text: String,
    },
    /// A `when` that is no condition.
    BadCondition {
        /// What was found, with its article.
        found: String,
        /// What to do.
        help: String,
    },
    /// Text that does not have the form of its type.
    Malformed {
        /// What it should be, with its article: `a duration`.
        expected: &'static str,
        /// As written.
        text: String,
        /// What is wrong or how to write it.
        why: String,
    },
}

/// The state of reading one file: its syntax and the problems so far.
pub struct Reader<'a> {
    syntax: Syntax,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// A reader that reports into `problems`.
    pub fn new(syntax: Syntax, problems: &'a mut Vec<Problem>) -> Self {
        Self { syntax, problems }
    }

    /// The file's syntax.
    pub fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// Reports a problem.
    pub fn report(&mut self, span: Span, kind: ProblemKind) {
        self.problems.push(Problem { span, kind, hidden: None });
    }

    /// Reads a value whose text may be a secret in the wrong place: whatever is wrong with it hides it.
    pub fn hiding<T>(&mut self, span: Span, read: impl FnOnce(&mut Reader<'_>) -> Option<T>) -> Option<T> {
        let before = self.problems.len();
        let value = read(&mut Reader::new(self.syntax, self.problems));
        for problem in self.problems.iter_mut().skip(before) {
            problem.hidden = Some(span);
        }
        value
    }

    /// Reports a value of the wrong type.
    pub fn wrong_type(&mut self, node: &Node, expected: impl Into<String>) {
        let found = found(node, self.syntax);
        self.report(node.span, ProblemKind::WrongType { expected: expected.into(), found });
    }

    /// A scalar that is not null.
    pub fn scalar<'n>(&mut self, node: &'n Node, expected: &str) -> Option<&'n Scalar> {
        match &node.value {
            Value::Scalar(scalar) if !is_null(scalar) => Some(scalar),
            _ => {
                self.wrong_type(node, expected);
                None
            }
        }
    }

    /// Text: anything quoted, and in YAML any unquoted scalar but null.
    pub fn text<'n>(&mut self, node: &'n Node, expected: &str) -> Option<&'n str> {
        let scalar = self.scalar(node, expected)?;
        if matches!(scalar.kind, ScalarKind::Text | ScalarKind::Plain) {
            return Some(&scalar.text);
        }
        self.wrong_type(node, expected);
        None
    }

    /// A word of a closed set.
    pub fn word<T>(
        &mut self,
        node: &Node,
        known: &'static [&'static str],
        convert: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(node, &format!("one of {}", known.join(", ")))?;
        let value = convert(text);
        if value.is_none() {
            self.report(node.span, ProblemKind::UnknownWord { word: text.to_owned(), known });
        }
        value
    }

    /// The entries of a map; an empty KDL node is an empty map.
    pub fn entries<'n>(&mut self, node: &'n Node, expected: &str) -> Option<&'n [Entry]> {
        match &node.value {
            Value::Map(entries) => Some(entries),
            Value::Scalar(scalar) if self.syntax == Syntax::Kdl && scalar.kind == ScalarKind::Null => {
                Some(&[])
            }
            _ => {
                self.wrong_type(node, expected);
                None
            }
        }
    }

    /// The items of a list. In KDL, where a node's arguments are a list, one argument is a list of one.
    pub fn items<'n>(&mut self, node: &'n Node, expected: &str) -> Option<&'n [Node]> {
        match (&node.value, self.syntax) {
            (Value::List(items), _) => Some(items),
            (Value::Scalar(scalar), Syntax::Kdl) if scalar.kind == ScalarKind::Null => Some(&[]),
            (Value::Scalar(_), Syntax::Kdl) => Some(std::slice::from_ref(node)),
            _ => {
                self.wrong_type(node, format!("a list of {expected}"));
                None
            }
        }
    }

    /// Reports every entry whose key stood before; in order of the entries.
    pub fn duplicates(&mut self, entries: &[Entry]) {
        let mut seen = std::collections::BTreeMap::new();
        for entry in entries {
            if let Some(first) = seen.get(entry.key.value.as_str()) {
                let kind = ProblemKind::DuplicateField { field: entry.key.value.clone(), first: *first };
                self.report(entry.key.span, kind);
            } else {
                seen.insert(entry.key.value.as_str(), entry.key.span);
            }
        }
    }
}

/// Whether a scalar means that there is no value.
pub fn is_null(scalar: &Scalar) -> bool {
    match scalar.kind {
        ScalarKind::Null => true,
        ScalarKind::Plain => matches!(scalar.text.as_str(), "" | "~" | "null" | "Null" | "NULL"),
        ScalarKind::Text | ScalarKind::Number | ScalarKind::Bool => false,
    }
}

fn found(node: &Node, syntax: Syntax) -> &'static str {
    match &node.value {
        Value::List(_) => "a list",
        Value::Map(_) if syntax == Syntax::Kdl => "a node with children or properties",
        Value::Map(_) => "a mapping",
        Value::Scalar(scalar) if is_null(scalar) => "nothing",
        Value::Scalar(scalar) => match scalar.kind {
            ScalarKind::Bool => "a boolean",
            ScalarKind::Number => "a number",
            ScalarKind::Plain if scalar.text.parse::<f64>().is_ok() => "a number",
            ScalarKind::Plain if matches!(scalar.text.as_str(), "true" | "false") => "a boolean",
            ScalarKind::Text | ScalarKind::Plain | ScalarKind::Null => "text",
        },
    }
}

/// A list of values; an item that cannot be read is left out, its problem reported.
impl<T: Read> Read for Vec<Spanned<T>> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let items = reader.items(node, "values")?;
        Some(items.iter().filter_map(|item| Some(Spanned::new(T::read(item, reader)?, item.span))).collect())
    }

    fn describe(definitions: &mut Definitions) -> serde_json::Value {
        serde_json::json!({ "type": "array", "items": T::describe(definitions) })
    }
}

/// One value or a list of values; a list means any of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMore<T>(pub Vec<Spanned<T>>);

impl<T: Read> Read for OneOrMore<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        if let Value::List(items) = &node.value {
            if items.is_empty() {
                let (expected, found) = ("at least one value".to_owned(), "an empty list");
                reader.report(node.span, ProblemKind::WrongType { expected, found });
                return None;
            }
            return Vec::read(node, reader).map(Self);
        }
        Some(Self(vec![Spanned::new(T::read(node, reader)?, node.span)]))
    }

    fn describe(definitions: &mut Definitions) -> serde_json::Value {
        let one = T::describe(definitions);
        serde_json::json!({ "anyOf": [one, { "type": "array", "minItems": 1, "items": one }] })
    }
}

/// Names that the policy chooses, each with a value: the arms of a split, the values of attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairs<T>(pub Vec<(Spanned<String>, Spanned<T>)>);

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Read> Read for Pairs<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let entries = reader.entries(node, "names with a value each")?;
        reader.duplicates(entries);
        let read = |entry: &Entry| {
            let value = T::read(&entry.value, reader)?;
            Some((entry.key.clone(), Spanned::new(value, entry.value.span)))
        };
        Some(Self(entries.iter().filter_map(read).collect()))
    }

    fn describe(definitions: &mut Definitions) -> serde_json::Value {
        serde_json::json!({ "type": "object", "additionalProperties": T::describe(definitions) })
    }
}
