//! The edits that are timed: one for each kind of file, from the most local to one that everybody feels.
//!
//! They fit what `cargo xtask generate` writes; a policy without their texts is refused.

/// One change of one file.
#[derive(Debug)]
pub(crate) struct Edit {
    /// For the table.
    pub(crate) what: &'static str,
    /// Of which file.
    pub(crate) path: &'static str,
    /// The text that goes, once.
    pub(crate) from: &'static str,
    /// The text that comes.
    pub(crate) to: &'static str,
}

/// All of them.
pub(crate) const ALL: &[Edit] = &[
    Edit {
        what: "a key names no consumer",
        path: "teams/team-000/keys.yaml",
        from: "\"consumer\": \"app-0000\"",
        to: "\"consumer\": \"nobody\"",
    },
    Edit {
        what: "a condition never holds",
        path: "teams/team-002/chains.yaml",
        from: "\"model\": \"model-*\"",
        to: "\"model\": \"none-*\"",
    },
    Edit { what: "a file cannot be read", path: "teams/team-001/consumers.kdl", from: "{", to: "{{" },
    Edit {
        what: "everybody's backend is gone",
        path: "platform/backends.kdl",
        from: "backend \"azure-gpt-4o\"",
        to: "backend \"azure-gone\"",
    },
];
