//! `unused-attribute`: nothing reads a request attribute.
//!
//! Deliberately only words. Invariant: what clients are asked to send makes a difference, or someone said what it is for.
//!
//! Read next: [`crate::unused`], which finds it and puts the words together.

use crate::rule::{Rule, Severity};
use crate::unused::Words;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unused-attribute",
    severity: Severity::Warning,
    summary: "nothing reads a request attribute",
    page: include_str!("../../../docs/rules/unused-attribute.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    rule: &RULE,
    object: "attribute",
    expected: "a rule that reads it",
    consequence: "so it decides nothing; traffic records hold it all the same",
    help: "read it in a rule; where it is only for the records, allow this with a reason",
};
