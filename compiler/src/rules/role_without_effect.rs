//! `role-without-effect`: a part of a role that gives nothing.
//!
//! Deliberately silent about a value beside a wider one where another role stands between the two: there it is the
//! exception to an exception. Invariant: what is reported can be removed, and everybody may do what they may now.
//!
//! Read next: [`crate::roles`], which compares the values.

use std::collections::BTreeMap;

use pointsman_schema::source::Role;
use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::roles::{Claimed, by_claim, covers, is_in_teams, witness};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "role-without-effect",
    severity: Severity::Warning,
    summary: "a part of a role gives nothing",
    page: include_str!("../../../docs/rules/role-without-effect.md"),
};

/// Reports roles without a value, and values and teams beside wider ones of the same role.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    for (declared, role) in Policy::bodies(&index.policy.roles) {
        if index.is_spoiled(declared.file, declared.named.span) {
            continue;
        }
        if role.values.is_empty() {
            sink.push(without_values(declared, role));
        }
        sink.extend(teams(declared, role));
    }
    for values in by_claim(index).values() {
        for of_one in values.chunk_by(|a, b| a.declared.name == b.declared.name) {
            of_one_role(of_one, values, sink);
        }
    }
}

/// The values of one role for one claim, beside those of all roles.
fn of_one_role(of_one: &[Claimed<'_>], values: &[Claimed<'_>], sink: &mut Diagnostics) {
    let patterns: Vec<_> = of_one.iter().filter(|value| value.text().contains('*')).collect();
    let mut seen: BTreeMap<&str, &Claimed<'_>> = BTreeMap::new();
    for value in of_one {
        if let Some(first) = seen.get(value.text()) {
            sink.push(beside_a_wider(value, first));
            continue;
        }
        seen.insert(value.text(), value);
        let is_wider =
            |wide: &&&Claimed<'_>| wide.text() != value.text() && covers(wide.text(), value.text());
        if let Some(wider) = patterns.iter().find(is_wider)
            && !is_exception(value, values)
        {
            sink.push(beside_a_wider(value, wider));
        }
    }
}

/// Whether another role speaks of values that this one fits, so that it matters which is more exact.
fn is_exception(value: &Claimed<'_>, values: &[Claimed<'_>]) -> bool {
    values.iter().any(|other| {
        other.role.grant.value != value.role.grant.value && witness(other.text(), value.text()).is_some()
    })
}

fn without_values(declared: &Declared<'_, Role>, role: &Role) -> Diagnostic {
    let label = "expected values of this claim in `values`, found none";
    Diagnostic::new(
        &RULE,
        format!("role `{}` is given to nobody", visible(&declared.name)),
        Label::new(declared.file, role.claim.span, label),
    )
    .context(Label::new(declared.file, declared.named.name.span, "this role"))
    .consequence("so no person gets it")
    .help("add `values`, or remove the role")
}

fn beside_a_wider(value: &Claimed<'_>, wider: &Claimed<'_>) -> Diagnostic {
    let (text, wide) = (visible(value.text()), visible(wider.text()));
    let label = if text == wide {
        "expected each value once, found this one again".to_owned()
    } else {
        format!("expected a value that does not fit `{wide}`, found one that does")
    };
    let what = (format!("value `{text}`"), label);
    pointless(value.declared, what, (value.value.span, wider.value.span))
}

/// A team beside `*`.
fn teams(declared: &Declared<'_, Role>, role: &Role) -> Vec<Diagnostic> {
    let Some(all) = role.teams.iter().find(|team| team.value.as_str() == "*") else { return Vec::new() };
    let named = role.teams.iter().filter(|team| team.value.as_str() != "*");
    let report = |team: &pointsman_schema::tree::Spanned<_>, name: &str| {
        let label = "expected no team beside `*`, found one".to_owned();
        pointless(declared, (format!("team `{}`", visible(name)), label), (team.span, all.span))
    };
    if is_in_teams(role.grant.value) {
        named.map(|team| report(team, team.value.as_str())).collect()
    } else {
        Vec::new()
    }
}

fn pointless(
    declared: &Declared<'_, Role>,
    (what, label): (String, String),
    (span, wider): (Span, Span),
) -> Diagnostic {
    let file = declared.file;
    let headline = format!("{what} of role `{}` has no effect", visible(&declared.name));
    Diagnostic::new(&RULE, headline, Label::new(file, span, label))
        .context(Label::new(file, wider, "this one takes it in"))
        .consequence("so it gives nothing that the other does not")
        .help("remove it, or remove the wider one where that was not meant")
}
