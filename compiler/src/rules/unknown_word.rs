//! `unknown-word`: a word outside the closed set of its field.
//!
//! Deliberately only words. Invariant: every word of a policy has a meaning that the gateway knows.
//!
//! Read next: [`pointsman_schema::read`], which finds it.

use pointsman_schema::tree::{Span, Syntax};

use crate::diagnostic::{Diagnostic, Fix, FixClass, Label};
use crate::resolve::site::spell;
use crate::rule::{Rule, Severity};
use crate::shown::visible;
use crate::similar::nearest;
use crate::source_map::FileId;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-word",
    severity: Severity::Error,
    summary: "a word is outside the closed set of its field",
    page: include_str!("../../../docs/rules/unknown-word.md"),
};

/// The finding for a word; `known` is the set.
pub fn diagnostic((file, span): (FileId, Span), syntax: Syntax, word: &str, known: &[&str]) -> Diagnostic {
    let label = format!("expected one of {}", known.join(", "));
    let headline = format!("`{}` is not a word that this field knows", visible(word));
    let found = Diagnostic::new(&RULE, headline, Label::new(file, span, label));
    match nearest(word, known.iter().copied()) {
        Some(similar) => {
            let fix = Fix::replace(FixClass::Unsafe, file, span, spell(syntax, similar));
            found.help_with_fix("a similar word exists", fix)
        }
        None => found.help("choose one of the words that the label lists"),
    }
}
