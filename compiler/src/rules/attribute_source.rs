//! `attribute-source`: an attribute that is read from nowhere, or from two places.
//!
//! Deliberately only words. Invariant: a request has one value of an attribute.
//!
//! Read next: [`crate::check`], which calls it for the workspace.

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "attribute-source",
    severity: Severity::Error,
    summary: "an attribute has no source, or two",
    page: include_str!("../../../docs/rules/attribute-source.md"),
};

/// Reports attributes without exactly one of `header` and `metadata`.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let file = index.policy.workspace_file;
    for attribute in &index.policy.workspace.attributes {
        let Some(body) = &attribute.body else { continue };
        if index.is_spoiled(file, attribute.span) {
            continue;
        }
        let name = visible(&attribute.name.value);
        match (&body.header, &body.metadata) {
            (Some(_), None) | (None, Some(_)) => {}
            (None, None) => sink.push(
                Diagnostic::new(
                    &RULE,
                    format!("attribute `{name}` has no source"),
                    Label::new(file, attribute.name.span, "expected `header` or `metadata`, found neither"),
                )
                .consequence("so it would be `none` in every request")
                .help("add `header: x-NAME` or `metadata: NAME`"),
            ),
            (Some(header), Some(metadata)) => sink.push(
                Diagnostic::new(
                    &RULE,
                    format!("attribute `{name}` has two sources"),
                    Label::new(file, metadata.span, "expected one of `header` and `metadata`, found both"),
                )
                .context(Label::new(file, header.span, "the other one"))
                .consequence("a request with two different values would have no single meaning")
                .help("keep one of the two, or declare two attributes"),
            ),
        }
        if body.values.is_empty() {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    format!("attribute `{name}` has no values"),
                    Label::new(file, attribute.name.span, "expected a list of `values`, found none"),
                )
                .consequence("an undeclared value is `none`, so it would be `none` in every request")
                .help("add `values` with those that rules may name"),
            );
        }
    }
}
