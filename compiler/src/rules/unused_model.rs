//! `unused-model`: no backend serves a model.
//!
//! Deliberately only words. Invariant: every declared model can be served.
//!
//! Read next: [`crate::unused`], which finds it and puts the words together.

use crate::rule::{Rule, Severity};
use crate::unused::Words;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unused-model",
    severity: Severity::Warning,
    summary: "no backend serves a model",
    page: include_str!("../../../docs/rules/unused-model.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    rule: &RULE,
    object: "model",
    expected: "a backend that names it",
    consequence: "so no client can ask for it",
    help: "declare a backend for it",
};
