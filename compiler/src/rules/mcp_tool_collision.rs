//! `mcp-tool-collision`: two tools of one profile under one name.
//!
//! Deliberately an error only where both names are written down; where a pattern is in play, it is a warning: the server has
//! not got such a tool yet, as far as anyone can say. Invariant: a name that is written down in a profile is one tool.
//!
//! Read next: [`crate::reach::tools`], which works the names out; [`super::mcp_wildcard_grant`] for patterns that are all.

use pointsman_schema::source::mcp::McpProfile;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::reach::tools::{Meeting, Shown, meetings, shown};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "mcp-tool-collision",
    severity: Severity::Error,
    summary: "two tools of an MCP profile have one name; a warning when they only could",
    page: include_str!("../../../docs/rules/mcp-tool-collision.md"),
};

/// Reports every tool whose name an earlier one has or could have.
pub fn check<'w>(
    index: &'w Index<'w>,
    declared: &'w Declared<'w, McpProfile>,
    body: &'w McpProfile,
    sink: &mut Diagnostics,
) {
    if index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    let shown = shown(&index.policy, declared, body);
    for meeting in meetings(body, &shown) {
        let Meeting { later, earlier, is_certain } = meeting;
        if let (Some(later), Some(earlier)) = (shown.get(later), shown.get(earlier)) {
            sink.push(diagnostic(declared, (earlier, later), is_certain));
        }
    }
}

fn diagnostic(
    declared: &Declared<'_, McpProfile>,
    (earlier, later): (&Shown<'_>, &Shown<'_>),
    is_certain: bool,
) -> Diagnostic {
    let profile = visible(&declared.name);
    let (name, other) = (later.name.text(), earlier.name.text());
    let (name, other) = (visible(&name), visible(&other));
    let of = |shown: &Shown<'_>| {
        let original = shown.original.text();
        format!("`{}` of server `{}`", visible(&original), visible(shown.server))
    };
    let (headline, label, consequence) = if is_certain {
        (
            format!("two tools of profile `{profile}` have the name `{name}`"),
            format!("expected a name of its own, found `{name}` again"),
            "so a call could not say which of them it means",
        )
    } else {
        (
            format!("two tools of profile `{profile}` can come to have one name"),
            format!("expected names that no other tool can have, found `{name}` beside `{other}`"),
            "so a server could take calls that are meant for another one",
        )
    };
    let mut found = Diagnostic::new(&RULE, headline, Label::new(declared.file, later.span, label))
        .context(Label::new(declared.file, earlier.span, format!("this is {}", of(earlier))))
        .consequence(consequence)
        .help("give one of the servers a `prefix`, or `rename` the tool");
    if !is_certain {
        found.severity = Severity::Warning;
    }
    found
}
