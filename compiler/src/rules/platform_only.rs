//! `platform-only`: a model, a role, a module or another thing of the platform's in a team's folder.
//!
//! Deliberately only words. Invariant: what all teams share is declared where all teams review it.
//!
//! Read next: [`crate::policy::Owner`].

use pointsman_schema::source::PolicyFile;
use pointsman_schema::source::mcp::McpTransport;
use pointsman_schema::tree::{Span, Spanned};

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
        for policy in &analysis.policies {
            sink.extend(platform_kinds(policy, team, file));
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

/// Kinds that are the platform's alone, and servers that a team may not start.
fn platform_kinds(policy: &PolicyFile, team: &str, file: FileId) -> Vec<Diagnostic> {
    let names = |kind: &'static str, consequence: &'static str, names: Vec<&Spanned<String>>| {
        let one = move |name: &Spanned<String>| {
            let headline =
                format!("{kind} `{}` is declared by team `{}`", visible(&name.value), visible(team));
            diagnostic(headline, (file, name.span)).consequence(consequence)
        };
        names.into_iter().map(one).collect::<Vec<_>>()
    };
    let processes = policy.mcp_servers.iter().filter(|server| {
        server.body.as_ref().is_some_and(|body| body.transport.value == McpTransport::Stdio)
    });
    let roles = policy.roles.iter().map(|role| &role.name).collect();
    let modules = policy.modules.iter().map(|module| &module.name).collect();
    let telemetry = policy.telemetry.iter().map(|telemetry| &telemetry.name).collect();
    let processes = processes.map(|server| &server.name).collect();
    [
        names("role", "so a team could give itself any role", roles),
        names("module", "its code runs inside the gateway, for every team", modules),
        names("telemetry", "so one team would see the traffic of all", telemetry),
        names("stdio MCP server", "so a team could start programs on the gateway's machine", processes),
    ]
    .concat()
}

fn diagnostic(headline: String, (file, span): (FileId, Span)) -> Diagnostic {
    Diagnostic::new(
        &RULE,
        headline,
        Label::new(file, span, "expected outside `teams/`, found in a team's folder"),
    )
    .help("move it to a file of the platform")
}
