//! `unknown-budget`: a reference to a budget that does not exist.
//!
//! Deliberately only words. Invariant: what is named to hold requests back, or to give them tools, exists.
//!
//! Read next: [`crate::resolve::site`], which finds it and puts the words together.

use crate::diagnostic::FixClass;
use crate::resolve::site::Words;
use crate::rule::{Rule, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-budget",
    severity: Severity::Error,
    summary: "a reference names a budget that does not exist",
    page: include_str!("../../../docs/rules/unknown-budget.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    object: "budget",
    consequence: "so nothing would hold its requests back",
    caution: "; it may have another amount",
    class: FixClass::Unsafe,
    help: "declare the budget, or name one that exists",
};
