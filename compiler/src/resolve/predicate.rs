//! The references inside a `match`: attributes, teams, consumers, tags, time zones.
//!
//! Deliberately recursive: nesting is limited when the file is parsed.
//!
//! Read next: [`super::site`].

use pointsman_schema::read::OneOrMore;
use pointsman_schema::read::scalar::Name;
use pointsman_schema::source::Predicate;

use super::Visit;
use super::site::{Holder, Kind, Site};
use crate::rules::{undeclared_attribute, unknown_tag, unknown_team, unknown_time_zone};

/// Visits every name in a predicate.
pub(super) fn check(holder: &Holder<'_>, predicate: &Predicate, visit: &mut Visit<'_, '_, '_>) {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => {
            for part in parts {
                check(holder, &part.value, visit);
            }
        }
        Predicate::Not(part) => check(holder, &part.value, visit),
        Predicate::Attribute(name, values) => {
            visit.attribute(&name.value);
            undeclared_attribute::check_values(visit.index, holder, (name, &values.0), visit.sink);
        }
        Predicate::Team(teams) => {
            names(teams, |site| unknown_team::check(visit.index, site, visit.sink), holder, "team");
        }
        Predicate::Tag(tags) => {
            names(tags, |site| unknown_tag::check(visit.index, site, visit.sink), holder, "tag");
        }
        Predicate::Consumer(consumers) => {
            for consumer in &consumers.0 {
                Site::new(holder, "`consumer` predicate", consumer.value.as_str(), consumer.span)
                    .check(Kind::Consumer, visit);
            }
        }
        Predicate::Time(window) => {
            unknown_time_zone::check(holder, visit.index.syntax(holder.file), &window.zone, visit.sink);
        }
        Predicate::Model(_)
        | Predicate::Capability(_)
        | Predicate::InputTokens(_)
        | Predicate::Protocol(_) => {}
    }
}

fn names(
    values: &OneOrMore<Name>,
    mut visit: impl FnMut(&Site<'_>),
    holder: &Holder<'_>,
    field: &'static str,
) {
    for value in &values.0 {
        visit(&Site::new(holder, field, value.value.as_str(), value.span));
    }
}
