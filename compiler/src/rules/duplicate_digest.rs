//! `duplicate-digest`: a digest that stands twice.
//!
//! Deliberately only words. Invariant: an API key that a client sends belongs to exactly one key of the policy.
//!
//! Read next: [`crate::check`], which calls it.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Policy;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "duplicate-digest",
    severity: Severity::Error,
    summary: "one API key is given to two keys, or twice to one",
    page: include_str!("../../../docs/rules/duplicate-digest.md"),
};

/// Reports every later place of a digest.
pub fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let keys = Policy::bodies(&index.policy.keys);
    let places = keys.flat_map(|(declared, body)| body.digests.iter().map(move |digest| (declared, digest)));
    let mut seen = BTreeMap::new();
    for (declared, digest) in places {
        let Some((first, span)) = seen.get(&digest.value) else {
            seen.insert(digest.value, (declared, digest.span));
            continue;
        };
        let (name, other) = (visible(&declared.name), visible(&first.name));
        let headline = if name == other {
            format!("key `{name}` has one digest twice")
        } else {
            format!("key `{name}` has a digest of key `{other}`")
        };
        sink.push(
            Diagnostic::new(
                &RULE,
                headline,
                Label::new(
                    declared.file,
                    digest.span,
                    "expected a digest of its own, found one that is taken",
                ),
            )
            .context(Label::new(first.file, *span, "the same digest"))
            .context(Label::new(first.file, first.named.name.span, "of this key"))
            .consequence("so nobody could say whose request it is")
            .help("make another key with `pointsman key new`, or remove one of the two digests"),
        );
    }
}
