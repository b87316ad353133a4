//! `role-teams`: a role in teams without a team, or a role for everything with some.
//!
//! Deliberately only words. Invariant: nobody reads a team beside `platform-admin` and believes that it ends there.
//!
//! Read next: [`crate::check`], which calls it for every role.

use pointsman_schema::source::Role;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::roles::is_in_teams;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "role-teams",
    severity: Severity::Error,
    summary: "a role in teams names no team, or one for everything names some",
    page: include_str!("../../../docs/rules/role-teams.md"),
};

/// Reports a role whose grant and teams do not fit.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Role>, body: &Role, sink: &mut Diagnostics) {
    let (name, file, grant) = (visible(&declared.name), declared.file, body.grant.value);
    match (is_in_teams(grant), body.teams.first()) {
        (true, None) if !index.is_spoiled(file, declared.named.span) => sink.push(
            Diagnostic::new(
                &RULE,
                format!("role `{name}` gives `{grant}` in no team"),
                Label::new(file, body.grant.span, "expected `teams` beside it, found none"),
            )
            .context(Label::new(file, declared.named.name.span, "this role"))
            .consequence("so it gives nothing")
            .help("add `teams` with their names, or \"*\" for every team"),
        ),
        (false, Some(team)) => sink.push(
            Diagnostic::new(
                &RULE,
                format!("role `{name}` gives `{grant}`, which does not end with a team"),
                Label::new(file, team.span, format!("expected no `teams` beside `{grant}`, found some")),
            )
            .context(Label::new(file, body.grant.span, "this is for every team"))
            .consequence("so it gives more than a reader takes it for")
            .help("remove `teams`, or give a role in teams: team-admin, developer or viewer"),
        ),
        _ => {}
    }
}
