//! `unknown-provider`: a reference to a provider that does not exist.
//!
//! Deliberately only words. Invariant: a request goes only where someone wrote down.
//!
//! Read next: [`crate::resolve::site`], which finds it and puts the words together.

use crate::diagnostic::FixClass;
use crate::resolve::site::Words;
use crate::rule::{Rule, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-provider",
    severity: Severity::Error,
    summary: "a reference names a provider that does not exist",
    page: include_str!("../../../docs/rules/unknown-provider.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    object: "provider",
    consequence: "so there is nowhere to send a request to",
    caution: "; it may send data elsewhere",
    class: FixClass::NeverAutomatic,
    help: "declare the provider, or name one that exists",
};
