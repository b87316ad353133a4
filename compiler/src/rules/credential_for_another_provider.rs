//! `credential-for-another-provider`: a backend that pairs a credential with a provider that it is not for.
//!
//! Deliberately only words. Invariant: a secret is sent only where its owner said.
//!
//! Read next: [`crate::check`], which calls it for every backend.

use pointsman_schema::read::scalar::Reference;
use pointsman_schema::source::{Backend, Credential, McpServer};
use pointsman_schema::tree::{Span, Spanned};

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Owner, Policy};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "credential-for-another-provider",
    severity: Severity::Error,
    summary: "a credential would be sent to a provider or MCP server that it is not for",
    page: include_str!("../../../docs/rules/credential-for-another-provider.md"),
};

/// Reports a backend whose credential is not for its provider.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Backend>, body: &Backend, sink: &mut Diagnostics) {
    let policy = &index.policy;
    let Some(reference) = &body.credential else { return };
    let Some(meant) = meant(policy, declared.owner, reference) else { return };
    let Some(used) = policy.provider(declared.owner, body.provider.value.as_str()).found() else { return };
    let used = Place { kind: PlaceKind::Provider, name: used };
    if meant.place == used {
        return;
    }
    let headline =
        format!("backend `{}` would send a credential to the wrong provider", visible(&declared.name));
    let here = Label::new(declared.file, body.provider.span, "requests go to this provider");
    sink.push(diagnostic(headline, (declared.file, reference.span), (used, here), &meant));
}

/// Reports an MCP server whose credential is not for it.
pub fn check_server(
    index: &Index<'_>,
    declared: &Declared<'_, McpServer>,
    body: &McpServer,
    sink: &mut Diagnostics,
) {
    let Some(reference) = &body.credential else { return };
    let Some(meant) = meant(&index.policy, declared.owner, reference) else { return };
    let used = Place { kind: PlaceKind::McpServer, name: &declared.name };
    if meant.place == used {
        return;
    }
    let headline =
        format!("MCP server `{}` would be given a credential for another", visible(&declared.name));
    let here = Label::new(declared.file, declared.named.name.span, "calls go to this server");
    sink.push(diagnostic(headline, (declared.file, reference.span), (used, here), &meant));
}

/// Something that a secret can be sent to, by stable name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place<'p> {
    kind: PlaceKind,
    name: &'p str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PlaceKind {
    Provider,
    McpServer,
}

impl Place<'_> {
    /// Its name, with its kind where that is what differs.
    fn shown(self, other: Self) -> String {
        let name = visible(self.name);
        match (self.kind == other.kind, self.kind) {
            (true, _) => format!("`{name}`"),
            (false, PlaceKind::Provider) => format!("provider `{name}`"),
            (false, PlaceKind::McpServer) => format!("MCP server `{name}`"),
        }
    }
}

/// What a credential is for, and where that is written.
struct Meant<'p> {
    place: Place<'p>,
    label: Label,
}

/// What a referred credential is for; nothing when that is not known, or is not one place.
fn meant<'p>(policy: &'p Policy<'p>, from: &Owner, reference: &Spanned<Reference>) -> Option<Meant<'p>> {
    let credential = policy.find::<Credential>(from, reference.value.as_str())?;
    let body = credential.body()?;
    let (kind, wanted) = match (&body.provider, &body.mcp_server) {
        (Some(provider), None) => (PlaceKind::Provider, provider),
        (None, Some(server)) => (PlaceKind::McpServer, server),
        _ => return None,
    };
    let name = match kind {
        PlaceKind::Provider => policy.provider(credential.owner, wanted.value.as_str()).found()?,
        PlaceKind::McpServer => policy.mcp_server(credential.owner, wanted.value.as_str()).found()?,
    };
    let label = Label::new(credential.file, wanted.span, "the credential is for this one");
    Some(Meant { place: Place { kind, name }, label })
}

fn diagnostic(
    headline: String,
    (file, span): (FileId, Span),
    (used, here): (Place<'_>, Label),
    meant: &Meant<'_>,
) -> Diagnostic {
    let (wanted, found) = (used.shown(meant.place), meant.place.shown(used));
    let field = match used.kind {
        PlaceKind::Provider => "provider",
        PlaceKind::McpServer => "mcp-server",
    };
    let label = format!("expected a credential for {wanted}, found one for {found}");
    Diagnostic::new(&RULE, headline, Label::new(file, span, label))
        .context(here)
        .context(meant.label.clone())
        .consequence(format!("so the secret for {found} would be given to {wanted}"))
        .help(format!("declare a credential with `{field}: {}` and use it here", visible(used.name)))
}
