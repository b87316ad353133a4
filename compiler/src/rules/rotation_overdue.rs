//! `rotation-overdue`: a form of a key whose last day is over on the day that `--as-of` names.
//!
//! Deliberately silent about a key that has expired as a whole, which is `expired-key`. Invariant: without that day
//! nothing here depends on the clock.
//!
//! Read next: [`crate::check`], which calls it for every key.

use pointsman_schema::source::Key;
use pointsman_schema::tree::Span;

use crate::day;
use crate::diagnostic::{Diagnostic, Diagnostics, Fix, FixClass, Label};
use crate::edit::items;
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::suppression::Date;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "rotation-overdue",
    severity: Severity::Warning,
    summary: "an old form of a key is not accepted any more and still stands in the policy",
    page: include_str!("../../../docs/rules/rotation-overdue.md"),
};

/// Reports every form that is over before the day begins (in UTC).
pub fn check(
    index: &Index<'_>,
    as_of: Date,
    (declared, body): (&Declared<'_, Key>, &Key),
    sink: &mut Diagnostics,
) {
    let Some(begin_s) = day::begin_s(as_of) else { return };
    if body.expires.as_ref().is_some_and(|expires| expires.value.0 < begin_s) {
        return;
    }
    let spans: Vec<Span> = body.digests.iter().map(|form| form.span).collect();
    for (at, form) in body.digests.iter().enumerate() {
        let Some(until) = form.value.until.filter(|until| until.0 < begin_s) else { continue };
        let until = day::shown(until.0);
        let label =
            Label::new(declared.file, form.span, format!("expected a day from {as_of} on, found {until}"));
        let name = visible(&declared.name);
        let found = Diagnostic::new(
            &RULE,
            format!("key `{name}` has a digest that is not accepted any more"),
            label,
        )
        .context(Label::new(declared.file, declared.named.name.span, "this key"))
        .consequence(
            "so the gateway refuses it like an unknown key, and it takes the place of the next rotation",
        );
        let source = index.policy.source_map.file(declared.file);
        sink.push(match items::remove(source, &spans, at) {
            Some((span, _)) => {
                found.help_with_fix("remove it", Fix::replace(FixClass::Unsafe, declared.file, span, ""))
            }
            None => found.help("give it a later date, or remove the key"),
        });
    }
}
