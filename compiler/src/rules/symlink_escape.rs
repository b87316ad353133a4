//! `symlink-escape`: a link that leads out of the workspace, or nowhere.
//!
//! Deliberately only words. Invariant: no byte from outside the workspace becomes policy.
//!
//! Read next: [`crate::tree_source::Directory`], which finds it.

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "symlink-escape",
    severity: Severity::Error,
    summary: "a symbolic link leads out of the workspace",
    page: include_str!("../../../docs/rules/symlink-escape.md"),
};

/// The finding for a link; `file` stands for it and has no text.
pub fn diagnostic(file: FileId) -> Diagnostic {
    Diagnostic::new(
        &RULE,
        "a symbolic link leads out of the workspace",
        Label::new(
            file,
            Span::default(),
            "expected a file or folder inside, found a link to outside or nowhere",
        ),
    )
    .consequence("nothing behind it is read")
    .help("replace the link by the file or folder itself, or remove it")
}
