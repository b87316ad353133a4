//! The references inside a `match`: attributes, teams, consumers, tags, time zones.
//!
//! Deliberately recursive: nesting is limited when the file is parsed.
//!
//! Read next: [`super::site`].

use pointsman_schema::read::OneOrMore;
use pointsman_schema::read::scalar::Name;
use pointsman_schema::source::Predicate;

use super::site::{Holder, Kind, Site};
use crate::diagnostic::Diagnostics;
use crate::index::Index;
use crate::rules::{undeclared_attribute, unknown_tag, unknown_team, unknown_time_zone};

/// Visits every name in a predicate.
pub(super) fn check(index: &Index<'_>, holder: &Holder<'_>, predicate: &Predicate, sink: &mut Diagnostics) {
    match predicate {
        Predicate::All(parts) | Predicate::Any(parts) => {
            for part in parts {
                check(index, holder, &part.value, sink);
            }
        }
        Predicate::Not(part) => check(index, holder, &part.value, sink),
        Predicate::Attribute(name, values) => {
            undeclared_attribute::check_values(index, holder, (name, &values.0), sink);
        }
        Predicate::Team(teams) => names(teams, |site| unknown_team::check(index, site, sink), holder, "team"),
        Predicate::Tag(tags) => names(tags, |site| unknown_tag::check(index, site, sink), holder, "tag"),
        Predicate::Consumer(consumers) => {
            for consumer in &consumers.0 {
                Site::new(holder, "`consumer` predicate", consumer.value.as_str(), consumer.span).check(
                    Kind::Consumer,
                    index,
                    sink,
                );
            }
        }
        Predicate::Time(window) => {
            unknown_time_zone::check(holder, index.syntax(holder.file), &window.zone, sink);
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
