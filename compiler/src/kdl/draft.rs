//! One KDL node while it is being read, and the tree entry that it becomes.
//!
//! Deliberately the only place that knows how arguments, properties and children map to the tree; the table is in
//! [`pointsman_schema::tree`]. The invariant: a draft that is marked spoiled never becomes an entry.
//!
//! Read next: [`super::reader`], which fills drafts.

use pointsman_schema::tree::{Entry, Node, Scalar, ScalarKind, Span, Spanned, Value};

use crate::parse::{ProblemKind, SyntaxProblem, UnsupportedKdl};

/// A node that is not finished.
pub(super) struct Draft {
    pub(super) name: Spanned<String>,
    pub(super) arguments: Vec<Spanned<Scalar>>,
    pub(super) properties: Vec<Entry>,
    /// The children and their braces, once the block is closed.
    pub(super) children: Option<(Vec<Entry>, Span)>,
    /// Whether a block came, commented out or not: after it no value may stand.
    pub(super) has_block: bool,
    pub(super) fate: Fate,
}

/// What becomes of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// An entry.
    Kept,
    /// Nothing: it is commented out.
    CommentedOut,
    /// Nothing, and neither do the nodes around it: part of it could not be read.
    Spoiled,
}

impl Draft {
    pub(super) fn new(name: Spanned<String>, fate: Fate) -> Self {
        Self { name, arguments: Vec::new(), properties: Vec::new(), children: None, has_block: false, fate }
    }

    /// A stand-in for a node whose name could not be read.
    pub(super) fn nameless(at: usize) -> Self {
        Self::new(Spanned::new(String::new(), Span::new(at, at)), Fate::Spoiled)
    }

    pub(super) fn property(&mut self, key: Spanned<String>, value: Spanned<Scalar>) {
        self.properties.push(Entry { key, value: scalar_node(value) });
    }

    /// Whether the last argument is a bare `r` that ends at a place: the beginning of a raw string of KDL 1.
    pub(super) fn ends_in_bare_r(&self, at: usize) -> bool {
        self.arguments
            .last()
            .is_some_and(|last| last.value.text == "r" && last.span.range() == (at.saturating_sub(1)..at))
    }

    pub(super) fn finish(self) -> Result<Entry, SyntaxProblem> {
        let Self { name, arguments, properties, children, .. } = self;
        let value = if properties.is_empty() && children.is_none() {
            plain(&name, arguments)
        } else {
            fields(arguments, properties, children)?
        };
        Ok(Entry { key: name, value })
    }
}

fn plain(name: &Spanned<String>, mut arguments: Vec<Spanned<Scalar>>) -> Node {
    if arguments.len() > 1 {
        let items: Vec<Node> = arguments.into_iter().map(scalar_node).collect();
        let span = around(items.iter().map(|item| item.span));
        return Node { span, value: Value::List(items), label: None };
    }
    let nothing = || {
        let span = Span { start: name.span.end, end: name.span.end };
        Spanned::new(Scalar { text: String::new(), kind: ScalarKind::Null }, span)
    };
    scalar_node(arguments.pop().unwrap_or_else(nothing))
}

fn fields(
    arguments: Vec<Spanned<Scalar>>,
    properties: Vec<Entry>,
    children: Option<(Vec<Entry>, Span)>,
) -> Result<Node, SyntaxProblem> {
    let mut arguments = arguments.into_iter();
    let label = arguments.next().map(label).transpose()?;
    if let Some(second) = arguments.next() {
        return Err(unsupported(second.span, UnsupportedKdl::ArgumentsBesideFields));
    }
    let (children, braces) =
        children.map_or((Vec::new(), None), |(children, braces)| (children, Some(braces)));
    let spans = label.iter().map(|label| label.span).chain(properties.iter().map(Entry::span)).chain(braces);
    let span = around(spans);
    let entries = properties.into_iter().chain(children).collect();
    Ok(Node { span, value: Value::Map(entries), label })
}

fn label(argument: Spanned<Scalar>) -> Result<Spanned<String>, SyntaxProblem> {
    if argument.value.kind == ScalarKind::Text {
        return Ok(argument.map(|scalar| scalar.text));
    }
    Err(unsupported(argument.span, UnsupportedKdl::LabelNotText))
}

fn scalar_node(scalar: Spanned<Scalar>) -> Node {
    Node { span: scalar.span, value: Value::Scalar(scalar.value), label: None }
}

/// From the first start to the last end.
fn around(spans: impl Iterator<Item = Span>) -> Span {
    spans
        .reduce(|all, span| Span { start: all.start.min(span.start), end: all.end.max(span.end) })
        .unwrap_or_default()
}

pub(super) fn unsupported(span: Span, what: UnsupportedKdl) -> SyntaxProblem {
    SyntaxProblem { span, kind: ProblemKind::UnsupportedKdl(what) }
}
