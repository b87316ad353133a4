//! The one string heap of a snapshot: every name and text that a decision or a request can use.
//!
//! Sorted and free of duplicates, so that the same policy gives the same bytes whatever the order of its files.
//! Paths and lines are not here but in [`super::places`]: they must not change the decision digest.

use super::table;

table! {
    /// All texts, end to end.
    struct Names {
        /// The texts in ascending byte order, without separators.
        text: String,
        /// For each text the offset one past its last byte. The first begins at 0.
        ends: Vec<u32>,
    }
}
