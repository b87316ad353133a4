//! `unknown-model`: a reference to a model that does not exist.
//!
//! Deliberately only words. Invariant: limits and capabilities of every model are known.
//!
//! Read next: [`crate::resolve::site`], which finds it and puts the words together.

use crate::diagnostic::FixClass;
use crate::resolve::site::Words;
use crate::rule::{Rule, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-model",
    severity: Severity::Error,
    summary: "a reference names a model that does not exist",
    page: include_str!("../../../docs/rules/unknown-model.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    object: "model",
    consequence: "so nothing is known of its limits and capabilities",
    caution: "; it may change what answers, and the bill",
    class: FixClass::NeverAutomatic,
    help: "declare the model in a file of the platform, or name one that exists",
};
