//! `reserved-value`: an attribute that declares `none`.
//!
//! Deliberately only words. Invariant: `none` means exactly that a request has no declared value.
//!
//! Read next: [`crate::check`], which calls it for the workspace.

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "reserved-value",
    severity: Severity::Error,
    summary: "an attribute declares the value `none`",
    page: include_str!("../../../docs/rules/reserved-value.md"),
};

/// Reports attributes that declare `none`.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let file = index.policy.workspace_file;
    for attribute in &index.policy.workspace.attributes {
        let values = attribute.body.iter().flat_map(|body| &body.values);
        for value in values.filter(|value| value.value.as_str() == "none") {
            sink.push(
                Diagnostic::new(
                    &RULE,
                    format!("attribute `{}` declares the value `none`", visible(&attribute.name.value)),
                    Label::new(
                        file,
                        value.span,
                        "expected a value that clients send, found the word for none",
                    ),
                )
                .context(Label::new(file, attribute.name.span, "in this attribute"))
                .consequence("a client that sends it could not be told from one that sends nothing")
                .help("remove it: rules may name `none` without a declaration"),
            );
        }
    }
}
