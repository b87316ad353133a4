//! `credential-for-another-owner`: a credential for a provider that somebody else declares.
//!
//! Deliberately only words. Invariant: whoever can change an address is whoever owns the secret that is sent to it.
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
    slug: "credential-for-another-owner",
    severity: Severity::Error,
    summary: "a credential is for a provider of another owner",
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
    let Some(reference) = &body.provider else { return };
    let provider = policy.provider(declared.owner, reference.value.as_str()).found();
    let Some(provider) = provider.and_then(|provider| policy.providers.get(provider)) else { return };
    if provider.owner == declared.owner {
        return;
    }
    let (mine, theirs) = (declared.owner, provider.owner);
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("credential `{}` is for a provider of {theirs}", visible(&declared.name)),
            Label::new(
                declared.file,
                reference.span,
                format!("expected a provider of {mine}, found one of {theirs}"),
            ),
        )
        .context(Label::new(provider.file, provider.named.name.span, format!("declared by {theirs}")))
        .consequence(format!("so {theirs} could change where the secret is sent"))
        .help("declare a provider of the same address beside the credential, and use it in the backend"),
    );
}
