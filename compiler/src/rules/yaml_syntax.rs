//! `yaml-syntax`: a YAML document that is not YAML.
//!
//! Deliberately only words; [`crate::yaml`] finds the fault. Invariant: one finding a document, because nothing after
//! the first fault of a document can be trusted.
//!
//! Read next: [`crate::yaml::fault`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;
use crate::yaml::fault::YamlFault;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "yaml-syntax",
    severity: Severity::Error,
    summary: "a YAML document cannot be read",
    page: include_str!("../../../docs/rules/yaml-syntax.md"),
};

/// The finding for a fault.
pub fn diagnostic(file: FileId, span: Span, fault: &YamlFault) -> Diagnostic {
    Diagnostic::new(&RULE, "this YAML document cannot be read", Label::new(file, span, fault.label()))
        .consequence("nothing in the rest of this document is checked, and nothing of it is used")
        .help(fault.help())
}
