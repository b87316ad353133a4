//! `base-url-without-version`: the address of a service that is well known, and whose path is none of its own.
//!
//! Deliberately only services whose paths are the same for everybody: what a proxy has, its owner knows. Invariant: the
//! path of an endpoint is appended to what is written here, and nothing else.
//!
//! Read next: [`crate::services`], which services these are; [`crate::check`], which calls it for every provider.

use pointsman_schema::source::Provider;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::services;
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "base-url-without-version",
    severity: Severity::Warning,
    summary: "the base URL of a well-known service does not end in the version of its API",
    page: include_str!("../../../docs/rules/base-url-without-version.md"),
};

/// Reports a base URL whose path the service at its host does not have.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Provider>, body: &Provider, sink: &mut Diagnostics) {
    let address = &body.base_url;
    let (host, path) = (&address.value.host, &address.value.path);
    let Some(services::Service { paths: [usual, others @ ..] }) = services::of(host) else { return };
    let is_known = path == usual || others.contains(&path.as_str());
    if is_known || index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    let found = if path.is_empty() { "no path".to_owned() } else { format!("`{}`", visible(path)) };
    let expected = if usual.is_empty() { "no path".to_owned() } else { format!("the path `{usual}`") };
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("the base URL of provider `{}` does not lead to its API", visible(&declared.name)),
            Label::new(declared.file, address.span, format!("expected {expected}, found {found}")),
        )
        .consequence("so the provider would answer every request with 404")
        .help(format!("write `https://{}{usual}`", visible(host))),
    );
}
