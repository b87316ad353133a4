//! `credential-target`: a credential that is for nothing, or for a provider and an MCP server at once.
//!
//! Deliberately only words. Invariant: a secret has one place that it may be sent to.
//!
//! Read next: [`crate::check`], which calls it for every credential.

use pointsman_schema::source::Credential;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "credential-target",
    severity: Severity::Error,
    summary: "a credential is not for exactly one provider or MCP server",
    page: include_str!("../../../docs/rules/credential-target.md"),
};

/// Reports credentials without exactly one of `provider` and `mcp-server`.
pub fn check(
    index: &Index<'_>,
    declared: &Declared<'_, Credential>,
    body: &Credential,
    sink: &mut Diagnostics,
) {
    if index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    let name = visible(&declared.name);
    match (&body.provider, &body.mcp_server) {
        (Some(_), None) | (None, Some(_)) => {}
        (None, None) => sink.push(
            Diagnostic::new(
                &RULE,
                format!("credential `{name}` is for nothing"),
                Label::new(
                    declared.file,
                    declared.named.name.span,
                    "expected `provider` or `mcp-server`, found neither",
                ),
            )
            .consequence("so the secret could be sent nowhere")
            .help("add `provider: NAME`, the provider that the secret may be sent to"),
        ),
        (Some(provider), Some(server)) => sink.push(
            Diagnostic::new(
                &RULE,
                format!("credential `{name}` is for a provider and an MCP server"),
                Label::new(declared.file, server.span, "expected one place for the secret, found two"),
            )
            .context(Label::new(declared.file, provider.span, "the other one"))
            .consequence("a secret that two services know is no secret between them")
            .help("keep one of the two, or declare two credentials with secrets of their own"),
        ),
    }
}
