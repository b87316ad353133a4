//! A tree's files into analyses and texts, with everything that is a secret masked before anything points at it.
//!
//! Deliberately judges nothing but secrets and what keeps files from being read. The invariant: an analysed file's place
//! is its [`FileId::index`]; files beside the policy come after all of them, and only those that hold a secret are kept.
//!
//! Read next: [`crate::file`], [`crate::secret`], [`crate::tree_source`].

use std::collections::BTreeSet;
use std::sync::Arc;

use pointsman_schema::tree::{Span, Syntax};

use super::side_by_side;
use crate::diagnostic::Diagnostic;
use crate::file::FileAnalysis;
use crate::file::beside::BesideAnalysis;
use crate::file::cache::Cache;
use crate::rules::unsearched_file::{self, Unsearched};
use crate::rules::{literal_secret, possible_secret, symlink_escape};
use crate::secret::words::Search;
use crate::secret::{self, Secret};
use crate::source_map::{FileId, SourceMap};
use crate::tree_source::{
    BESIDE_FILE_BYTES_MAX, BESIDE_TOTAL_BYTES_MAX, Listing, Tree, TreeError, syntax_of,
};

/// What a tree held.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    /// The texts that findings point into.
    pub(super) source_map: SourceMap,
    /// The policy files.
    pub(super) files: Vec<Arc<FileAnalysis>>,
    /// Every secret, as it is written and as it is meant.
    pub(super) secrets: BTreeSet<String>,
    /// What is wrong with the tree itself.
    pub(super) found: Vec<Diagnostic>,
    /// Files that could not be searched for secrets.
    pub(super) unsearched: Vec<Unsearched>,
    /// Whether a workspace file is missing.
    pub(super) has_workspace: bool,
}

/// Reads a tree; only files that changed since the cache's last run are analysed.
pub(super) fn load(tree: &dyn Tree, cache: &mut Cache) -> Result<Loaded, TreeError> {
    let listing = tree.list()?;
    let has_workspace = listing.paths.iter().any(|path| crate::file::is_workspace_path(path));
    let mut loaded = Loaded { has_workspace, ..Loaded::default() };
    let read = side_by_side::each(&listing.paths, |path| Ok(cache.analyse(path, &tree.read(path)?)));
    for analysis in read {
        let analysis = analysis?;
        let id = loaded.source_map.share(Arc::clone(&analysis.source));
        loaded.hide(id, &analysis.problems.secrets);
        loaded.source_map.redact_all(id, analysis.problems.hidden.iter().copied());
        loaded.files.push(analysis);
    }
    for path in &listing.escapes {
        let id = loaded.source_map.add(path.as_str(), "", syntax_of(path).unwrap_or(Syntax::Yaml));
        loaded.found.push(symlink_escape::diagnostic(id));
    }
    let beside = loaded.search(tree, &listing, cache);
    loaded.search_paths(&listing);
    loaded.hide_repeated();
    cache.keep(&loaded.files, beside);
    Ok(loaded)
}

impl Loaded {
    /// Masks secrets of a file and remembers them for the words of findings.
    fn hide(&mut self, file: FileId, secrets: &[Secret]) {
        self.source_map.redact_all(file, secrets.iter().map(|secret| secret.span));
        for secret in secrets {
            if let Some(text) = self.source_map.file(file).text.get(secret.span.range()) {
                self.secrets.insert(secret::meant(text).into_owned());
                self.secrets.insert(text.to_owned());
            }
        }
    }

    /// Masks secrets wherever else they stand: one that its place alone gives away has no form elsewhere.
    fn hide_repeated(&mut self) {
        let search = Search::of(&self.secrets);
        let files: Vec<FileId> = self.source_map.files().map(|(file, _)| file).collect();
        for file in files {
            let text = &self.source_map.file(file).text;
            let spans: Vec<Span> = match &search {
                Search::Needless => return,
                Search::With(finder) => {
                    finder.find_iter(text).map(|found| Span::new(found.start(), found.end())).collect()
                }
                // What cannot be searched is hidden as a whole.
                Search::TooMany => vec![Span::new(0, text.len())],
            };
            self.source_map.redact_all(file, spans);
        }
    }

    /// Searches files that are not policy, within the limits of one check.
    fn search(&mut self, tree: &dyn Tree, listing: &Listing, cache: &Cache) -> Vec<Arc<BesideAnalysis>> {
        let mut searched = Vec::with_capacity(listing.beside.len());
        let mut bytes_left = BESIDE_TOTAL_BYTES_MAX;
        let mut is_cut = listing.is_beside_cut;
        for path in &listing.beside {
            if bytes_left == 0 {
                is_cut = true;
                break;
            }
            let Ok(bytes) = tree.read_start(path, BESIDE_FILE_BYTES_MAX) else {
                self.unsearched.push(Unsearched::Unreadable(secret::masked(path).into_owned()));
                continue;
            };
            bytes_left = bytes_left.saturating_sub(bytes.len());
            let analysis = cache.analyse_beside(path, &bytes);
            if !analysis.secrets.is_empty() {
                let id = self.source_map.add(path.as_str(), BesideAnalysis::text(&bytes), Syntax::Yaml);
                self.hide(id, &analysis.secrets);
                self.found.extend(analysis.secrets.iter().map(|secret| {
                    let words =
                        if secret.is_certain() { literal_secret::beside } else { possible_secret::beside };
                    words(id, *secret)
                }));
            }
            searched.push(analysis);
        }
        if is_cut {
            self.unsearched.push(Unsearched::TooMany);
        }
        searched
    }

    /// Looks for secrets in the names of files and folders; one in a folder's name is reported once.
    fn search_paths(&mut self, listing: &Listing) {
        let mut known = BTreeSet::new();
        let Listing { paths, escapes, beside, .. } = listing;
        for path in paths.iter().chain(escapes).chain(beside) {
            for secret in secret::find(path) {
                let Some(text) = path.get(secret.span.range()) else { continue };
                if known.insert(text) {
                    let id = self.source_map.add(path.as_str(), "", Syntax::Yaml);
                    self.found.push(literal_secret::in_path(id, secret));
                    self.secrets.insert(text.to_owned());
                }
            }
        }
    }

    /// What could not be searched, told at the workspace file.
    pub(super) fn unsearched(&self, at: (FileId, Span)) -> impl Iterator<Item = Diagnostic> {
        self.unsearched.iter().map(move |unsearched| unsearched_file::diagnostic(at, unsearched))
    }
}

#[cfg(test)]
mod tests;
