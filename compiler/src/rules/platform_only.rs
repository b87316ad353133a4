//! `platform-only`: a model or a workspace file in a team's folder.
//!
//! Deliberately only words. Invariant: what all teams share is declared where all teams review it.
//!
//! Read next: [`crate::policy::Owner`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::file::is_workspace_path;
use crate::index::Index;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "platform-only",
    severity: Severity::Error,
    summary: "a team's folder holds what only the platform may declare",
    page: include_str!("../../../docs/rules/platform-only.md"),
};

/// Reports models and workspace files of teams.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    for (analysis, (file, _)) in index.files.iter().zip(index.policy.source_map.files()) {
        let Some(team) = analysis.owner.team() else { continue };
        for model in analysis.policies.iter().flat_map(|policy| &policy.models) {
            let headline =
                format!("model `{}` is declared by team `{}`", visible(&model.name.value), visible(team));
            sink.push(diagnostic(headline, (file, model.name.span)).consequence(
                "a model's limits and capabilities hold for every team, so one team would decide for all",
            ));
        }
        if analysis.path.rsplit('/').next().is_some_and(is_workspace_path) {
            let headline = format!("team `{}` has a workspace file", visible(team));
            sink.push(
                diagnostic(headline, (file, Span::new(0, 1)))
                    .consequence("attributes hold for every team, so one team would decide for all"),
            );
        }
    }
}

fn diagnostic(headline: String, (file, span): (FileId, Span)) -> Diagnostic {
    Diagnostic::new(
        &RULE,
        headline,
        Label::new(file, span, "expected outside `teams/`, found in a team's folder"),
    )
    .help("move it to a file of the platform")
}
