//! `key-expires-soon`: a key that expires within two weeks of the day that `--as-of` names.
//!
//! Deliberately silent about a key that has expired, which is `expired-key`. Invariant: without that day nothing here
//! depends on the clock.
//!
//! Read next: [`crate::check`], which calls it for every key.

use jiff::Span;
use pointsman_schema::source::Key;

use crate::day;
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::suppression::Date;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "key-expires-soon",
    severity: Severity::Warning,
    summary: "a key expires within 14 days",
    page: include_str!("../../../docs/rules/key-expires-soon.md"),
};

/// **Unit**: days (in UTC) from the one that is named, itself included, in which an end is near.
const DAYS_SOON: i64 = 14;

/// Reports a key whose last second is in one of these days.
pub fn check(as_of: Date, declared: &Declared<'_, Key>, body: &Key, sink: &mut Diagnostics) {
    let Some(expires) = &body.expires else { return };
    let Ok(later) = as_of.checked_add(Span::new().days(DAYS_SOON)) else { return };
    let (Some(begin_s), Some(end_s)) = (day::begin_s(as_of), day::begin_s(later)) else { return };
    if !(begin_s..end_s).contains(&expires.value.0) {
        return;
    }
    let until = day::shown(expires.value.0);
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("key `{}` expires within {DAYS_SOON} days", visible(&declared.name)),
            Label::new(declared.file, expires.span, format!("expected a day from {later} on, found {until}")),
        )
        .context(Label::new(declared.file, declared.named.name.span, "this key"))
        .consequence("so the gateway refuses it from then on")
        .help("give its clients a new key and this one a second digest, or give it a later date"),
    );
}
