//! `credential-for-another-provider`: a backend that pairs a credential with a provider that it is not for.
//!
//! Deliberately only words. Invariant: a secret is sent only where its owner said.
//!
//! Read next: [`crate::check`], which calls it for every backend.

use pointsman_schema::source::Backend;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "credential-for-another-provider",
    severity: Severity::Error,
    summary: "a backend sends a credential to a provider that it is not for",
    page: include_str!("../../../docs/rules/credential-for-another-provider.md"),
};

/// Reports a backend whose credential is for another provider.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Backend>, body: &Backend, sink: &mut Diagnostics) {
    let policy = &index.policy;
    let Some(reference) = &body.credential else { return };
    let Some(credential) = policy.credential(declared.owner, reference.value.as_str()).found() else {
        return;
    };
    let Some(credential) = policy.credentials.get(credential) else { return };
    let Some(wanted) = credential.body().and_then(|body| body.provider.as_ref()) else { return };
    let meant = policy.provider(credential.owner, wanted.value.as_str()).found();
    let used = policy.provider(declared.owner, body.provider.value.as_str()).found();
    let (Some(meant), Some(used)) = (meant, used) else { return };
    if meant == used {
        return;
    }
    let (meant, used) = (visible(meant), visible(used));
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("backend `{}` would send a credential to the wrong provider", visible(&declared.name)),
            Label::new(
                declared.file,
                reference.span,
                format!("expected a credential for `{used}`, found one for `{meant}`"),
            ),
        )
        .context(Label::new(declared.file, body.provider.span, "requests go to this provider"))
        .context(Label::new(credential.file, wanted.span, "the credential is for this one"))
        .consequence(format!("so the secret for `{meant}` would be given to `{used}`"))
        .help(format!("declare a credential with `provider: {used}` and use it here")),
    );
}
