//! `unused-consumer`: no key is for a consumer.
//!
//! Deliberately only words. Invariant: who is written down as a caller can call.
//!
//! Read next: [`crate::unused`], which finds it and puts the words together.

use crate::rule::{Rule, Severity};
use crate::unused::Words;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unused-consumer",
    severity: Severity::Warning,
    summary: "no key is for a consumer",
    page: include_str!("../../../docs/rules/unused-consumer.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    rule: &RULE,
    object: "consumer",
    expected: "a key that is for it",
    consequence: "so no request can come from it",
    help: "declare a key for it",
};
