//! `file-outside-team`: a policy file beside the folders of the teams.
//!
//! Deliberately only words. Invariant: whose a file is shows in its path, and nobody's file is taken for the platform's.
//!
//! Read next: [`crate::policy::Owner`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::file::is_workspace_path;
use crate::index::Index;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "file-outside-team",
    severity: Severity::Error,
    summary: "a file stands directly under `teams/`, in no team's folder",
    page: include_str!("../../../docs/rules/file-outside-team.md"),
};

/// Reports policy files directly under `teams/`. A workspace file there is `no-workspace`.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    for (analysis, (file, _)) in index.files.iter().zip(index.policy.source_map.files()) {
        let Some(name) = analysis.path.strip_prefix("teams/") else { continue };
        if name.contains('/') || is_workspace_path(name) {
            continue;
        }
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let label = "expected a folder for each team, found a file beside them";
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("the file `{}` belongs to no team", visible(&analysis.path)),
                Label::new(file, Span::new(0, 1), label),
            )
            .consequence("so its names would be the platform's, and its credentials for every team")
            .help(format!(
                "move it to `teams/{}/`, or out of `teams/` when it is the platform's",
                visible(stem)
            )),
        );
    }
}
