//! `unknown-consumer`: a reference to a consumer that does not exist.
//!
//! Deliberately only words. Invariant: every key has someone who answers for it.
//!
//! Read next: [`crate::resolve::site`], which finds it and puts the words together.

use crate::diagnostic::FixClass;
use crate::resolve::site::Words;
use crate::rule::{Rule, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-consumer",
    severity: Severity::Error,
    summary: "a reference names a consumer that does not exist",
    page: include_str!("../../../docs/rules/unknown-consumer.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    object: "consumer",
    consequence: "so nobody answers for these requests",
    caution: "; it changes who is meant",
    class: FixClass::Unsafe,
    help: "declare the consumer, or name one that exists",
};
