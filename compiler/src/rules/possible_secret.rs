//! `possible-secret`: text that looks drawn at random where a secret belongs.
//!
//! Deliberately a warning: nothing but its place and its look tells, so there is a way out. Invariant: no renderer ever
//! prints it: its place is masked like that of a secret with a known form.
//!
//! Read next: [`crate::secret`], which finds it; [`super::literal_secret`], for what is certain.

use crate::diagnostic::{Diagnostic, Label};
use crate::rule::{Rule, Severity};
use crate::secret::Secret;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "possible-secret",
    severity: Severity::Warning,
    summary: "random text stands where a secret belongs",
    page: include_str!("../../../docs/rules/possible-secret.md"),
};

/// The finding for a policy file; the caller masks its place.
pub fn diagnostic(file: FileId, secret: Secret) -> Diagnostic {
    found(file, secret, "a policy file")
}

/// The finding for a file that is not policy.
pub fn beside(file: FileId, secret: Secret) -> Diagnostic {
    found(file, secret, "a file beside the policy")
        .help("where it is none, write `allow possible-secret: REASON` in a comment on the same line")
}

/// Whether a line says that what looks like a secret in it is none; for files without the comments of the language.
pub fn is_allowed(line: &str) -> bool {
    line.split_once(MARK).is_some_and(|(_, reason)| !reason.trim().is_empty())
}

/// What such a line holds, with a reason after it.
pub const MARK: &str = "allow possible-secret:";

fn found(file: FileId, secret: Secret, place: &str) -> Diagnostic {
    let label = Label::new(file, secret.span, "expected a name or a reference, found random text");
    Diagnostic::new(&RULE, format!("what looks like a secret stands in {place}"), label)
        .consequence("so everyone who can read the repository, now or in its history, could use it")
        .help(
            "if it is one, revoke it at its issuer; put the new one where `env:NAME` or `file:PATH` finds it",
        )
}
