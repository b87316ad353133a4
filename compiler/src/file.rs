//! One file by itself: decoded, parsed and read, with everything wrong that can be seen without the other files.
//!
//! Deliberately knows no other file and no [`FileId`](crate::source_map::FileId): an analysis depends on path and bytes
//! alone, so it is kept and used again while the bytes are the same. The invariant: what could not be read has its problem here, and
//! [`FileAnalysis::is_spoiled`] tells every later rule not to judge what it may have held.
//!
//! Read next: [`crate::index`], which puts files together; [`report`], which turns problems into findings.

pub mod beside;
pub mod cache;
pub mod report;

use std::collections::BTreeMap;
use std::sync::Arc;

use pointsman_schema::limits::SOURCE_FILE_BYTES_MAX;
use pointsman_schema::read::scalar::{ModelName, check_name};
use pointsman_schema::read::{Problem, ProblemKind, Read as _, Reader};
use pointsman_schema::source::{PolicyFile, Workspace};
use pointsman_schema::tree::{Comment, Document, Node, Span, Syntax, Value};

use crate::encoding::{EncodingProblem, decode, readable};
use crate::invisible::{self, Invisible};
use crate::parse::{SyntaxProblem, parse};
use crate::policy::Owner;
use crate::policy::kinds::{EachKind, Kind, Names, each};
use crate::rules::possible_secret;
use crate::secret::{self, Secret};
use crate::similar::nearest;
use crate::source_map::SourceFile;
use crate::tree_source::syntax_of;

/// What one file holds.
#[derive(Debug)]
pub struct FileAnalysis {
    /// Relative to the workspace.
    pub path: String,
    /// The text that findings point into, nothing of it hidden; empty for a file that is too large to be read.
    pub(crate) source: Arc<SourceFile>,
    /// Whose it is.
    pub owner: Owner,
    /// How it is written.
    pub syntax: Syntax,
    /// The workspace, when this is a workspace file that could be read.
    pub workspace: Option<Workspace>,
    /// The documents of a policy file that could be read.
    pub policies: Vec<PolicyFile>,
    /// Comments.
    pub comments: Vec<Comment>,
    /// The tree, kept only where a comment may suppress a warning in it.
    pub documents: Vec<Document>,
    /// Whether names may be declared here that nobody could read.
    pub is_opaque: bool,
    /// What is wrong.
    pub problems: Problems,
    spoiled: Vec<Span>,
}

/// What is wrong with one file by itself.
#[derive(Debug, Default)]
pub struct Problems {
    /// Not text.
    pub encoding: Option<EncodingProblem>,
    /// Larger than a policy file may be.
    pub is_too_large: bool,
    /// Not YAML, not KDL, or too much of it.
    pub syntax: Vec<SyntaxProblem>,
    /// Values of the wrong shape.
    pub shape: Vec<Problem>,
    /// Secrets in plain text.
    pub secrets: Vec<Secret>,
    /// Text that may be a secret in the wrong place, which nothing may print.
    pub hidden: Vec<Span>,
    /// Names that cannot be names.
    pub names: Vec<BadName>,
    /// Characters that nobody sees.
    pub invisible: Vec<Invisible>,
}

/// A declared name that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadName {
    /// The name as written.
    pub span: Span,
    /// What it names: `backend`.
    pub object: &'static str,
    /// What is wrong with it.
    pub why: String,
}

/// Whether a path is that of a file which makes a folder a workspace.
pub fn is_workspace_path(path: &str) -> bool {
    matches!(path, "pointsman.yaml" | "pointsman.yml" | "pointsman.kdl")
}

impl FileAnalysis {
    /// Reads a file.
    pub fn of(path: &str, bytes: &[u8]) -> Self {
        let syntax = syntax_of(path).unwrap_or(Syntax::Yaml);
        let text = if bytes.len() > SOURCE_FILE_BYTES_MAX { String::new() } else { readable(bytes) };
        let mut file = Self {
            path: path.to_owned(),
            source: Arc::new(SourceFile::new(path.to_owned(), text, syntax)),
            owner: Owner::of_path(path),
            syntax,
            workspace: None,
            policies: Vec::new(),
            comments: Vec::new(),
            documents: Vec::new(),
            is_opaque: false,
            problems: Problems::default(),
            spoiled: Vec::new(),
        };
        if bytes.len() > SOURCE_FILE_BYTES_MAX {
            file.problems.is_too_large = true;
            file.is_opaque = true;
            return file;
        }
        match decode(bytes) {
            Ok(text) => file.read(text),
            Err(problem) => {
                file.problems.secrets = secret::find(&file.source.text);
                file.problems.encoding = Some(problem);
                file.is_opaque = true;
            }
        }
        file
    }

    /// Whether this is what reading some bytes of this path would give.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        let is_verbatim = self.problems.encoding.is_none() && !self.problems.is_too_large;
        is_verbatim && self.source.text.as_bytes() == bytes
    }

    /// Whether something inside a span could not be read, so that what seems to be missing there may not be.
    pub fn is_spoiled(&self, span: Span) -> bool {
        let from = self.spoiled.partition_point(|spoiled| spoiled.start < span.start);
        self.spoiled.get(from).is_some_and(|spoiled| spoiled.start <= span.end)
    }

    /// Whether something anywhere in the file could not be read.
    pub fn is_spoiled_anywhere(&self) -> bool {
        !self.spoiled.is_empty()
    }

    fn read(&mut self, text: &str) {
        let parsed = parse(self.syntax, text);
        self.problems.secrets = secret::find(text);
        self.problems.syntax = parsed.problems;
        self.comments = parsed.comments;
        retain_not_allowed(&mut self.problems.secrets, &self.comments);
        let mut shape = Vec::new();
        let mut reader = Reader::new(self.syntax, &mut shape);
        let mut objects = Vec::new();
        for (at, document) in parsed.documents.iter().enumerate() {
            if !is_workspace_path(&self.path) {
                match PolicyFile::read(&document.root, &mut reader) {
                    Some(policy) => {
                        let mut declared =
                            Declarations { policy: &policy, names: Vec::new(), spans: Vec::new() };
                        each(&mut declared);
                        self.problems.names.extend(declared.names);
                        objects.extend(declared.spans);
                        self.policies.push(policy);
                    }
                    None => self.is_opaque = true,
                }
            } else if at == 0 {
                self.workspace = Workspace::read(&document.root, &mut reader);
                objects.extend(self.workspace.iter().flat_map(|w| w.attributes.iter().map(|a| a.span)));
            } else {
                reader.wrong_type(&document.root, "one document in a workspace file");
            }
        }
        if is_workspace_path(&self.path) && parsed.documents.is_empty() && self.problems.syntax.is_empty() {
            // A file without a document: read as the workspace that it should be, which says what it lacks.
            let value = Value::Map(Vec::new());
            let nothing = Node { span: Span::default(), value, label: None };
            self.workspace = Workspace::read(&nothing, &mut Reader::new(self.syntax, &mut shape));
        }
        self.problems.invisible = invisible::find(text, &self.comments);
        self.settle(causes(shape, &self.path), objects);
        if self.comments.iter().any(|comment| comment.text.starts_with("allow")) {
            self.documents = parsed.documents;
        }
    }

    /// A value that is certainly a secret is reported as one and not also as a value of the wrong shape; what only may
    /// be one is a warning, and a policy whose value nobody could read would compile.
    fn settle(&mut self, shape: Vec<Problem>, mut objects: Vec<Span>) {
        self.problems.hidden = shape.iter().filter_map(|problem| problem.hidden).collect();
        let Problems { secrets, syntax, names, invisible, .. } = &mut self.problems;
        // No secret overlaps another, so of those that begin before an end only the last can reach into it.
        let touches = |span: Span| {
            let before = secrets.partition_point(|secret| secret.span.start < span.end);
            let last = before.checked_sub(1).and_then(|at| secrets.get(at));
            last.is_some_and(|secret| secret.is_certain() && span.start < secret.span.end)
        };
        self.spoiled = shape.iter().map(|problem| problem.span).collect();
        self.spoiled.extend(syntax.iter().map(|problem| problem.span));
        self.spoiled.sort_unstable();
        objects.sort_unstable();
        let inside = |span: Span| {
            let before = objects.partition_point(|object| object.start <= span.start);
            before.checked_sub(1).and_then(|at| objects.get(at)).is_some_and(|object| object.contains(span))
        };
        self.is_opaque |= !syntax.is_empty() || shape.iter().any(|problem| !inside(problem.span));
        names.retain(|name| !touches(name.span));
        // What the field or the syntax refuses already says which character it is.
        let told = names.iter().map(|name| name.span).chain(self.spoiled.iter().copied());
        let told = Covered::by(told.collect());
        invisible.retain(|found| !touches(found.span) && !told.contains(found.span));
        self.problems.shape = shape.into_iter().filter(|problem| !touches(problem.span)).collect();
    }
}

/// Removes what a comment says of what stands in it that it is no secret; each comment is read once.
fn retain_not_allowed(secrets: &mut Vec<Secret>, comments: &[Comment]) {
    let mut last: Option<(usize, bool)> = None;
    secrets.retain(|secret| {
        let after = comments.partition_point(|comment| comment.span.start <= secret.span.start);
        let comment = after.checked_sub(1).and_then(|at| Some((at, comments.get(at)?)));
        let Some((at, comment)) = comment.filter(|(_, comment)| comment.span.contains(secret.span)) else {
            return true;
        };
        let is_allowed = match last {
            Some((known, is_allowed)) if known == at => is_allowed,
            _ => possible_secret::is_allowed(&comment.text),
        };
        last = Some((at, is_allowed));
        secret.is_certain() || !is_allowed
    });
}

/// Some spans, to be asked whether one of them contains another.
struct Covered(Vec<Span>);

impl Covered {
    /// In order, each with the furthest end of all up to it.
    fn by(mut spans: Vec<Span>) -> Self {
        spans.sort_unstable();
        let mut end = 0;
        for span in &mut spans {
            end = end.max(span.end);
            span.end = end;
        }
        Self(spans)
    }

    fn contains(&self, span: Span) -> bool {
        let before = self.0.partition_point(|known| known.start <= span.start);
        before.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|known| span.end <= known.end)
    }
}

/// The problems without those that follow from others: a field that is missing because its name is misspelt, and the
/// fields of a workspace file in a place where none is read, which is a finding of its own.
fn causes(shape: Vec<Problem>, path: &str) -> Vec<Problem> {
    let is_misplaced = !is_workspace_path(path) && path.rsplit('/').next().is_some_and(is_workspace_path);
    let mut misspelt: BTreeMap<(&str, &str), Span> = BTreeMap::new();
    let is_cause: Vec<bool> = shape
        .iter()
        .map(|problem| match &problem.kind {
            ProblemKind::UnknownField { field, object: "policy file", .. }
                if is_misplaced && matches!(field.as_str(), "pointsman" | "attributes" | "attribute") =>
            {
                false
            }
            ProblemKind::UnknownField { field, object, known } => {
                let meant = nearest(field, known.iter().copied());
                misspelt.extend(meant.map(|meant| ((*object, meant), problem.span)));
                true
            }
            // An object is named before its fields, and what it lacks is reported after what it has too much.
            ProblemKind::MissingField { field, object } => {
                misspelt.remove(&(*object, *field)).is_none_or(|span| span.start < problem.span.start)
            }
            _ => true,
        })
        .collect();
    shape.into_iter().zip(is_cause).filter_map(|(problem, is_cause)| is_cause.then_some(problem)).collect()
}

/// What one document of a policy file declares, whatever its kind.
struct Declarations<'f> {
    policy: &'f PolicyFile,
    names: Vec<BadName>,
    spans: Vec<Span>,
}

impl EachKind for Declarations<'_> {
    fn kind<K: Kind>(&mut self) {
        for named in K::declared(self.policy) {
            let name = &named.name;
            let checked = match K::NAMES {
                Names::Global => ModelName::parse(&name.value).map(|_| ()),
                Names::OfOwner => check_name(&name.value),
            };
            let bad = checked.err().map(|why| BadName { span: name.span, object: K::WORD, why });
            self.names.extend(bad);
            self.spans.push(named.span);
        }
    }
}
