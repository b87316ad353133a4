//! `no-workspace`: a folder without a workspace file, or with two.
//!
//! Deliberately only words. Invariant: every policy has exactly one language version and one list of attributes.
//!
//! Read next: [`crate::index`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::file::is_workspace_path;
use crate::index::Index;
use crate::rule::{Rule, Severity};
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "no-workspace",
    severity: Severity::Error,
    summary: "a folder has no workspace file, or more than one",
    page: include_str!("../../../docs/rules/no-workspace.md"),
};

/// Reports a missing, a second or a misplaced workspace file. `virtual_file` stands for the missing one.
pub fn check(index: &Index<'_>, virtual_file: Option<FileId>, sink: &mut Diagnostics) {
    if let Some(file) = virtual_file {
        let label = Label::new(file, Span::default(), "expected this file at the root, found none");
        sink.push(
            Diagnostic::new(&RULE, "this folder is not a workspace", label)
                .consequence("so the language version and the request attributes are unknown")
                .help("create `pointsman.yaml` with the line `pointsman: 1`, or check the folder above"),
        );
    }
    if let Some((first, others)) = index.workspace_files.split_first() {
        for file in others {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    "this workspace has a second workspace file",
                    Label::new(*file, Span::new(0, 1), "expected one workspace file, found another"),
                )
                .context(Label::new(*first, Span::new(0, 1), "the first one"))
                .consequence("so two lists of attributes would compete")
                .help("keep one of the two files"),
            );
        }
    }
    for (analysis, (file, _)) in index.files.iter().zip(index.policy.source_map.files()) {
        let name = analysis.path.rsplit('/').next().unwrap_or("");
        if is_workspace_path(name) && name != analysis.path && analysis.owner.team().is_none() {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    "this workspace file is not at the root",
                    Label::new(file, Span::new(0, 1), "expected it in the top folder only"),
                )
                .consequence("so it would be read as an ordinary policy file")
                .help("move it to the root, rename it, or check this folder by itself"),
            );
        }
    }
}
