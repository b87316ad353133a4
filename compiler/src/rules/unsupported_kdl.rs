//! `unsupported-kdl`: KDL that policies do not use.
//!
//! Deliberately only words; [`crate::kdl`] finds it. Invariant: every node that is accepted has one meaning in YAML.
//!
//! Read next: [`pointsman_schema::tree`] for the table of meanings.

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::parse::UnsupportedKdl;
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unsupported-kdl",
    severity: Severity::Error,
    summary: "a KDL feature that policies do not use",
    page: include_str!("../../../docs/rules/unsupported-kdl.md"),
};

/// The finding for a use.
pub fn diagnostic(file: FileId, span: Span, what: &UnsupportedKdl) -> Diagnostic {
    let (headline, label, help) = match what {
        UnsupportedKdl::TypeAnnotation => (
            "a type annotation is not part of the policy language",
            "expected a value without a type",
            "remove the annotation: the field decides the type of its value",
        ),
        UnsupportedKdl::ArgumentsBesideFields => (
            "a node with fields has more than one label",
            "expected at most one value before the fields",
            "put the values into a child node of their own",
        ),
        UnsupportedKdl::LabelNotText => {
            ("the label of a node is not a text", "expected a text", "put the label into quotes")
        }
        UnsupportedKdl::OtherVersion => (
            "the file is written in another version of KDL",
            "expected 2",
            "convert the file to KDL 2 and write `/- kdl-version 2`, or remove the marker",
        ),
    };
    Diagnostic::new(&RULE, headline, Label::new(file, span, label)).help(help)
}
