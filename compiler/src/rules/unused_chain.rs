//! `unused-chain`: nothing names a chain.
//!
//! Deliberately only words. Invariant: what a reader takes for routing decides about some request.
//!
//! Read next: [`crate::unused`], which finds it and puts the words together.

use crate::rule::{Rule, Severity};
use crate::unused::Words;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unused-chain",
    severity: Severity::Warning,
    summary: "nothing names a chain",
    page: include_str!("../../../docs/rules/unused-chain.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    rule: &RULE,
    object: "chain",
    expected: "a key, a rule or a budget that names it",
    consequence: "so no request takes it",
    help: "name it in a key or a rule",
};
