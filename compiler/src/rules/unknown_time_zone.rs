//! `unknown-time-zone`: a time zone that does not exist.
//!
//! Deliberately only words. Invariant: local time is known for every window; the zone database is part of the compiler.
//!
//! Read next: [`crate::resolve`], which visits every predicate.

use pointsman_schema::tree::Spanned;
use pointsman_schema::tree::Syntax;

use crate::diagnostic::{Diagnostic, Diagnostics, Fix, FixClass, Label};
use crate::resolve::site::Holder;
use crate::resolve::site::spell;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::similar::nearest;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-time-zone",
    severity: Severity::Error,
    summary: "a time window is in a zone that does not exist",
    page: include_str!("../../../docs/rules/unknown-time-zone.md"),
};

/// Reports a zone that does not exist.
pub fn check(holder: &Holder<'_>, syntax: Syntax, zone: &Spanned<String>, sink: &mut Diagnostics) {
    if jiff::tz::TimeZone::get(&zone.value).is_ok_and(|found| found.iana_name() == Some(zone.value.as_str()))
    {
        return;
    }
    let headline =
        format!("{} `{}` has a window in an unknown time zone", holder.object, visible(holder.name));
    let label = Label::new(holder.file, zone.span, "expected the IANA name of a zone, found another text");
    let found = Diagnostic::new(&RULE, headline, label)
        .context(holder.label())
        .consequence("so nobody knows when the window begins and ends");
    let names: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let same = names.iter().find(|name| name.eq_ignore_ascii_case(&zone.value));
    let near = same.map(String::as_str).or_else(|| nearest(&zone.value, names.iter().map(String::as_str)));
    sink.push(match near {
        Some(similar) => {
            let fix = Fix::replace(FixClass::Unsafe, holder.file, zone.span, spell(syntax, similar));
            found.help_with_fix("a zone with a similar name exists", fix)
        }
        None => found.help("write an IANA name such as Europe/Berlin or UTC"),
    });
}
