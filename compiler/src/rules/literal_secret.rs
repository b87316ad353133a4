//! `literal-secret`: a secret in plain text.
//!
//! Deliberately only words. Invariant: no renderer ever prints it: its place is redacted in the source map before any finding is drawn.
//!
//! Read next: [`crate::secret`], which finds it.

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::secret::Secret;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "literal-secret",
    severity: Severity::Error,
    summary: "a secret stands in a file of the workspace",
    page: include_str!("../../../docs/rules/literal-secret.md"),
};

/// The finding for a secret in a policy file; the caller masks its place.
pub fn diagnostic(file: FileId, secret: Secret) -> Diagnostic {
    let issuer = secret.issuer;
    let label = format!("expected a reference to a secret, found {issuer}");
    found(format!("{issuer} stands in a policy file"), Label::new(file, secret.span, label), issuer)
}

/// The finding for a secret in a file that is not policy.
pub fn beside(file: FileId, secret: Secret) -> Diagnostic {
    let issuer = secret.issuer;
    let label = format!("expected no secret in the repository, found {issuer}");
    found(
        format!("{issuer} stands in a file beside the policy"),
        Label::new(file, secret.span, label),
        issuer,
    )
    .help("where the file must hold it and is only for this machine, let Git ignore the file")
}

/// The finding for a secret in the name of a file or a folder.
pub fn in_path(file: FileId, secret: Secret) -> Diagnostic {
    let issuer = secret.issuer;
    let label = format!("expected a name without a secret, found {issuer} in it");
    found(format!("the name of a file holds {issuer}"), Label::new(file, Span::default(), label), issuer)
}

fn found(headline: String, label: Label, issuer: &str) -> Diagnostic {
    Diagnostic::new(&RULE, headline, label)
        .consequence("so everyone who can read the repository, now or in its history, can use it")
        .help(match issuer {
            "a Pointsman API key" => {
                "revoke it; `pointsman key new` prints a new key and the digest that belongs here"
            }
            _ => "revoke it at its issuer; put the new one where `env:NAME` or `file:PATH` finds it",
        })
}
