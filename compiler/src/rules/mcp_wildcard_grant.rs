//! `mcp-wildcard-grant`: a profile that takes every tool of a server.
//!
//! Deliberately only for all of them: a pattern such as `get_*` is a choice. Invariant: who means all says so, with a reason.
//!
//! Read next: [`super::mcp_tool_collision`], for names that meet.

use pointsman_schema::source::mcp::{McpProfile, ProfileServer};

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "mcp-wildcard-grant",
    severity: Severity::Warning,
    summary: "an MCP profile takes every tool of a server",
    page: include_str!("../../../docs/rules/mcp-wildcard-grant.md"),
};

/// Reports each entry of a profile that takes all, by `*` or by saying nothing.
pub fn check(
    index: &Index<'_>,
    declared: &Declared<'_, McpProfile>,
    body: &McpProfile,
    sink: &mut Diagnostics,
) {
    for server in &body.servers {
        let ProfileServer { name, tools, prefix: _, rename: _ } = &server.value;
        let (span, label) = match tools.iter().find(|tool| tool.value.as_str() == "*") {
            Some(tool) => (tool.span, "expected the names of tools, found all of them"),
            None if tools.is_empty() && !index.is_spoiled(declared.file, declared.named.span) => {
                (name.span, "expected `tools` beside it, found none, which means all of them")
            }
            None => continue,
        };
        let (profile, server) = (visible(&declared.name), visible(name.value.as_str()));
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("profile `{profile}` takes every tool of server `{server}`"),
                Label::new(declared.file, span, label),
            )
            .consequence("so whatever the server adds can be called from that moment on, under any name")
            .help(
                "name the tools that are needed, or allow this warning for a server that you trust with it",
            ),
        );
    }
}
