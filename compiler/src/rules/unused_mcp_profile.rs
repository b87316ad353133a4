//! `unused-mcp-profile`: no key names an MCP profile.
//!
//! Deliberately only words. Invariant: every endpoint that is written down can be used.
//!
//! Read next: [`crate::unused`], which finds it and puts the words together.

use crate::rule::{Rule, Severity};
use crate::unused::Words;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unused-mcp-profile",
    severity: Severity::Warning,
    summary: "no key names an MCP profile",
    page: include_str!("../../../docs/rules/unused-mcp-profile.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    rule: &RULE,
    object: "MCP profile",
    expected: "a key that names it",
    consequence: "so no client can use it",
    help: "name it in a key",
};
