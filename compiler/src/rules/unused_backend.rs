//! `unused-backend`: no rule names a backend.
//!
//! Deliberately only words. Invariant: what a reader takes for a way to a provider is one.
//!
//! Read next: [`crate::unused`], which finds it and puts the words together.

use crate::rule::{Rule, Severity};
use crate::unused::Words;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unused-backend",
    severity: Severity::Warning,
    summary: "no rule names a backend",
    page: include_str!("../../../docs/rules/unused-backend.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    rule: &RULE,
    object: "backend",
    expected: "a `split` or `fallback` that names it",
    consequence: "so it serves no request",
    help: "name it in a rule",
};
