//! `unknown-chain`: a reference to a chain that does not exist.
//!
//! Deliberately only words. Invariant: every chain that a key or a rule goes to exists.
//!
//! Read next: [`crate::resolve::site`], which finds it and puts the words together.

use crate::diagnostic::FixClass;
use crate::resolve::site::Words;
use crate::rule::{Rule, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-chain",
    severity: Severity::Error,
    summary: "a reference names a chain that does not exist",
    page: include_str!("../../../docs/rules/unknown-chain.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    object: "chain",
    consequence: "so there are no rules to follow here",
    caution: "; it may send data elsewhere",
    class: FixClass::NeverAutomatic,
    help: "declare the chain, or name one that exists",
};
