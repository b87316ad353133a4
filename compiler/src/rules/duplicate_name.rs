//! `duplicate-name`: two declarations of one name.
//!
//! Deliberately only words. Invariant: a name means one thing, whatever the order of files.
//!
//! Read next: [`crate::index`], which finds it.

use std::collections::BTreeMap;

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "duplicate-name",
    severity: Severity::Error,
    summary: "two things of one kind have the same name",
    page: include_str!("../../../docs/rules/duplicate-name.md"),
};

/// Reports every later declaration of a name.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    for duplicate in &index.duplicates {
        let (first, again) = (duplicate.first, duplicate.again);
        sink.push(diagnostic(duplicate.object, duplicate.name, first, again));
    }
    let (workspace, file) = (index.policy.workspace, index.policy.workspace_file);
    let names =
        workspace.attributes.iter().map(|attribute| (attribute.name.value.as_str(), attribute.name.span));
    twice("attribute", file, names, sink);
    for body in workspace.attributes.iter().filter_map(|attribute| attribute.body.as_ref()) {
        let values = body.values.iter().map(|value| (value.value.as_str(), value.span));
        twice("attribute value", file, values, sink);
    }
}

/// Reports what one list names a second time.
fn twice<'a>(
    object: &str,
    file: FileId,
    names: impl Iterator<Item = (&'a str, Span)>,
    sink: &mut Diagnostics,
) {
    let mut seen = BTreeMap::new();
    for (name, span) in names {
        match seen.get(name) {
            Some(first) => sink.push(diagnostic(object, name, (file, *first), (file, span))),
            None => _ = seen.insert(name, span),
        }
    }
}

fn diagnostic(object: &str, name: &str, first: (FileId, Span), again: (FileId, Span)) -> Diagnostic {
    Diagnostic::new(
        &RULE,
        format!("{object} `{}` is declared twice", visible(name)),
        Label::new(again.0, again.1, "expected a new name, found one that is taken"),
    )
    .context(Label::new(first.0, first.1, "declared here first"))
    .consequence("so a reference to it would mean either of the two")
    .help("rename one of the two, or remove it")
}
