//! One case a field, by noun.
//!
//! Deliberately without what is expected: a field may move from the snapshot to a check and back.

#[path = "cases/access.rs"]
mod access;
#[path = "cases/chain.rs"]
mod chain;
#[path = "cases/platform.rs"]
mod platform;
#[path = "cases/upstream.rs"]
mod upstream;

/// A change of one field's value.
pub(crate) struct Case {
    /// The field, as a path of field names.
    pub(crate) field: &'static str,
    /// The folder under `testdata/language`.
    pub(crate) topic: &'static str,
    /// Text that stands once in the topic's YAML files.
    pub(crate) from: &'static str,
    /// What is put in its place.
    pub(crate) to: &'static str,
}

/// Every case.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    [upstream::CASES, chain::CASES, access::CASES, platform::CASES].into_iter().flatten()
}

const fn case(field: &'static str, topic: &'static str, from: &'static str, to: &'static str) -> Case {
    Case { field, topic, from, to }
}
