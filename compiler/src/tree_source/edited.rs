//! A tree with some files replaced or added.

use std::collections::BTreeMap;

use super::{Listing, Tree, TreeError, is_policy_path};

/// Another tree, but for some policy files.
pub struct Edited<'a> {
    /// The tree below.
    pub tree: &'a dyn Tree,
    /// The texts that differ, by path.
    pub files: &'a BTreeMap<String, String>,
}

impl Tree for Edited<'_> {
    fn list(&self) -> Result<Listing, TreeError> {
        let mut listing = self.tree.list()?;
        listing.paths.extend(self.files.keys().filter(|path| is_policy_path(path)).cloned());
        listing.paths.sort_unstable();
        listing.paths.dedup();
        Ok(listing)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, TreeError> {
        match self.files.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.tree.read(path),
        }
    }

    fn read_start(&self, path: &str, bytes_max: usize) -> Result<Vec<u8>, TreeError> {
        // Only policy files are edited.
        self.tree.read_start(path, bytes_max)
    }
}
