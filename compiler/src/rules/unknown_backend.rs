//! `unknown-backend`: a reference to a backend that does not exist.
//!
//! Deliberately only words. Invariant: every target of a rule exists.
//!
//! Read next: [`crate::resolve::site`], which finds it and puts the words together.

use crate::diagnostic::FixClass;
use crate::resolve::site::Words;
use crate::rule::{Rule, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-backend",
    severity: Severity::Error,
    summary: "a reference names a backend that does not exist",
    page: include_str!("../../../docs/rules/unknown-backend.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    object: "backend",
    consequence: "so no backend can be chosen here",
    caution: "; it may send data elsewhere",
    class: FixClass::NeverAutomatic,
    help: "declare the backend, or name one that exists; another chain is written `chain/NAME`",
};
