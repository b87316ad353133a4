//! `unknown-mcp-server`: a reference to an MCP server that does not exist.
//!
//! Deliberately only words. Invariant: what is named to hold requests back, or to give them tools, exists.
//!
//! Read next: [`crate::resolve::site`], which finds it and puts the words together.

use crate::diagnostic::FixClass;
use crate::resolve::site::Words;
use crate::rule::{Rule, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-mcp-server",
    severity: Severity::Error,
    summary: "a reference names an MCP server that does not exist",
    page: include_str!("../../../docs/rules/unknown-mcp-server.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    object: "MCP server",
    consequence: "so there are no tools here",
    caution: "; it may give other tools",
    class: FixClass::NeverAutomatic,
    help: "declare the MCP server, or name one that exists",
};
