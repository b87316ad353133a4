//! `unsearched-file`: a file that was not searched for secrets.
//!
//! Deliberately only words. Invariant: a check that says nothing has looked everywhere, within its stated limits.
//!
//! Read next: [`crate::tree_source`], for the limits.

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;
use crate::tree_source::{BESIDE_FILES_MAX, BESIDE_TOTAL_BYTES_MAX};

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unsearched-file",
    severity: Severity::Warning,
    summary: "a file beside the policy was not searched for secrets",
    page: include_str!("../../../docs/rules/unsearched-file.md"),
};

/// Why a file was not searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsearched {
    /// It cannot be read; its path as it may be printed.
    Unreadable(String),
    /// There are more files, or more text in them, than one check searches.
    TooMany,
}

/// The finding, told at the workspace file, where it can be allowed.
pub fn diagnostic((file, span): (FileId, Span), unsearched: &Unsearched) -> Diagnostic {
    let (headline, label, help) = match unsearched {
        Unsearched::Unreadable(path) => (
            format!("the file `{}` was not searched for secrets", visible(path)),
            "expected to read every file of this workspace, found one that cannot be read".to_owned(),
            "make it readable, or let Git ignore it",
        ),
        Unsearched::TooMany => (
            "some files beside the policy were not searched for secrets".to_owned(),
            format!(
                "expected at most {BESIDE_FILES_MAX} files with {} MiB beside the policy of this workspace, found more",
                BESIDE_TOTAL_BYTES_MAX >> 20
            ),
            "give the policy a folder of its own, or let Git ignore what is made by tools",
        ),
    };
    Diagnostic::new(&RULE, headline, Label::new(file, span, label))
        .consequence("so a secret in it would go unnoticed")
        .help(help)
}
