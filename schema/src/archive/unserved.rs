//! What a policy declares and no gateway of this release acts on: budgets, limits, MCP, roles, modules, telemetry and more.
//!
//! In canonical text, so that it counts for the decision digest, can be inspected, and makes a gateway refuse the
//! snapshot instead of ignoring it. Deliberately no layout for a request path that does not exist yet: whatever is
//! served gets tables of its own and leaves this one.

use super::table;

table! {
    /// The unserved section.
    struct Unserved {
        /// Sorted by kind, object, field and value.
        settings: Vec<Setting>,
    }
}

table! {
    /// One field of something declared.
    struct Setting {
        /// The kind: `budget`.
        kind: String,
        /// The stable name of the object; empty for the workspace.
        object: String,
        /// The field as in YAML; parts of a part are joined by a dot, members of an ordered list have their number.
        field: String,
        /// Its value: references are stable names, money is in dollars, durations in milliseconds.
        value: String,
    }
}

/// All shapes of this section, for [`super::shape_hash`].
pub(super) const SHAPES: &[&str] = &[Unserved::SHAPE, Setting::SHAPE];
