//! `unused-budget`: nothing names a budget.
//!
//! Deliberately only words. Invariant: what a reader takes for a ceiling is one.
//!
//! Read next: [`crate::unused`], which finds it and puts the words together.

use crate::rule::{Rule, Severity};
use crate::unused::Words;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unused-budget",
    severity: Severity::Warning,
    summary: "nothing names a budget",
    page: include_str!("../../../docs/rules/unused-budget.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    rule: &RULE,
    object: "budget",
    expected: "a key, a consumer or a budget that names it",
    consequence: "so it limits nothing",
    help: "name it in a key or a consumer",
};
