//! `unused-provider`: no backend and no credential names a provider.
//!
//! Deliberately only words. Invariant: every provider that is written down can be sent something.
//!
//! Read next: [`crate::unused`], which finds it and puts the words together.

use crate::rule::{Rule, Severity};
use crate::unused::Words;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unused-provider",
    severity: Severity::Warning,
    summary: "no backend and no credential names a provider",
    page: include_str!("../../../docs/rules/unused-provider.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    rule: &RULE,
    object: "provider",
    expected: "a backend or a credential that names it",
    consequence: "so nothing is sent to it",
    help: "declare a backend for it",
};
