//! `credential-for-another-owner`: a credential for a provider that somebody else declares.
//!
//! Deliberately only words. Invariant: whoever can change an address is whoever owns the secret that is sent to it.
//!
//! Read next: [`crate::check`], which calls it for every credential.

use pointsman_schema::read::record::with_article;
use pointsman_schema::source::{Credential, McpServer, Provider};
use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Owner};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "credential-for-another-owner",
    severity: Severity::Error,
    summary: "a credential is for a provider or MCP server of another owner",
    page: include_str!("../../../docs/rules/credential-for-another-owner.md"),
};

/// Reports a credential whose provider has another owner.
pub fn check(
    index: &Index<'_>,
    declared: &Declared<'_, Credential>,
    body: &Credential,
    sink: &mut Diagnostics,
) {
    let policy = &index.policy;
    if let Some(reference) = &body.provider
        && let Some(provider) = policy.find::<Provider>(declared.owner, reference.value.as_str())
    {
        let place = Place { kind: "provider", user: "backend", owner: provider.owner };
        let here = (provider.file, provider.named.name.span);
        sink.extend(place.judge(declared, reference.span, here));
    }
    if let Some(reference) = &body.mcp_server
        && let Some(server) = policy.find::<McpServer>(declared.owner, reference.value.as_str())
    {
        let place = Place { kind: "MCP server", user: "profile", owner: server.owner };
        let here = (server.file, server.named.name.span);
        sink.extend(place.judge(declared, reference.span, here));
    }
}

/// What a credential is for.
struct Place<'p> {
    kind: &'static str,
    /// What joins it with the credential.
    user: &'static str,
    owner: &'p Owner,
}

impl Place<'_> {
    fn judge(
        &self,
        declared: &Declared<'_, Credential>,
        reference: Span,
        (file, name): (FileId, Span),
    ) -> Option<Diagnostic> {
        let Self { kind, user, owner: theirs } = self;
        let mine = declared.owner;
        if mine == *theirs {
            return None;
        }
        let label = format!("expected {} of {mine}, found one of {theirs}", with_article(kind));
        let headline =
            format!("credential `{}` is for {} of {theirs}", visible(&declared.name), with_article(kind));
        let found = Diagnostic::new(&RULE, headline, Label::new(declared.file, reference, label))
            .context(Label::new(file, name, format!("declared by {theirs}")))
            .consequence(format!("so {theirs} could change where the secret is sent"))
            .help(format!(
                "declare {} of the same address beside the credential, and use it in the {user}",
                with_article(kind)
            ));
        Some(found)
    }
}
