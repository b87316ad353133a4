//! `role-for-everyone`: the role that may change everything, for every value of a claim.
//!
//! Deliberately `platform-admin` alone: to let everyone look, or work in teams, can be meant. Invariant: who may change
//! everything is said by name.
//!
//! Read next: [`crate::roles`].

use pointsman_schema::source::platform::Grant;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::roles::{Claimed, by_claim};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "role-for-everyone",
    severity: Severity::Warning,
    summary: "every value of a claim makes a person a `platform-admin`",
    page: include_str!("../../../docs/rules/role-for-everyone.md"),
};

/// Reports values that everyone with the claim has, where they give everything.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    for value in by_claim(index).values().flatten() {
        if value.role.grant.value == Grant::PlatformAdmin && value.text() == "*" {
            sink.push(diagnostic(value));
        }
    }
}

fn diagnostic(value: &Claimed<'_>) -> Diagnostic {
    let (role, file) = (visible(&value.declared.name), value.declared.file);
    let claim = visible(value.role.claim.value.as_str());
    Diagnostic::new(
        &RULE,
        format!("role `{role}` makes everyone with claim `{claim}` a `platform-admin`"),
        Label::new(file, value.value.span, "expected the values of few persons, found every value"),
    )
    .context(Label::new(file, value.role.grant.span, "this may change everything, for every team"))
    .consequence("so whoever the identity provider lets in may change every policy")
    .help("name the values that administrators have, or allow this when only they carry the claim")
}
