//! `kdl-syntax`: text that is not KDL 2.
//!
//! Deliberately only words; [`crate::kdl`] finds the fault. Invariant: one finding for one cause.
//!
//! Read next: [`crate::kdl::fault`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Fix, FixClass, Label};
use crate::kdl::fault::KdlFault;
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "kdl-syntax",
    severity: Severity::Error,
    summary: "a KDL file cannot be read",
    page: include_str!("../../../docs/rules/kdl-syntax.md"),
};

/// The finding for a fault.
pub fn diagnostic(file: FileId, span: Span, fault: &KdlFault) -> Diagnostic {
    let found = Diagnostic::new(&RULE, "this KDL cannot be read", Label::new(file, span, fault.label()))
        .consequence("the node that holds this is not used");
    match fault.replacement() {
        Some(text) => found.help_with_fix(fault.help(), Fix::replace(FixClass::Unsafe, file, span, text)),
        None => found.help(fault.help()),
    }
}
