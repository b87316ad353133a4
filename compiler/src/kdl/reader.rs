//! The loop that reads KDL nodes, with a stack of open blocks in place of recursion.
//!
//! Deliberately one pass without looking back: each step reads one node's line, or closes one block. After a fault it
//! goes on at the line's end or at the next brace, and the node at the top level that holds the fault is left out.
//! Invariants: linear time, and never more than `SOURCE_DEPTH_MAX` open blocks.
//!
//! Read next: [`super::cursor`] for spaces, [`super::value`] for values, [`super::draft`] for the tree.

use pointsman_schema::limits::{SOURCE_DEPTH_MAX, SOURCE_NODES_MAX};
use pointsman_schema::tree::{Entry, Scalar, ScalarKind, Span, Spanned};

use super::cursor::{Cursor, fault, is_newline};
use super::draft::{Draft, Fate, unsupported};
use super::fault::KdlFault;
use super::value::{name, unexpected, value};
use crate::parse::{Bomb, PROBLEMS_PER_FILE_MAX, ProblemKind, SyntaxProblem, UnsupportedKdl};

/// A reader at some place of a file.
pub(super) struct Reader<'text> {
    pub(super) cursor: Cursor<'text>,
    pub(super) entries: Vec<Entry>,
    pub(super) problems: Vec<SyntaxProblem>,
    open: Vec<Block>,
    nodes: usize,
    /// Set when something unclosed took the rest of the file, or nothing more can be read.
    swallowed: bool,
    /// The first block that was closed by a brace further to the left than its node.
    misindented: Option<Span>,
}

/// An open block and the node that it belongs to.
struct Block {
    owner: Draft,
    entries: Vec<Entry>,
    brace: Span,
    /// Whether the block alone is commented out.
    is_commented_out: bool,
}

/// What ends the part of a node that stands on one line.
enum LineEnd {
    Node,
    Block { is_commented_out: bool },
}

type Step<T> = Result<T, SyntaxProblem>;

impl<'text> Reader<'text> {
    pub(super) fn new(cursor: Cursor<'text>) -> Self {
        let (entries, problems, open) = (Vec::new(), Vec::new(), Vec::new());
        Self { cursor, entries, problems, open, nodes: 0, swallowed: false, misindented: None }
    }

    /// Reads to the end of the file.
    pub(super) fn read(&mut self) {
        while self.problems.len() < PROBLEMS_PER_FILE_MAX {
            if let Err(problem) = self.cursor.line_space() {
                self.record(problem);
                self.recover(Draft::nameless(self.cursor.at()));
                continue;
            }
            match self.cursor.peek() {
                None => break,
                Some('}') => self.close(),
                Some(_) => self.node(),
            }
        }
        if let Some(block) = self.open.last()
            && !self.swallowed
        {
            // A brace further to the left than the node that it closes was meant for one further out.
            let problem = fault(self.misindented.unwrap_or(block.brace), KdlFault::UnclosedBlock);
            self.problems.push(problem);
        }
    }

    fn node(&mut self) {
        let at = self.cursor.at();
        match self.header() {
            Ok(draft) => self.line(draft),
            Err(problem) => {
                self.record(problem);
                self.recover(Draft::nameless(at));
            }
        }
    }

    fn header(&mut self) -> Step<Draft> {
        let start = self.cursor.at();
        let fate = if self.cursor.eat("/-") {
            self.cursor.line_space()?;
            if matches!(self.cursor.peek(), None | Some('}')) {
                return Err(fault(Span::new(start, start.saturating_add(2)), KdlFault::NothingToComment));
            }
            Fate::CommentedOut
        } else {
            Fate::Kept
        };
        self.annotation()?;
        let name = name(&mut self.cursor)?;
        Ok(Draft::new(name, fate))
    }

    /// Reads the rest of a node's line, or what follows its block.
    fn line(&mut self, mut draft: Draft) {
        match self.values(&mut draft) {
            Ok(LineEnd::Node) => self.finish(draft),
            Ok(LineEnd::Block { is_commented_out }) => self.open_block(draft, is_commented_out),
            Err(problem) => {
                self.record(problem);
                draft.fate = Fate::Spoiled;
                self.recover(draft);
            }
        }
    }

    fn values(&mut self, draft: &mut Draft) -> Step<LineEnd> {
        let mut is_spaced = false;
        loop {
            is_spaced |= self.cursor.node_space()?;
            let at = self.cursor.at();
            match self.cursor.peek() {
                None | Some('}') => return Ok(LineEnd::Node),
                Some(';') => {
                    self.cursor.advance(1);
                    return Ok(LineEnd::Node);
                }
                Some(c) if is_newline(c) => return Ok(LineEnd::Node),
                Some('{') if draft.children.is_some() => {
                    return Err(fault(Span::new(at, at.saturating_add(1)), KdlFault::SecondBlock));
                }
                Some('{') => return Ok(LineEnd::Block { is_commented_out: false }),
                Some('/') if self.cursor.looks_at("//") => return Ok(LineEnd::Node),
                Some('/') if self.cursor.looks_at("/-") => {
                    let Some(after) = self.slashdash(draft, is_spaced)? else {
                        return Ok(LineEnd::Block { is_commented_out: true });
                    };
                    is_spaced = after;
                }
                Some(c) => {
                    self.check_entry(draft, Span::new(at, at.saturating_add(c.len_utf8())), is_spaced)?;
                    is_spaced = self.entry(draft, Fate::Kept)?;
                }
            }
        }
    }

    /// A commented out value and whether spaces follow it, or nothing before a commented out block.
    fn slashdash(&mut self, draft: &mut Draft, is_spaced: bool) -> Step<Option<bool>> {
        let at = self.cursor.at();
        self.cursor.advance(2);
        self.cursor.line_space()?;
        match self.cursor.peek() {
            Some('{') => Ok(None),
            None | Some('}' | ';') => {
                Err(fault(Span::new(at, at.saturating_add(2)), KdlFault::NothingToComment))
            }
            Some(_) => {
                self.check_entry(draft, Span::new(at, at.saturating_add(2)), is_spaced)?;
                self.entry(draft, Fate::CommentedOut).map(Some)
            }
        }
    }

    /// Values need a space before them and may not follow a block. `here` is what the entry starts with: its first
    /// character, or the `/-` that comments it out.
    fn check_entry(&mut self, draft: &mut Draft, here: Span, is_spaced: bool) -> Step<()> {
        let at = self.cursor.at();
        if draft.has_block {
            return Err(fault(here, KdlFault::AfterBlock));
        }
        let is_first = draft.arguments.is_empty() && draft.properties.is_empty();
        match self.cursor.peek() {
            Some('=') if is_first => Err(fault(here, KdlFault::EqualsAfterNode)),
            Some(',') if !is_first => Err(fault(here, KdlFault::Comma)),
            Some('"' | '#') if !is_spaced && draft.ends_in_bare_r(at) => {
                Err(fault(Span::new(at.saturating_sub(1), at.saturating_add(1)), KdlFault::OldRawString))
            }
            Some('=') => Ok(()),
            _ if !is_spaced => {
                self.spoil(draft, fault(here, KdlFault::MissingSpace));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// An argument or a property; whether spaces were passed after it.
    fn entry(&mut self, draft: &mut Draft, fate: Fate) -> Step<bool> {
        if self.annotation()? {
            let argument = self.value(draft)?;
            return self.argument(draft, argument, fate).map(|()| false);
        }
        let first = self.value(draft)?;
        if first.value.kind != ScalarKind::Text {
            if self.cursor.peek() == Some('=') {
                self.spoil(draft, fault(first.span, KdlFault::NameNotText));
            } else {
                return self.argument(draft, first, fate).map(|()| false);
            }
        }
        let is_spaced = self.cursor.node_space()?;
        if !self.cursor.eat("=") {
            return self.argument(draft, first, fate).map(|()| is_spaced);
        }
        self.cursor.node_space()?;
        if self.cursor.peek().is_none_or(|c| is_newline(c) || matches!(c, ';' | '{' | '}')) {
            let at = self.cursor.at();
            return Err(fault(Span::new(first.span.range().start, at), KdlFault::MissingValue));
        }
        self.annotation()?;
        let found = self.value(draft)?;
        self.count(first.span)?;
        if fate == Fate::Kept {
            draft.property(first.map(|scalar| scalar.text), found);
        }
        Ok(false)
    }

    fn argument(&mut self, draft: &mut Draft, argument: Spanned<Scalar>, fate: Fate) -> Step<()> {
        self.count(argument.span)?;
        if fate == Fate::Kept {
            draft.arguments.push(argument);
        }
        Ok(())
    }

    /// A value; one that is wrong in itself leaves a stand-in, so that the rest of the line is read too.
    fn value(&mut self, draft: &mut Draft) -> Step<Spanned<Scalar>> {
        let start = self.cursor.at();
        match value(&mut self.cursor) {
            Err(problem)
                if self.cursor.at() > start
                    && problem.kind != ProblemKind::KdlSyntax(KdlFault::HashComment) =>
            {
                self.spoil(draft, problem);
                let nothing = Scalar { text: String::new(), kind: ScalarKind::Text };
                Ok(Spanned::new(nothing, Span::new(start, self.cursor.at())))
            }
            other => other,
        }
    }

    /// Reads a type annotation and refuses it; whether there was one.
    fn annotation(&mut self) -> Step<bool> {
        let start = self.cursor.at();
        if !self.cursor.eat("(") {
            return Ok(false);
        }
        self.cursor.node_space()?;
        name(&mut self.cursor)?;
        self.cursor.node_space()?;
        if !self.cursor.eat(")") {
            return Err(unexpected(self.cursor.at(), self.cursor.peek()));
        }
        self.record(unsupported(Span::new(start, self.cursor.at()), UnsupportedKdl::TypeAnnotation));
        self.cursor.node_space()?;
        Ok(true)
    }

    fn open_block(&mut self, mut owner: Draft, is_commented_out: bool) {
        let at = self.cursor.at();
        let brace = Span::new(at, at.saturating_add(1));
        if self.open.len().saturating_add(1) >= SOURCE_DEPTH_MAX {
            self.stop(SyntaxProblem { span: brace, kind: ProblemKind::TooDeep });
            return;
        }
        self.cursor.advance(1);
        owner.has_block = true;
        self.open.push(Block { owner, entries: Vec::new(), brace, is_commented_out });
    }

    fn close(&mut self) {
        let at = self.cursor.at();
        self.cursor.advance(1);
        let Some(Block { mut owner, entries, brace, is_commented_out }) = self.open.pop() else {
            self.unmatched(at);
            return;
        };
        let node = self.cursor.indent(owner.name.span.range().start);
        if self.misindented.is_none()
            && self.cursor.indent(at).zip(node).is_some_and(|(end, node)| end < node)
        {
            self.misindented = Some(brace);
        }
        if !is_commented_out {
            owner.children = Some((entries, Span::new(brace.range().start, self.cursor.at())));
        }
        self.line(owner);
    }

    /// A brace too many. The node at the top level before it was closed too early or never opened, so it is left out, and
    /// the line that lacks its brace is reported, where one shows.
    fn unmatched(&mut self, at: usize) {
        let brace = Span::new(at, at.saturating_add(1));
        let column = self.cursor.indent(at);
        let mut start = at;
        // Nodes that are indented deeper than the brace belong to the one before them.
        while let Some(entry) = self.entries.pop() {
            start = entry.span().range().start;
            if column.is_none() || self.cursor.indent(start) <= column {
                break;
            }
        }
        let missing = self.cursor.missing_brace(start, at);
        let problem = match missing {
            Some(end_of_line) => fault(Span::new(end_of_line, end_of_line), KdlFault::MissingBlockStart),
            None => fault(brace, KdlFault::UnmatchedBlockEnd),
        };
        self.record(problem);
    }

    fn finish(&mut self, draft: Draft) {
        let fate = draft.fate;
        let finished = match fate {
            Fate::CommentedOut => return,
            Fate::Spoiled => None,
            Fate::Kept => match self.count(draft.name.span).and_then(|()| draft.finish()) {
                Ok(entry) => Some(entry),
                Err(problem) => {
                    self.record(problem);
                    None
                }
            },
        };
        match (self.open.last_mut(), finished) {
            (Some(block), Some(entry)) => block.entries.push(entry),
            (None, Some(entry)) => self.entries.push(entry),
            (Some(block), None) => block.owner.fate = Fate::Spoiled,
            (None, None) => {}
        }
    }

    /// Goes to the end of the line or to the next brace; a block that opens there is read for its own problems.
    fn recover(&mut self, draft: Draft) {
        loop {
            match self.cursor.peek() {
                Some('{') => return self.open_block(draft, false),
                Some('"') => self.cursor.skip_quoted(),
                Some('/') if self.cursor.looks_at("//") => break,
                Some('/') if self.cursor.looks_at("/*") => {
                    if let Err(problem) = self.cursor.node_space() {
                        self.record(problem);
                    }
                }
                None | Some('}') => break,
                Some(';') => {
                    self.cursor.advance(1);
                    break;
                }
                Some(c) if is_newline(c) => break,
                Some(c) => self.cursor.advance(c.len_utf8()),
            }
        }
        self.finish(draft);
    }

    fn count(&mut self, span: Span) -> Step<()> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > SOURCE_NODES_MAX {
            return Err(SyntaxProblem { span, kind: ProblemKind::Bomb(Bomb::Values) });
        }
        Ok(())
    }

    fn spoil(&mut self, draft: &mut Draft, problem: SyntaxProblem) {
        draft.fate = Fate::Spoiled;
        self.record(problem);
    }

    fn record(&mut self, problem: SyntaxProblem) {
        let at_end = self.cursor.rest().is_empty();
        let SyntaxProblem { kind, .. } = &problem;
        match kind {
            ProblemKind::Bomb(_) | ProblemKind::TooDeep => return self.stop(problem),
            ProblemKind::KdlSyntax(KdlFault::UnclosedString | KdlFault::UnclosedComment) => {
                self.swallowed |= at_end;
            }
            _ => {}
        }
        self.problems.push(problem);
        if self.problems.len() >= PROBLEMS_PER_FILE_MAX {
            self.swallowed = true;
            self.cursor.advance(usize::MAX);
        }
    }

    /// Reads nothing more of the file.
    fn stop(&mut self, problem: SyntaxProblem) {
        self.problems.push(problem);
        self.swallowed = true;
        self.cursor.advance(usize::MAX);
    }
}
