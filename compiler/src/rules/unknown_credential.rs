//! `unknown-credential`: a reference to a credential that does not exist.
//!
//! Deliberately only words. Invariant: an account is spent only where someone wrote it down.
//!
//! Read next: [`crate::resolve::site`], which finds it and puts the words together.

use crate::diagnostic::FixClass;
use crate::resolve::site::Words;
use crate::rule::{Rule, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    slug: "unknown-credential",
    severity: Severity::Error,
    summary: "a reference names a credential that does not exist",
    page: include_str!("../../../docs/rules/unknown-credential.md"),
};

/// What is said of it.
pub const WORDS: Words = Words {
    object: "credential",
    consequence: "so requests would be sent without a secret, and refused",
    caution: "; it may spend another account",
    class: FixClass::NeverAutomatic,
    help: "declare the credential, or name one that exists",
};
