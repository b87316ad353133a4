//! `expired-key`: a key that has expired on the day that `--as-of` names.
//!
//! Deliberately only words. Invariant: without that day nothing here depends on the clock, and expiry never changes the snapshot's bytes.
//!
//! Read next: [`crate::check`], which calls it for every key.

use pointsman_schema::source::Key;

use crate::day;
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::suppression::Date;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "expired-key",
    severity: Severity::Warning,
    summary: "a key has expired",
    page: include_str!("../../../docs/rules/expired-key.md"),
};

/// Reports a key that is over before the day begins (in UTC).
pub fn check(as_of: Date, declared: &Declared<'_, Key>, body: &Key, sink: &mut Diagnostics) {
    let Some(expires) = &body.expires else { return };
    if day::begin_s(as_of).is_none_or(|begin_s| expires.value.0 >= begin_s) {
        return;
    }
    let until = day::shown(expires.value.0);
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("key `{}` has expired", visible(&declared.name)),
            Label::new(declared.file, expires.span, format!("expected a day from {as_of} on, found {until}")),
        )
        .context(Label::new(declared.file, declared.named.name.span, "this key"))
        .consequence("so the gateway refuses it like an unknown key")
        .help("give the key a later date, or remove it"),
    );
}
