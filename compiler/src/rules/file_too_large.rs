//! `file-too-large`: a policy file past the size limit.
//!
//! Deliberately only words. Invariant: memory is bounded by the limit, whatever a repository holds.
//!
//! Read next: [`pointsman_schema::limits::SOURCE_FILE_BYTES_MAX`].

use pointsman_schema::limits::SOURCE_FILE_BYTES_MAX;
use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "file-too-large",
    severity: Severity::Error,
    summary: "a policy file is larger than the compiler reads",
    page: include_str!("../../../docs/rules/file-too-large.md"),
};

/// The finding for a file.
pub fn diagnostic(file: FileId) -> Diagnostic {
    let limit_mib = SOURCE_FILE_BYTES_MAX >> 20;
    let label = format!("expected at most {limit_mib} MiB");
    Diagnostic::new(
        &RULE,
        format!("this policy file is larger than {limit_mib} MiB"),
        Label::new(file, Span::default(), label),
    )
    .consequence("nothing of the file is used")
    .help("divide it into several files; how declarations are spread over files changes nothing")
}
