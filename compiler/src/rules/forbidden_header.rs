//! `forbidden-header`: an attribute that reads a header of secrets or of the connection.
//!
//! Deliberately only words. Invariant: no rule and no record sees a credential.
//!
//! Read next: [`crate::check`], which calls it for the workspace.

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "forbidden-header",
    severity: Severity::Error,
    summary: "an attribute reads a header that carries a secret or belongs to the connection",
    page: include_str!("../../../docs/rules/forbidden-header.md"),
};

/// Reports attributes with such a header.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let file = index.policy.workspace_file;
    for attribute in &index.policy.workspace.attributes {
        let Some(header) = attribute.body.as_ref().and_then(|body| body.header.as_ref()) else { continue };
        let Some(why) = forbidden(header.value.as_str()) else { continue };
        let name = visible(&attribute.name.value);
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("attribute `{name}` reads a header that rules may not see"),
                Label::new(file, header.span, format!("expected a header of your own, found one that {why}")),
            )
            .context(Label::new(file, attribute.name.span, "in this attribute"))
            .consequence("attributes are written to traffic records and read by every rule")
            .help("let clients send a header of its own, such as `x-tier`"),
        );
    }
}

fn forbidden(header: &str) -> Option<&'static str> {
    match header {
        "authorization" | "x-api-key" | "api-key" | "x-goog-api-key" | "cookie" | "set-cookie" => {
            Some("carries credentials")
        }
        "host" | "content-length" | "transfer-encoding" | "connection" | "keep-alive" | "te" | "trailer"
        | "upgrade" | "expect" => Some("belongs to the connection"),
        _ if header.starts_with("proxy-") => Some("belongs to the connection"),
        "forwarded" => Some("anyone can set to any address"),
        _ if header.starts_with("x-forwarded-") => Some("anyone can set to any address"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: bool) {
        assert_eq!(forbidden(header).is_some(), expected, "{header}");
    }

    #[test]
    fn secrets_and_connections_are_hidden() {
        check("authorization", true);
        check("proxy-authorization", true);
        check("x-forwarded-for", true);
        check("x-tier", false);
        check("x-api-key-name", false);
    }
}
