//! Text of either syntax into the span-carrying tree.
//!
//! Deliberately knows no field of the policy language, and never stops at the first problem. Three invariants: any text
//! gives an answer in linear time and bounded memory, every span slices its text at character boundaries, and a value
//! that could not be read leaves a problem behind.
//!
//! Read next: [`crate::yaml`] and [`crate::kdl`], the two front ends; [`pointsman_schema::tree`], what they fill.

use pointsman_schema::tree::{Comment, Document, Span, Syntax};

use crate::diagnostic::Diagnostic;
use crate::kdl::fault::KdlFault;
use crate::rules::{kdl_syntax, too_deep, unsupported_kdl, unsupported_yaml, yaml_bomb, yaml_syntax};
use crate::source_map::FileId;
use crate::yaml::fault::YamlFault;

/// What a file's text holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parsed {
    /// The documents that could be read, in source order.
    ///
    /// A YAML document with a syntax error is missing here; a KDL file with one is present without the nodes that it
    /// spoils. The root is a map except in a YAML document that is one list or scalar.
    pub documents: Vec<Document>,
    /// Every comment, in source order.
    pub comments: Vec<Comment>,
    /// What could not be read; then names may be missing from the documents.
    pub problems: Vec<SyntaxProblem>,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// The smallest text that is wrong; empty where something is missing.
    pub span: Span,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What can be wrong with a text before its meaning is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// Not YAML.
    YamlSyntax(YamlFault),
    /// Not KDL 2.
    KdlSyntax(KdlFault),
    /// Too much in a small file.
    Bomb(Bomb),
    /// Nested past [`pointsman_schema::limits::SOURCE_DEPTH_MAX`].
    TooDeep,
    /// YAML that policies do not use.
    UnsupportedYaml(UnsupportedYaml),
    /// KDL that policies do not use.
    UnsupportedKdl(UnsupportedKdl),
}

/// How a small file becomes too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bomb {
    /// Aliases expand past [`pointsman_schema::limits::ALIAS_NODES_MAX`] values, or past the size of a file in text.
    Aliases,
    /// An alias stands inside the value that it names.
    Endless,
    /// More than [`pointsman_schema::limits::SOURCE_NODES_MAX`] values.
    Values,
}

/// YAML that policies do not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnsupportedYaml {
    /// A merge key `<<`.
    MergeKey,
    /// A tag other than those of the core schema, as written.
    Tag(String),
    /// A key that is a list or a map.
    ComplexKey,
    /// No text before the colon.
    EmptyKey,
}

/// KDL that policies do not use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnsupportedKdl {
    /// A type annotation `(name)`.
    TypeAnnotation,
    /// A second argument beside properties or children.
    ArgumentsBesideFields,
    /// A label, which is the argument beside properties or children, that is not text.
    LabelNotText,
    /// A marker that asks for another version of KDL.
    OtherVersion,
}

/// Reads a text.
pub fn parse(syntax: Syntax, text: &str) -> Parsed {
    match syntax {
        Syntax::Yaml => crate::yaml::parse(text),
        Syntax::Kdl => crate::kdl::parse(text),
    }
}

impl SyntaxProblem {
    /// The problem as a finding in a file.
    pub fn diagnose(&self, file: FileId) -> Diagnostic {
        let span = self.span;
        match &self.kind {
            ProblemKind::YamlSyntax(fault) => yaml_syntax::diagnostic(file, span, fault),
            ProblemKind::KdlSyntax(fault) => kdl_syntax::diagnostic(file, span, fault),
            ProblemKind::Bomb(bomb) => yaml_bomb::diagnostic(file, span, *bomb),
            ProblemKind::TooDeep => too_deep::diagnostic(file, span),
            ProblemKind::UnsupportedYaml(what) => unsupported_yaml::diagnostic(file, span, what),
            ProblemKind::UnsupportedKdl(what) => unsupported_kdl::diagnostic(file, span, what),
        }
    }
}

/// **Unit**: problems reported for one file; reading stops there.
pub const PROBLEMS_PER_FILE_MAX: usize = 500;
