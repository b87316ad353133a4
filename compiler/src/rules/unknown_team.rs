//! `unknown-team`: a team in a `match` that does not exist.
//!
//! Deliberately only words. Invariant: a predicate can hold for some request.
//!
//! Read next: [`crate::resolve`], which visits every predicate.

use crate::diagnostic::{Diagnostic, Diagnostics, Fix, FixClass, Label};
use crate::index::Index;
use crate::resolve::site::{Site, spell};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-team",
    severity: Severity::Error,
    summary: "a `match` names a team that does not exist",
    page: include_str!("../../../docs/rules/unknown-team.md"),
};

/// Reports a team that does not exist.
pub fn check(index: &Index<'_>, site: &Site<'_>, sink: &mut Diagnostics) {
    if index.teams.contains_key(site.name) {
        return;
    }
    let holder = site.holder;
    let is_rule = holder.object == "rule";
    let verb = if is_rule { "matches" } else { "names" };
    let headline = format!("{} `{}` {verb} an unknown team", holder.object, visible(holder.name));
    let label = Label::new(holder.file, site.span, "no folder under `teams/` has this name");
    let found = Diagnostic::new(&RULE, headline, label).context(holder.label()).consequence(if is_rule {
        "so the predicate holds for no request"
    } else {
        "so it is about nobody"
    });
    let near = index.patience.nearest(site.name, index.teams.keys().copied());
    sink.push(match near {
        Some(similar) => {
            let spelled = spell(index.syntax(holder.file), similar);
            let fix = Fix::replace(FixClass::Unsafe, holder.file, site.span, spelled);
            found.help_with_fix("a team with a similar name exists", fix)
        }
        None => {
            found.help("create the folder `teams/NAME` with the team's consumers, or name a team that exists")
        }
    });
}
