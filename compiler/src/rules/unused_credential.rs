//! `unused-credential`: nothing names a credential.
//!
//! Deliberately only words. Invariant: every secret that is asked for is used.
//!
//! Read next: [`crate::unused`], which finds it and puts the words together.

use crate::rule::{Rule, Severity};
use crate::unused::Words;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unused-credential",
    severity: Severity::Warning,
    summary: "nothing names a credential",
    page: include_str!("../../../docs/rules/unused-credential.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    rule: &RULE,
    object: "credential",
    expected: "a backend or an MCP server that names it",
    consequence: "so its secret is read and opens nothing",
    help: "name it in a backend",
};
