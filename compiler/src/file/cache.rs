//! Analyses kept from one run to the next.
//!
//! Deliberately holds only the files of the last run, so that it grows with the policy and not with time. The invariant:
//! an analysis is used again only for the same path and the same bytes.
//!
//! Read next: [`super::FileAnalysis`].

use std::collections::BTreeMap;
use std::sync::Arc;

use pointsman_schema::digest::Digest;

use super::FileAnalysis;
use super::beside::BesideAnalysis;

/// The analyses of the last run.
#[derive(Debug, Default)]
pub struct Cache {
    last: BTreeMap<String, Arc<FileAnalysis>>,
    beside: BTreeMap<String, Arc<BesideAnalysis>>,
}

impl Cache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// The analysis of a file, made now unless the last run saw the same bytes.
    pub fn analyse(&self, path: &str, bytes: &[u8]) -> Arc<FileAnalysis> {
        let known = self.last.get(path).filter(|known| known.is_of(bytes));
        known.map_or_else(|| Arc::new(FileAnalysis::of(path, bytes)), Arc::clone)
    }

    /// The same for a file that is not policy.
    pub fn analyse_beside(&self, path: &str, bytes: &[u8]) -> Arc<BesideAnalysis> {
        let known = self.beside.get(path).filter(|known| known.digest == Digest::of(bytes));
        known.map_or_else(|| Arc::new(BesideAnalysis::of(path, bytes)), Arc::clone)
    }

    /// Keeps what a run used and forgets the rest.
    pub fn keep(&mut self, files: &[Arc<FileAnalysis>], beside: Vec<Arc<BesideAnalysis>>) {
        self.last = files.iter().map(|file| (file.path.clone(), Arc::clone(file))).collect();
        self.beside = beside.into_iter().map(|file| (file.path.clone(), file)).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_files_are_read_again() {
        let mut cache = Cache::new();
        let first = cache.analyse("a.yaml", b"consumers: { web: {} }");
        let beside = cache.analyse_beside(".env", b"A=1");
        cache.keep(std::slice::from_ref(&first), vec![Arc::clone(&beside)]);
        assert!(Arc::ptr_eq(&beside, &cache.analyse_beside(".env", b"A=1")));
        assert!(!Arc::ptr_eq(&beside, &cache.analyse_beside(".env", b"A=2")));
        let check = |path: &str, bytes: &[u8], expected: bool| {
            assert_eq!(Arc::ptr_eq(&first, &cache.analyse(path, bytes)), expected, "{path}");
        };
        check("a.yaml", b"consumers: { web: {} }", true);
        check("a.yaml", b"consumers: { app: {} }", false);
        check("b.yaml", b"consumers: { web: {} }", false);
    }
}
