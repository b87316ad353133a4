//! `unknown-tag`: a tag in a `match` that no consumer carries.
//!
//! Deliberately only words. Invariant: a predicate can hold for some request.
//!
//! Read next: [`crate::resolve`], which visits every predicate.

use crate::diagnostic::{Diagnostic, Diagnostics, Fix, FixClass, Label};
use crate::index::Index;
use crate::resolve::site::{Site, spell};
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-tag",
    severity: Severity::Error,
    summary: "a `match` names a tag that no consumer carries",
    page: include_str!("../../../docs/rules/unknown-tag.md"),
};

/// Reports a tag that does not exist.
pub fn check(index: &Index<'_>, site: &Site<'_>, sink: &mut Diagnostics) {
    if index.tags.contains(site.name) || index.may_hide_anything() {
        return;
    }
    let holder = site.holder;
    let headline = format!("rule `{}` matches an unknown tag", visible(holder.name));
    let label = Label::new(holder.file, site.span, "no consumer carries this tag");
    let found = Diagnostic::new(&RULE, headline, label)
        .context(holder.label())
        .consequence("so the predicate holds for no request");
    let near = index.patience.nearest(site.name, index.tags.iter().copied());
    sink.push(match near {
        Some(similar) => {
            let spelled = spell(index.syntax(holder.file), similar);
            let fix = Fix::replace(FixClass::Unsafe, holder.file, site.span, spelled);
            found.help_with_fix("a tag with a similar name exists", fix)
        }
        None => found.help("add the tag to a consumer, or name one that a consumer carries"),
    });
}
