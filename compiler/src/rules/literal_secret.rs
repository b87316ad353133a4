//! `literal-secret`: a secret in plain text.
//!
//! Deliberately only words. Invariant: no renderer ever prints it: its place is redacted in the source map before any finding is drawn.
//!
//! Read next: [`crate::secret`], which finds it.

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::secret::Secret;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "literal-secret",
    severity: Severity::Error,
    summary: "a secret stands in a policy file",
    page: include_str!("../../../docs/rules/literal-secret.md"),
};

/// The finding for a secret; the caller redacts its place.
pub fn diagnostic(file: FileId, secret: Secret) -> Diagnostic {
    let issuer = secret.issuer;
    let found = Diagnostic::new(
        &RULE,
        format!("{issuer} stands in a policy file"),
        Label::new(file, secret.span, format!("expected a reference to a secret, found {issuer}")),
    )
    .consequence("everyone who can read the repository, now or in its history, can use it");
    match issuer {
        "a Pointsman API key" => {
            found.help("revoke it; `pointsman key new` prints a new key and the digest that belongs here")
        }
        _ => found.help("revoke it at its issuer; put the new one where `env:NAME` or `file:PATH` finds it"),
    }
}
