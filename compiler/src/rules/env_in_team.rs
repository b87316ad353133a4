//! `env-in-team`: a team's credential that reads the gateway's environment.
//!
//! Deliberately only words. Invariant: a team cannot name the platform's secrets.
//!
//! Read next: [`crate::check`], which calls it for every credential.

use pointsman_schema::source::{Credential, SecretPlace, SecretSource};
use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "env-in-team",
    severity: Severity::Error,
    summary: "a team's credential reads the gateway's environment",
    page: include_str!("../../../docs/rules/env-in-team.md"),
};

/// Reports `env:` in a team's folder.
pub fn check(declared: &Declared<'_, Credential>, body: &Credential, sink: &mut Diagnostics) {
    let Some(team) = declared.owner.team() else { return };
    let team = visible(team);
    sink.extend(environment(body).map(|span| {
        Diagnostic::new(
            &RULE,
            format!("credential `{}` reads the gateway's environment", visible(&declared.name)),
            Label::new(declared.file, span, "expected `file:PATH` in a team's folder, found `env:`"),
        )
        .consequence("the environment is the platform's: a team could name any secret in it")
        .help(format!("write `file:PATH`; the gateway looks for it under `<secrets>/{team}/`"))
    }));
}

/// Where a credential names variables of the environment.
fn environment(body: &Credential) -> impl Iterator<Item = Span> {
    let secret = match &body.secret.value {
        SecretSource::Kept(kept) => Some((kept, body.secret.span)),
        SecretSource::Token(..) => None,
    };
    let proofs = body.token.iter().flat_map(|token| [&token.value.key, &token.value.assertion]);
    let proofs = proofs.flatten().map(|kept| (&kept.value, kept.span));
    secret
        .into_iter()
        .chain(proofs)
        .filter_map(|(kept, span)| matches!(kept, SecretPlace::Env(_)).then_some(span))
}
