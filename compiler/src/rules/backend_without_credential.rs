//! `backend-without-credential`: a backend of a service that asks every request for a credential, and which gets none.
//!
//! Deliberately only services that are known to: a server of one's own, or a proxy that adds the credential, wants none.
//! Invariant: what is reported here could not serve a single request.
//!
//! Read next: [`crate::services`], which services these are; [`crate::check`], which calls it for every backend.

use pointsman_schema::source::Backend;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::services;
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "backend-without-credential",
    severity: Severity::Warning,
    summary: "a backend has no credential, and its provider asks for one",
    page: include_str!("../../../docs/rules/backend-without-credential.md"),
};

/// Reports a backend without a credential at a service that asks for one.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Backend>, body: &Backend, sink: &mut Diagnostics) {
    if body.credential.is_some() || index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    let policy = &index.policy;
    let provider = policy.provider(declared.owner, body.provider.value.as_str()).found();
    let provider = provider.and_then(|name| policy.providers.get(name));
    let Some((provider, address)) = provider.and_then(|found| Some((found, &found.body()?.base_url))) else {
        return;
    };
    let host = &address.value.host;
    if services::of(host).is_none() {
        return;
    }
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("backend `{}` has no credential", visible(&declared.name)),
            Label::new(declared.file, body.provider.span, "expected a `credential` beside it, found none"),
        )
        .context(Label::new(provider.file, address.span, format!("`{}` asks for one", visible(host))))
        .consequence("so the provider would refuse every request")
        .help("add `credential` with the name of one that is for this provider"),
    );
}
