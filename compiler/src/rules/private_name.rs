//! `private-name`: a reference to what another team keeps to itself.
//!
//! Deliberately only words. Invariant: nothing of a team is used by others unless its files say so.
//!
//! Read next: [`crate::policy::Resolution`].

use pointsman_schema::tree::Span;

use crate::diagnostic::{Diagnostic, Label};
use crate::policy::Owner;
use crate::resolve::site::Site;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "private-name",
    severity: Severity::Error,
    summary: "a reference names what another team keeps to itself",
    page: include_str!("../../../docs/rules/private-name.md"),
};

/// The finding for a reference; `declared` is where the other team declares it.
pub fn diagnostic(
    site: &Site<'_>,
    object: &str,
    owner: &Owner,
    declared: Option<(FileId, Span)>,
) -> Diagnostic {
    let holder = site.holder;
    let headline =
        format!("{} of {} `{}` names a private {object}", site.field, holder.object, visible(holder.name));
    let label = format!("expected a name with `export: true`, found one that {owner} keeps to itself");
    let found = Diagnostic::new(&RULE, headline, Label::new(holder.file, site.span, label))
        .context(holder.label())
        .consequence("so it may be changed or removed without a thought of this file")
        .help(format!("ask {owner} to add `export: true` to the {object}, or use one of your own"));
    match declared {
        Some((file, span)) => found.context(Label::new(file, span, format!("this {object} is not exported"))),
        None => found,
    }
}
