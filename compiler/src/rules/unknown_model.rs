//! `unknown-model`: a reference to a model that does not exist.
//!
//! Deliberately only words. Invariant: limits and capabilities of every model are known.
//!
//! Read next: [`crate::resolve::site`], which finds it and puts the words together.

use pointsman_schema::source::Model;

use crate::catalogue;
use crate::diagnostic::{Diagnostic, Diagnostics, Fix, FixClass, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::resolve::site::{Words, spell};
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::similar::nearest;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-model",
    severity: Severity::Error,
    summary: "a reference names a model that does not exist",
    page: include_str!("../../../docs/rules/unknown-model.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    object: "model",
    consequence: "so nothing is known of its limits and capabilities",
    caution: "; it may change what answers, and the bill",
    class: FixClass::NeverAutomatic,
    help: "declare the model in a file of the platform, or name one that exists",
};

/// Reports a model that takes over from one that the catalogue does not have.
pub fn check_catalogue(
    index: &Index<'_>,
    declared: &Declared<'_, Model>,
    body: &Model,
    sink: &mut Diagnostics,
) {
    let Some(named) = &body.catalogue else { return };
    let (model, name) = (visible(&declared.name), named.value.as_str());
    if catalogue::name_of(name).is_some() {
        return;
    }
    let found = Diagnostic::new(
        &RULE,
        format!("model `{model}` names an unknown model of the catalogue"),
        Label::new(declared.file, named.span, "no model of the built-in catalogue has this name"),
    )
    .context(Label::new(declared.file, declared.named.name.span, "in this model"))
    .consequence(WORDS.consequence);
    let similar = index.patience.spend(catalogue::names().count()).then(|| nearest(name, catalogue::names()));
    sink.push(match similar.flatten() {
        Some(similar) => {
            let written = spell(index.syntax(declared.file), similar);
            let fix = Fix::replace(FixClass::NeverAutomatic, declared.file, named.span, written);
            found
                .help_with_fix(format!("the catalogue has a model with a similar name{}", WORDS.caution), fix)
        }
        None => found.help("name a model that the catalogue has, or write the fields down"),
    });
}
