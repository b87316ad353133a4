//! `conflicting-roles`: two roles that give different things for one value of a claim.
//!
//! Deliberately compares values of one claim only: what a person gets for several values is added up. Invariant: the most
//! exact role for a value and a team is one.
//!
//! Read next: [`crate::roles`], which compares the values.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use pointsman_schema::source::Role;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::roles::{Claimed, Ends, by_claim, by_exactness, is_in_teams, witness};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "conflicting-roles",
    severity: Severity::Error,
    summary: "two roles give different things for one value of a claim",
    page: include_str!("../../../docs/rules/conflicting-roles.md"),
};

/// Reports each pair of roles once.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    for values in by_claim(index).values() {
        let mut reported = BTreeSet::new();
        for (first, second) in pairs(values) {
            let pair = (first.declared.name.as_str(), second.declared.name.as_str());
            if reported.contains(&pair) {
                continue;
            }
            if let Some(found) = judge(first, second) {
                reported.insert(pair);
                sink.push(found);
            }
        }
    }
}

/// Pairs of values that may share one: equal texts of one team, and everything beside a pattern.
fn pairs<'v, 'i>(values: &'v [Claimed<'i>]) -> impl Iterator<Item = (&'v Claimed<'i>, &'v Claimed<'i>)> {
    let (globs, mut exact): (Vec<_>, Vec<_>) =
        values.iter().enumerate().partition(|(_, value)| value.text().contains('*'));
    exact.sort_by_key(|(_, value)| value.text());
    let same: Vec<_> = exact.chunk_by(|(_, a), (_, b)| a.text() == b.text()).flat_map(neighbours).collect();
    let ends = Ends::of(values.iter().map(Claimed::text));
    let with_globs = globs.into_iter().flat_map(move |(at, glob)| {
        let others = ends.beside(glob.text()).into_iter();
        let others = others.filter_map(|other| Some((other, values.get(other)?)));
        // Two patterns meet once; the order of the roles decides who is first.
        let others = others.filter(move |(other, value)| *other > at || !value.text().contains('*'));
        others.map(move |(other, value)| if other > at { (glob, value) } else { (value, glob) })
    });
    same.into_iter().chain(with_globs)
}

/// Of values with one text, each beside the last one before it that speaks of the same team, or like it of no team. Where
/// all these agree, all do.
fn neighbours<'v, 'i>(group: &[(usize, &'v Claimed<'i>)]) -> Vec<(&'v Claimed<'i>, &'v Claimed<'i>)> {
    let mut last: BTreeMap<Option<&str>, &'v Claimed<'i>> = BTreeMap::new();
    let mut found = Vec::new();
    for (_, value) in group {
        let grant = value.role.grant.value;
        let named =
            value.role.teams.iter().filter(|_| is_in_teams(grant)).map(|team| Some(team.value.as_str()));
        let without_teams = (!is_in_teams(grant)).then_some(None);
        for team in named.chain(without_teams) {
            let before = last.insert(team, value).filter(|before| before.role.grant.value != grant);
            found.extend(before.map(|before| (before, *value)));
        }
    }
    found
}

fn judge(first: &Claimed<'_>, second: &Claimed<'_>) -> Option<Diagnostic> {
    let (one, other) = (first.role.grant.value, second.role.grant.value);
    if one == other || is_in_teams(one) != is_in_teams(other) {
        return None;
    }
    let value = witness(first.text(), second.text())?;
    let teams = if is_in_teams(one) { shared(first.role, second.role)? } else { Shared::EVERYTHING };
    let exactness = by_exactness(first.text(), second.text());
    let is_decided = match (exactness, teams.exactness) {
        (None, _) | (Some(Ordering::Equal), Ordering::Equal) => false,
        (Some(Ordering::Equal), _) | (Some(_), Ordering::Equal) => true,
        (Some(values), teams) => values == teams,
    };
    (!is_decided).then(|| diagnostic(first, second, &value, &teams))
}

/// For what two roles speak both, and which of them speaks of it more exactly.
struct Shared {
    what: String,
    exactness: Ordering,
}

impl Shared {
    const EVERYTHING: Self = Self { what: String::new(), exactness: Ordering::Equal };
}

fn shared(first: &Role, second: &Role) -> Option<Shared> {
    let (first, second) = (team_names(first), team_names(second));
    let (all, others_all) = (first.contains("*"), second.contains("*"));
    let in_team = |team: &String| format!(" in team `{}`", visible(team));
    let both = first.intersection(&second).find(|team| *team != "*");
    if let Some(team) = both {
        return Some(Shared { what: in_team(team), exactness: Ordering::Equal });
    }
    if all && others_all {
        return Some(Shared { what: " in every team".to_owned(), exactness: Ordering::Equal });
    }
    let (named, exactness) = match (all, others_all) {
        (true, false) => (second.first()?, Ordering::Less),
        (false, true) => (first.first()?, Ordering::Greater),
        _ => return None,
    };
    Some(Shared { what: in_team(named), exactness })
}

fn team_names(role: &Role) -> BTreeSet<String> {
    role.teams.iter().map(|team| team.value.as_str().to_owned()).collect()
}

fn diagnostic(first: &Claimed<'_>, second: &Claimed<'_>, value: &str, teams: &Shared) -> Diagnostic {
    let (a, b) = (visible(&first.declared.name), visible(&second.declared.name));
    let (one, other) = (first.role.grant.value, second.role.grant.value);
    let (value, what) = (visible(value), &teams.what);
    let label = format!("expected `{one}` for `{value}`{what}, as role `{a}` gives; found `{other}`");
    Diagnostic::new(
        &RULE,
        format!("roles `{a}` and `{b}` contradict each other"),
        Label::new(second.declared.file, second.value.span, label),
    )
    .context(Label::new(first.declared.file, first.value.span, format!("`{value}` is given `{one}` here")))
    .consequence("so nobody could say what the people with this value may do")
    .help("make one of the two values more exact than the other, or let both give the same role")
}
