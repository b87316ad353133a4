//! `model-not-in-chain`: a model that a key allows and its chain does not have.
//!
//! Deliberately only words. Invariant: every entry of a key's `models` lets something through.
//!
//! Read next: [`crate::reach::models`], which collects what a chain accepts.

use pointsman_schema::read::scalar::ModelName;
use pointsman_schema::source::{Chain, Key};
use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, Fix, FixClass, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::reach::models::Accepted;
use crate::resolve::site::spell;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::similar::nearest;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "model-not-in-chain",
    severity: Severity::Error,
    summary: "a key allows a model that its chain cannot serve",
    page: include_str!("../../../docs/rules/model-not-in-chain.md"),
};

/// A key and its chain.
pub struct Pair<'a, 'w> {
    /// The key.
    pub key: &'a Declared<'w, Key>,
    /// Its chain, with its place.
    pub chain: (usize, &'a Declared<'w, Chain>),
    /// What chains accept.
    pub accepted: &'a Accepted<'w>,
}

/// Reports entries of `models` that let nothing through.
pub fn check(index: &Index<'_>, pair: &Pair<'_, '_>, models: &[Spanned<ModelName>], sink: &mut Diagnostics) {
    let Pair { accepted, chain: (chain, _), .. } = *pair;
    if !accepted.is_complete(chain) {
        return;
    }
    let mut can_serve = models.is_empty();
    let mut is_reported = false;
    for model in models {
        let name = model.value.as_str();
        can_serve |= accepted.has_model(chain, name);
        if !accepted.accepts(chain, name) {
            sink.push(unserved(index, pair, model));
            is_reported = true;
        }
    }
    if let Some(first) = models.first().filter(|_| !can_serve && !is_reported) {
        let label = "expected at least one model of a backend, found only aliases";
        sink.push(
            base(pair, "allows no model that could answer", first, label)
                .consequence("`models` filters what serves, too, so every request would be refused")
                .help(format!("add models of the chain: {}", list(accepted.models(chain)))),
        );
    }
}

fn unserved(index: &Index<'_>, pair: &Pair<'_, '_>, model: &Spanned<ModelName>) -> Diagnostic {
    let name = model.value.as_str();
    let headline = format!("allows `{}`, which its chain does not have", visible(name));
    let label = "neither a model of the chain's backends nor an alias of the chain";
    let found = base(pair, &headline, model, label).consequence("so this entry lets nothing through");
    let known = || pair.accepted.names(pair.chain.0);
    match nearest(name, known()) {
        Some(similar) => {
            let spelled = spell(index.syntax(pair.key.file), similar);
            let fix = Fix::replace(FixClass::Unsafe, pair.key.file, model.span, spelled);
            found.help_with_fix("the chain has a model with a similar name", fix)
        }
        None => found.help(format!("remove it, or choose among what the chain accepts: {}", list(known()))),
    }
}

fn base(pair: &Pair<'_, '_>, what: &str, model: &Spanned<ModelName>, label: &str) -> Diagnostic {
    let (key, (_, chain)) = (pair.key, pair.chain);
    let headline = format!("key `{}` {what}", visible(&key.name));
    Diagnostic::new(&RULE, headline, Label::new(key.file, model.span, label))
        .context(Label::new(key.file, key.named.name.span, "this key"))
        .context(Label::new(chain.file, chain.named.name.span, "its chain"))
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<_> =
        names.take(LISTED_MAX.saturating_add(1)).map(|name| format!("`{name}`")).collect();
    if names.len() > LISTED_MAX {
        names.truncate(LISTED_MAX);
        names.push("others".to_owned());
    }
    names.join(", ")
}

/// **Unit**: names in one help.
const LISTED_MAX: usize = 8;
