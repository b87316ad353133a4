//! `unused-mcp-server`: nothing names an MCP server.
//!
//! Deliberately only words. Invariant: every server that is written down can be reached.
//!
//! Read next: [`crate::unused`], which finds it and puts the words together.

use crate::rule::{Rule, Severity};
use crate::unused::Words;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unused-mcp-server",
    severity: Severity::Warning,
    summary: "nothing names an MCP server",
    page: include_str!("../../../docs/rules/unused-mcp-server.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    rule: &RULE,
    object: "MCP server",
    expected: "a profile or a credential that names it",
    consequence: "so no client can reach its tools",
    help: "name it in a profile",
};
