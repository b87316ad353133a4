//! `role-by-address`: a role that hangs on an address, which its holder or another person can change.
//!
//! Deliberately the claims of which OIDC and Entra ID say so: `email`, `preferred_username`, `upn`, `unique_name`. A value that
//! no token carries has another finding. Invariant: who has a role today has it tomorrow, and nobody else.
//!
//! Read next: [`crate::rules::claim_never_matches`].

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Policy;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "role-by-address",
    severity: Severity::Warning,
    summary: "a role hangs on an address, which can pass to another person",
    page: include_str!("../../../docs/rules/role-by-address.md"),
};

/// Reports each role whose claim is an address.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    for (declared, role) in Policy::bodies(&index.policy.roles) {
        let claim = role.claim.value.as_str();
        let can_match = role.values.iter().any(|value| value.value.as_str().contains(['@', '*']));
        if !ADDRESSES.contains(&claim) || !can_match || index.is_spoiled(declared.file, declared.named.span) {
            continue;
        }
        let (name, claim) = (visible(&declared.name), visible(claim));
        sink.push(
            Diagnostic::new(
                &RULE,
                format!("role `{name}` hangs on claim `{claim}`"),
                Label::new(
                    declared.file,
                    role.claim.span,
                    "expected a claim that stays with a person, found an address",
                ),
            )
            .context(Label::new(declared.file, declared.named.name.span, "this role"))
            .consequence("so whoever gets the address, or can write it into a profile, gets the role")
            .help("use a group or an id: `groups`, `roles`, `sub`, `oid`"),
        );
    }
}

const ADDRESSES: [&str; 4] = ["email", "preferred_username", "unique_name", "upn"];
