//! The source map: for every row that a person wrote, the file and line.
//!
//! Not part of the decision digest, so moving or reformatting a file changes the snapshot but no decision. Each list
//! is parallel to the table of the same name in [`super::routing`] or [`super::providers`].

use super::table;

table! {
    /// The source map section.
    struct Places {
        /// Paths relative to the workspace, with forward slashes.
        files: Vec<String>,
        /// Of `routing.keys`.
        keys: Vec<Place>,
        /// Of `routing.consumers`.
        consumers: Vec<Place>,
        /// Of `routing.chains`.
        chains: Vec<Place>,
        /// Of `routing.rules`.
        rules: Vec<Place>,
        /// Of `money.limits`.
        limits: Vec<Place>,
        /// Of `providers.providers`.
        providers: Vec<Place>,
        /// Of `providers.credentials`.
        credentials: Vec<Place>,
        /// Of `providers.models`.
        models: Vec<Place>,
        /// Of `providers.backends`.
        backends: Vec<Place>,
    }
}

table! {
    /// Where something was written.
    struct Place {
        /// Index into `files`.
        file: u32,
        /// Line, from 1.
        line: u32,
    }
}

/// All shapes of this section, for [`super::shape_hash`].
pub(super) const SHAPES: &[&str] = &[Places::SHAPE, Place::SHAPE];
