//! `mcp-transport`: an MCP server whose address or command does not fit its transport.
//!
//! Deliberately only words. Invariant: a server that compiles can be reached, and every field of it is read.
//!
//! Read next: [`crate::check`], which calls it.

use pointsman_schema::source::McpServer;
use pointsman_schema::source::mcp::McpTransport;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "mcp-transport",
    severity: Severity::Error,
    summary: "an MCP server is reached in another way than its transport says",
    page: include_str!("../../../docs/rules/mcp-transport.md"),
};

/// Reports a server without what its transport needs, and one with what only the other transport reads.
pub fn check(
    index: &Index<'_>,
    declared: &Declared<'_, McpServer>,
    body: &McpServer,
    sink: &mut Diagnostics,
) {
    let transport = &body.transport;
    let url = body.url.as_ref().map(|url| url.span);
    let command = body.command.first().map(|word| word.span);
    let (needed, is_missing, surplus, other) = match transport.value {
        McpTransport::Http => ("url", url.is_none(), command, "command"),
        McpTransport::Stdio => ("command", command.is_none(), url, "url"),
    };
    let name = visible(&declared.name);
    let how = Label::new(declared.file, transport.span, "how it is reached");
    if let Some(span) = surplus {
        let label = format!("expected `{needed}` for `{}`, found `{other}`", transport.value);
        let headline = format!("`{other}` of MCP server `{name}` is never read");
        sink.push(
            Diagnostic::new(&RULE, headline, Label::new(declared.file, span, label))
                .context(how)
                .consequence(format!("so a server that is reached over `{}` ignores it", transport.value))
                .help("remove it, or change the transport"),
        );
    } else if is_missing && !index.is_spoiled(declared.file, declared.named.span) {
        let label = format!("expected `{needed}` beside it, found none");
        let headline = format!("MCP server `{name}` has no `{needed}`");
        sink.push(
            Diagnostic::new(&RULE, headline, Label::new(declared.file, transport.span, label))
                .consequence("so it cannot be reached")
                .help(format!("add `{needed}`, or change the transport")),
        );
    }
}
