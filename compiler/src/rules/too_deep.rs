//! `too-deep`: values nested past the limit.
//!
//! Deliberately only words; the front ends count. Invariant: no later pass can exhaust its stack on a tree.
//!
//! Read next: [`pointsman_schema::limits`].

use pointsman_schema::limits::SOURCE_DEPTH_MAX;
use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "too-deep",
    severity: Severity::Error,
    summary: "values are nested too deep",
    page: include_str!("../../../docs/rules/too-deep.md"),
};

/// The finding for the first value that is too deep.
pub fn diagnostic(file: FileId, span: Span) -> Diagnostic {
    let label = format!("expected at most {SOURCE_DEPTH_MAX} levels, this starts another one");
    Diagnostic::new(&RULE, "values are nested too deep", Label::new(file, span, label))
        .consequence("the rest of the document is not read")
        .help("flatten the value; in `match`, an `all` inside an `all` can be one list")
}
