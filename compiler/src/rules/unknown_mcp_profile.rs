//! `unknown-mcp-profile`: a reference to an MCP profile that does not exist.
//!
//! Deliberately only words. Invariant: what is named to hold requests back, or to give them tools, exists.
//!
//! Read next: [`crate::resolve::site`], which finds it and puts the words together.

use crate::diagnostic::FixClass;
use crate::resolve::site::Words;
use crate::rule::{Rule, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-mcp-profile",
    severity: Severity::Error,
    summary: "a reference names an MCP profile that does not exist",
    page: include_str!("../../../docs/rules/unknown-mcp-profile.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    object: "MCP profile",
    consequence: "so the key would have no tools from it",
    caution: "; it may give other tools",
    class: FixClass::NeverAutomatic,
    help: "declare the MCP profile, or name one that exists",
};
