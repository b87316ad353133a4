//! `rename-without-effect`: a new name for a tool that a profile does not take, or the name that it has already.
//!
//! Deliberately only what the policy says: whether a server has such a tool is the server's to say. Invariant: every entry of
//! `rename` changes a name, as soon as the server has the tool.
//!
//! Read next: [`crate::reach::tools`], which puts names together.

use pointsman_schema::source::mcp::{McpProfile, ProfileServer};
use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::reach::tools::is_taken;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "rename-without-effect",
    severity: Severity::Warning,
    summary: "a `rename` of an MCP profile renames nothing",
    page: include_str!("../../../docs/rules/rename-without-effect.md"),
};

/// Reports such entries of a profile.
pub fn check(
    index: &Index<'_>,
    declared: &Declared<'_, McpProfile>,
    body: &McpProfile,
    sink: &mut Diagnostics,
) {
    if index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    for server in &body.servers {
        let ProfileServer { name: _, tools: _, prefix, rename } = &server.value;
        for (from, to) in rename.iter().flat_map(|rename| &rename.value.0) {
            if !is_taken(&server.value, &from.value) {
                let label = "expected a tool that `tools` takes, found another one";
                sink.push(diagnostic(declared, &server.value, (from, label)));
            } else if prefix.is_none() && to.value.as_str() == from.value {
                let label = "expected another name, found the one that the tool has";
                sink.push(diagnostic(declared, &server.value, (from, label)));
            }
        }
    }
}

fn diagnostic(
    declared: &Declared<'_, McpProfile>,
    server: &ProfileServer,
    (from, label): (&Spanned<String>, &str),
) -> Diagnostic {
    let (tool, profile) = (visible(&from.value), visible(&declared.name));
    Diagnostic::new(
        &RULE,
        format!("`rename` of tool `{tool}` in MCP profile `{profile}` has no effect"),
        Label::new(declared.file, from.span, label),
    )
    .context(Label::new(declared.file, server.name.span, "of this server"))
    .consequence("so no tool is shown under the new name that was not before")
    .help("correct the name of the tool, add it to `tools`, or remove the entry")
}
