//! `claim-never-matches`: a value of a role that no token can carry in this claim.
//!
//! Deliberately only claims whose form is laid down: by OIDC (`email`), Google (`hd`) and Entra ID (`oid`, `tid`,
//! and `groups` where other values are ids). What an issuer may put into its own claims nobody knows. Invariant: what is
//! reported has a form that its claim never has.
//!
//! Read next: [`crate::roles`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::roles::{Claimed, by_claim};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "claim-never-matches",
    severity: Severity::Warning,
    summary: "a value of a role has a form that its claim never has",
    page: include_str!("../../../docs/rules/claim-never-matches.md"),
};

/// Reports values that cannot be in their claim, and names among ids.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    for (claim, values) in by_claim(index) {
        let id = values.iter().find(|value| is_id(value.text()));
        let id = id.filter(|_| claim == "groups").map(|id| (id.declared.file, id.value.span));
        for value in &values {
            if let Some(expected) = expected(claim, value.text()) {
                sink.push(diagnostic(claim, value, expected));
            } else if let Some(id) = id
                && is_no_id(value.text())
            {
                sink.push(name_among_ids(claim, value, id));
            }
        }
    }
}

/// The form of a claim that a value does not have.
fn expected(claim: &str, value: &str) -> Option<&'static str> {
    let is_pattern = value.contains('*');
    match claim {
        "email" if !is_pattern && !value.contains('@') => Some("an address with an `@`"),
        "hd" if !value.chars().all(|c| is_of_domain(c) || c == '*') => Some("a domain in lower case"),
        "oid" | "tid" if is_no_id(value) => Some("an id in lower case, 8-4-4-4-12 hexadecimal digits"),
        _ => None,
    }
}

fn is_of_domain(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-')
}

/// Whether a text is an object's id, as Entra ID writes it.
fn is_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && text.chars().all(is_of_id)
}

fn is_of_id(c: char) -> bool {
    matches!(c, '0'..='9' | 'a'..='f' | '-')
}

/// Whether a text or pattern fits no id.
fn is_no_id(text: &str) -> bool {
    match text.split_once('*') {
        None => !is_id(text),
        Some((begin, end)) => !begin.chars().chain(end.chars()).all(is_of_id),
    }
}

fn diagnostic(claim: &str, value: &Claimed<'_>, expected: &str) -> Diagnostic {
    let label = format!("expected {expected}, found another text");
    let headline = headline(claim, value);
    Diagnostic::new(&RULE, headline, Label::new(value.declared.file, value.value.span, label))
        .context(Label::new(value.declared.file, value.role.claim.span, "in this claim"))
        .consequence("so no token carries it, and nobody gets the role by it")
        .help("write the value as the issuer sends it, or look at another claim")
}

fn name_among_ids(claim: &str, value: &Claimed<'_>, (file, id): (FileId, Span)) -> Diagnostic {
    let label = "expected the id of a group, as others are, found what looks like its name";
    Diagnostic::new(&RULE, headline(claim, value), Label::new(value.declared.file, value.value.span, label))
        .context(Label::new(file, id, "here groups are given by their ids"))
        .consequence("so no token of an issuer that sends ids carries it, as Entra ID does")
        .help("write the group's id, or allow this when the issuer sends both")
}

fn headline(claim: &str, value: &Claimed<'_>) -> String {
    let (text, role) = (visible(value.text()), visible(&value.declared.name));
    format!("value `{text}` of role `{role}` is never in claim `{}`", visible(claim))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_form_of_their_claim() {
        let id = "9b1f7c2e-5d3a-4c8b-9e6f-0a1b2c3d4e5f";
        let check =
            |claim, value, fits| assert_eq!(expected(claim, value).is_none(), fits, "{claim} {value}");
        check("email", "jo@example.com", true);
        check("email", "jo", false);
        check("email", "*example.com", true);
        check("hd", "example.com", true);
        check("hd", "*.example.com", true);
        check("hd", "Example.com", false);
        check("hd", "@example.com", false);
        check("tid", id, true);
        check("tid", "9b1f7c2e-*", true);
        check("tid", "contoso", false);
        check("oid", "9B1F7C2E-5D3A-4C8B-9E6F-0A1B2C3D4E5F", false);
        check("groups", "Platform Admins", true);
        check("roles", "x", true);
    }
}
