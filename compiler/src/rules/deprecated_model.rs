//! `deprecated-model`: a model that its provider has given up, or is about to, on the day that `--as-of` names.
//!
//! Deliberately once a model, at the first backend that serves it. Invariant: without that day nothing here depends on the
//! clock, and the date never changes the snapshot.
//!
//! Read next: [`crate::model`] for where the date comes from.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::{Declared, Policy};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;
use crate::suppression::Date;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "deprecated-model",
    severity: Severity::Warning,
    summary: "a backend serves a model that its provider gives up",
    page: include_str!("../../../docs/rules/deprecated-model.md"),
};

/// Reports each model that is given up by the day, or within [`DAYS_BEFORE`] of it.
pub fn check(index: &Index<'_>, as_of: Date, sink: &mut Diagnostics) {
    let mut served: BTreeMap<&str, Vec<(FileId, Span)>> = BTreeMap::new();
    for (declared, body) in Policy::bodies(&index.policy.backends) {
        let places = served.entry(body.model.value.as_str()).or_default();
        places.push((declared.file, body.model.span));
    }
    let soon = as_of.saturating_add(DAYS_BEFORE.days());
    for (model, mut places) in served {
        let date = index.policy.model_facts(model).and_then(|facts| facts.deprecated);
        let Some(date) = date.filter(|date| *date <= soon) else { continue };
        places.sort_unstable_by_key(|(file, span)| (*file, span.start));
        sink.extend(diagnostic(index, (model, date), as_of, &places));
    }
}

fn diagnostic(
    index: &Index<'_>,
    (model, date): (&str, Date),
    as_of: Date,
    places: &[(FileId, Span)],
) -> Option<Diagnostic> {
    let ((file, span), others) = places.split_first()?;
    let is_over = date <= as_of;
    let name = visible(model);
    let headline = if is_over {
        format!("model `{name}` is deprecated since {date}")
    } else {
        format!("model `{name}` will be deprecated on {date}")
    };
    let label = format!("expected a model that stays beyond {as_of}, found one until {date}");
    let mut found = Diagnostic::new(&RULE, headline, Label::new(*file, *span, label))
        .consequence(if is_over {
            "so its provider may refuse every request for it"
        } else {
            "so its provider may refuse every request for it from that day on"
        })
        .help("serve a model that stays, under an alias where clients must not notice");
    for (file, span) in others.iter().take(OTHERS_MAX) {
        found = found.note_at("another backend that serves it is in", *file, *span);
    }
    let declared = index.policy.models.get(model);
    let written = declared.and_then(Declared::body).and_then(|body| body.deprecated.as_ref());
    Some(match (declared, written) {
        (Some(declared), Some(written)) => {
            found.note_at("the day is declared in", declared.file, written.span)
        }
        _ => found.note("the day is that of the built-in catalogue; a `model` can declare another one"),
    })
}

/// **Unit**: days before the date from which on it is reported.
const DAYS_BEFORE: i64 = 30;
/// **Unit**: other backends of the same model that are named.
const OTHERS_MAX: usize = 3;
