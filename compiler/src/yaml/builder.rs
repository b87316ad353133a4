//! The tree of one YAML document at a time, from events.
//!
//! Deliberately keeps no YAML layout and resolves nothing but aliases. Invariants: the tree is never deeper than
//! `SOURCE_DEPTH_MAX`, the file never holds more than `SOURCE_NODES_MAX` values, and what aliases add, as well as what
//! is kept for them, stays within its own budget of values and of bytes.
//!
//! Read next: [`pointsman_schema::tree`].

use std::collections::BTreeMap;

use granit_parser::{Event, ScalarStyle, StructureStyle, Tag};
use pointsman_schema::limits::{ALIAS_NODES_MAX, SOURCE_DEPTH_MAX, SOURCE_FILE_BYTES_MAX, SOURCE_NODES_MAX};
use pointsman_schema::tree::{Entry, Node, Scalar, ScalarKind, Span, Spanned, Value};

use crate::parse::{Bomb, ProblemKind, SyntaxProblem, UnsupportedYaml};

/// Why reading cannot go on, and how far it must jump.
pub(super) enum Stop {
    /// To the next document.
    Document(SyntaxProblem),
    /// To the end.
    File(SyntaxProblem),
}

/// A document in the making.
pub(super) struct Builder<'text> {
    text: &'text str,
    root: Option<Node>,
    open: Vec<Frame>,
    anchors: BTreeMap<usize, Anchored>,
    count: Size,
    expanded: Size,
    kept: Size,
    /// Problems that spoil one value and not its document.
    pub(super) problems: Vec<SyntaxProblem>,
}

/// How much of something there is.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
}

/// A list or map that is not closed yet.
struct Frame {
    span: Span,
    bracket: Option<char>,
    anchor: usize,
    before: Size,
    height: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map(Vec<Entry>, Key),
}

/// What the next value of a map is.
enum Key {
    /// A key.
    Wanted,
    /// The value of this key.
    Of(Spanned<String>),
    /// The value of a key that cannot be used.
    Dropped,
}

/// What an alias stands for.
enum Anchored {
    Value { node: Node, height: usize, size: Size },
    TooBig,
}

impl<'text> Builder<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        Self {
            text,
            root: None,
            open: Vec::new(),
            anchors: BTreeMap::new(),
            count: Size::default(),
            expanded: Size::default(),
            kept: Size::default(),
            problems: Vec::new(),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "one shape for every event")]
    pub(super) fn start_document(&mut self, _at: Span) -> Result<(), Stop> {
        self.abandon_document();
        Ok(())
    }

    pub(super) fn finish_document(&mut self) -> Option<Node> {
        let root = self.root.take();
        self.abandon_document();
        root
    }

    pub(super) fn abandon_document(&mut self) {
        self.root = None;
        self.open.clear();
        self.anchors.clear();
    }

    /// The innermost flow bracket that is open across a line break before `at`.
    pub(super) fn bracket_of_an_earlier_line(&self, at: usize) -> Option<(Span, char)> {
        let frame = self.open.iter().rev().find(|frame| frame.bracket.is_some())?;
        let between = self.text.get(frame.span.range().start..at)?;
        let bracket = frame.bracket.filter(|_| between.contains('\n'))?;
        Some((frame.span, bracket))
    }

    pub(super) fn event(&mut self, event: Event<'_>, span: Span, tag_span: Option<Span>) -> Result<(), Stop> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = self.scalar(&text, (style, span), (tag.as_deref(), tag_span));
                let size = Size { nodes: 1, bytes: scalar.text.len() };
                let span = if is_block(style) { self.without_trailing_breaks(span) } else { span };
                self.add(size, span)?;
                let node = Node { span, value: Value::Scalar(scalar), label: None };
                self.keep(anchor, &node, 1, size);
                self.put(node, 1);
                Ok(())
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), tag_span, &["seq"]);
                let bracket = (style == StructureStyle::Flow).then_some('[');
                self.start(span, bracket, anchor, Content::List(Vec::new()))
            }
            Event::MappingStart(style, anchor, tag) => {
                self.check_tag(tag.as_deref(), tag_span, &["map"]);
                let bracket = (style == StructureStyle::Flow).then_some('{');
                self.start(span, bracket, anchor, Content::Map(Vec::new(), Key::Wanted))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end(span);
                Ok(())
            }
            Event::Alias(anchor) => self.expand(anchor, span),
            // Stream events hold nothing; the others are switched off or handled by the caller.
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: &str,
        written: (ScalarStyle, Span),
        tag: (Option<&Tag>, Option<Span>),
    ) -> Scalar {
        let (style, span) = written;
        self.check_tag(tag.0, tag.1, &["str", "int", "float", "bool", "null"]);
        let as_text = tag.0.is_some_and(|tag| tag.core_suffix() == Some("str") || is_non_specific(tag));
        let absent = style == ScalarStyle::Plain && span.start == span.end;
        let kind = match style {
            _ if as_text => ScalarKind::Text,
            ScalarStyle::Plain if absent => ScalarKind::Null,
            ScalarStyle::Plain => ScalarKind::Plain,
            _ => ScalarKind::Text,
        };
        Scalar { text: if absent { String::new() } else { text.to_owned() }, kind }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, span: Option<Span>, known: &[&str]) {
        let (Some(tag), Some(span)) = (tag, span) else { return };
        if is_non_specific(tag) || tag.core_suffix().is_some_and(|suffix| known.contains(&suffix)) {
            return;
        }
        let written = self.text.get(span.range()).unwrap_or("").to_owned();
        self.unsupported(span, UnsupportedYaml::Tag(written));
    }

    fn start(
        &mut self,
        span: Span,
        bracket: Option<char>,
        anchor: usize,
        content: Content,
    ) -> Result<(), Stop> {
        if self.open.len() >= SOURCE_DEPTH_MAX {
            let span = super::mark(self.text, span.range().start, 1);
            return Err(Stop::Document(SyntaxProblem { span, kind: ProblemKind::TooDeep }));
        }
        let before = self.count;
        self.add(Size { nodes: 1, bytes: 0 }, span)?;
        self.open.push(Frame { span, bracket, anchor, before, height: 0, content });
        Ok(())
    }

    fn end(&mut self, end: Span) {
        let Some(Frame { mut span, bracket, anchor, before, height, content }) = self.open.pop() else {
            return;
        };
        let last = match &content {
            Content::List(items) => items.last().map(|item| item.span),
            Content::Map(entries, _) => entries.last().map(Entry::span),
        };
        // A block collection ends in the parser's eyes where the next thing begins.
        span.end =
            if bracket.is_some() { end.end } else { last.map_or(span.end, |last| last.end.max(span.end)) };
        let value = match content {
            Content::List(items) => Value::List(items),
            Content::Map(entries, _) => Value::Map(entries),
        };
        let node = Node { span, value, label: None };
        let size = Size {
            nodes: self.count.nodes.saturating_sub(before.nodes),
            bytes: self.count.bytes.saturating_sub(before.bytes),
        };
        let height = height.saturating_add(1);
        self.keep(anchor, &node, height, size);
        self.put(node, height);
    }

    /// Keeps a copy of an anchored value; what no alias could expand within the budget is not copied.
    fn keep(&mut self, anchor: usize, node: &Node, height: usize, size: Size) {
        if anchor == 0 {
            return;
        }
        let kept = self.kept.plus(size);
        let fits = size.nodes <= ALIAS_NODES_MAX
            && kept.nodes <= KEPT_NODES_MAX
            && kept.bytes <= SOURCE_FILE_BYTES_MAX;
        let anchored = if fits {
            self.kept = kept;
            Anchored::Value { node: node.clone(), height, size }
        } else {
            Anchored::TooBig
        };
        self.anchors.insert(anchor, anchored);
    }

    fn expand(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        let bomb = |bomb| SyntaxProblem { span, kind: ProblemKind::Bomb(bomb) };
        let (node, height, size) = match self.anchors.get(&anchor) {
            None => return Err(Stop::Document(bomb(Bomb::Endless))),
            Some(Anchored::TooBig) => return Err(Stop::File(bomb(Bomb::Aliases))),
            Some(Anchored::Value { node, height, size }) => (node, *height, *size),
        };
        self.expanded = self.expanded.plus(size);
        if self.expanded.nodes > ALIAS_NODES_MAX || self.expanded.bytes > SOURCE_FILE_BYTES_MAX {
            return Err(Stop::File(bomb(Bomb::Aliases)));
        }
        if self.open.len().saturating_add(height) > SOURCE_DEPTH_MAX.saturating_add(1) {
            return Err(Stop::Document(SyntaxProblem { span, kind: ProblemKind::TooDeep }));
        }
        // The value's own place is the alias, because that is the text to change here; what lies inside keeps its place.
        let node = Node { span, ..node.clone() };
        self.add(size, span)?;
        self.put(node, height);
        Ok(())
    }

    fn add(&mut self, size: Size, span: Span) -> Result<(), Stop> {
        self.count = self.count.plus(size);
        if self.count.nodes > SOURCE_NODES_MAX {
            let span = super::mark(self.text, span.range().start, 1);
            return Err(Stop::File(SyntaxProblem { span, kind: ProblemKind::Bomb(Bomb::Values) }));
        }
        Ok(())
    }

    fn put(&mut self, node: Node, height: usize) {
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.height = frame.height.max(height);
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map(entries, key) => match std::mem::replace(key, Key::Wanted) {
                Key::Of(key) => entries.push(Entry { key, value: node }),
                Key::Dropped => {}
                Key::Wanted => match key_of(node, self.text) {
                    Ok(found) => *key = Key::Of(found),
                    Err((span, what)) => {
                        *key = Key::Dropped;
                        self.unsupported(span, what);
                    }
                },
            },
        }
    }

    fn unsupported(&mut self, span: Span, what: UnsupportedYaml) {
        self.problems.push(SyntaxProblem { span, kind: ProblemKind::UnsupportedYaml(what) });
    }

    fn without_trailing_breaks(&self, span: Span) -> Span {
        let kept = self.text.get(span.range()).unwrap_or("").trim_end().len();
        Span::new(span.range().start, span.range().start.saturating_add(kept))
    }
}

impl Size {
    fn plus(self, other: Size) -> Size {
        Size { nodes: self.nodes.saturating_add(other.nodes), bytes: self.bytes.saturating_add(other.bytes) }
    }
}

fn key_of(node: Node, text: &str) -> Result<Spanned<String>, (Span, UnsupportedYaml)> {
    let start = node.span.range().start;
    match node.value {
        Value::Scalar(Scalar { kind: ScalarKind::Null, .. }) => {
            Err((super::mark(text, start, 1), UnsupportedYaml::EmptyKey))
        }
        Value::Scalar(Scalar { text, kind: ScalarKind::Plain }) if text == "<<" => {
            Err((node.span, UnsupportedYaml::MergeKey))
        }
        Value::Scalar(Scalar { text, .. }) => Ok(Spanned::new(text, node.span)),
        Value::List(_) | Value::Map(_) => Err((super::mark(text, start, 1), UnsupportedYaml::ComplexKey)),
    }
}

/// `!` alone: text that is not to be read as anything else.
fn is_non_specific(tag: &Tag) -> bool {
    let (handle, suffix) = tag.parts();
    (handle == "!" && suffix.is_empty()) || (handle.is_empty() && suffix == "!")
}

fn is_block(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
}

/// **Unit**: values kept for aliases that may come.
const KEPT_NODES_MAX: usize = 8 * ALIAS_NODES_MAX;
