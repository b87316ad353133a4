//! The span-carrying tree that YAML and KDL are both read into.
//!
//! Every later pass, diagnostic and fix works on this tree, so it is the only place where the two syntaxes meet.
//! It is not a YAML or KDL document model: layout is gone, only values, spans and comments remain. The invariant:
//! every span lies within its file and slices it at character boundaries.
//!
//! What each syntax puts into it:
//!
//! | source | tree |
//! |---|---|
//! | YAML mapping, sequence, scalar | [`Value::Map`], [`Value::List`], [`Value::Scalar`] |
//! | KDL `name "a"` | an entry `name` with a scalar |
//! | KDL `name "a" "b"` | an entry `name` with a list |
//! | KDL `name k=1 { child 2 }` | an entry `name` with a map: properties first, then children |
//! | KDL `name "a" { child 2 }` | the same, and `"a"` is the map's [`Node::label`] |
//! | KDL `name` | an entry `name` with a null scalar |
//!
//! Read next: [`crate::read`], which turns nodes into typed source values.

/// Which of the two syntaxes a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syntax {
    /// YAML 1.2.
    Yaml,
    /// KDL 2.
    Kdl,
}

/// A half-open range of bytes in one file.
///
/// **Unit**: bytes. Files are limited to [`crate::limits::SOURCE_FILE_BYTES_MAX`], so 32 bits are enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// Its first byte: where something begins, which is enough to find it.
    #[must_use]
    pub fn begin(self) -> Self {
        Self { end: self.start.saturating_add(1).min(self.end), ..self }
    }

    /// A span from two byte offsets; offsets past 4 GiB saturate, which no readable file reaches.
    pub fn new(start: usize, end: usize) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: narrow(start), end: narrow(end.max(start)) }
    }

    /// Whether `other` lies inside this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The span as offsets for slicing.
    pub fn range(self) -> std::ops::Range<usize> {
        usize::try_from(self.start).unwrap_or(usize::MAX)..usize::try_from(self.end).unwrap_or(usize::MAX)
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place, another value.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Spanned<U> {
        Spanned { value: convert(self.value), span: self.span }
    }
}

/// One value of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The value's own text: a scalar with its quotes, a list or map with its brackets or its first to last entry.
    pub span: Span,
    /// What stands there.
    pub value: Value,
    /// KDL only: the first argument of a node that also has properties or children. Always `None` in YAML.
    pub label: Option<Spanned<String>>,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text, a number, a boolean or nothing; the field that reads it decides which it must be.
    Scalar(Scalar),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in source order. Keys may repeat: in KDL that is how lists of objects are written, in YAML the
    /// reader reports it.
    Map(Vec<Entry>),
}

/// One key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// The value.
    pub value: Node,
}

impl Entry {
    /// From the first byte of the key to the last of the value.
    pub fn span(&self) -> Span {
        Span { start: self.key.span.start, end: self.value.span.end.max(self.key.span.end) }
    }
}

/// A scalar as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text with quotes and escapes resolved; for numbers and keywords, the text itself.
    pub text: String,
    /// What the syntax says about its type.
    pub kind: ScalarKind,
}

/// What the syntax alone says about a scalar's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarKind {
    /// A quoted YAML scalar, a block scalar, or a KDL string (bare or quoted): always text.
    Text,
    /// An unquoted YAML scalar: text, number, boolean or null, as the field that reads it needs.
    Plain,
    /// A KDL number.
    Number,
    /// A KDL `#true` or `#false` (the text is `true` or `false`).
    Bool,
    /// A KDL `#null`, or nothing where a value could stand.
    Null,
}

/// A comment, kept for suppressions and formatting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The whole comment with its marker.
    pub span: Span,
    /// The text without the marker and the spaces around it.
    pub text: String,
}

/// One parsed document: a file in KDL, one of the `---` separated parts in YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The root; always a map where the document could be read, empty for an empty document.
    pub root: Node,
}
