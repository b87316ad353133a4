//! `no-digest`: a key that no request can present.
//!
//! Deliberately only words. Invariant: every key of a policy can be used.
//!
//! Read next: [`crate::check`], which calls it for every key.

use pointsman_schema::source::Key;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "no-digest",
    severity: Severity::Error,
    summary: "a key has no digest",
    page: include_str!("../../../docs/rules/no-digest.md"),
};

/// Reports a key without digests.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Key>, body: &Key, sink: &mut Diagnostics) {
    if !body.digests.is_empty() || index.is_spoiled(declared.file, declared.named.span) {
        return;
    }
    let name = visible(&declared.name);
    let label =
        Label::new(declared.file, declared.named.name.span, "expected one or two `digests`, found none");
    sink.push(
        Diagnostic::new(&RULE, format!("key `{name}` has no digest"), label)
            .consequence("so no request can present it")
            .help(format!("`pointsman key new {name}` prints a new key and its digest")),
    );
}
