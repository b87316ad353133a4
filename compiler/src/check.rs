//! A tree of files into findings: every pass, in order.
//!
//! Deliberately never stops at the first error and never lowers anything. Invariants: findings come in the order of
//! (path, place, slug), each once; no finding holds the text of a secret; and [`Checked::policy`] hands out a policy
//! only when there is no error in it.
//!
//! Read next: [`crate::file`], [`crate::index`], [`crate::resolve`], [`crate::reach`]: the passes in their order.

mod decisions;
mod holders;
mod leaves;
mod loading;
mod losses;
mod money;
mod objects;
mod platform;
mod side_by_side;
mod unsure;

use std::sync::Arc;

use pointsman_schema::source::Workspace;
use pointsman_schema::tree::Syntax;

use self::loading::Loaded;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::file::FileAnalysis;
use crate::file::cache::Cache;
use crate::index::Index;
use crate::policy::Policy;
use crate::rule::Severity;
use crate::rules::{self, no_workspace};
use crate::secret::words;
use crate::source_map::{FileId, SourceMap};
use crate::suppression::{self, Commented, Date};
use crate::tree_source::{Tree, TreeError};

/// What decides about findings beside the files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The day for which expiry is judged; without one, nothing expires.
    pub as_of: Option<Date>,
}

/// A checked workspace.
#[derive(Debug)]
pub struct Checked {
    /// What was found, in order, without what is suppressed.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the findings point into.
    pub sources: SourceMap,
    /// The analysed files; a file's place is its [`FileId::index`].
    pub files: Vec<Arc<FileAnalysis>>,
    /// Stands in for a workspace file that is missing or could not be read.
    absent: Workspace,
    workspace_file: FileId,
}

/// Checks a workspace.
pub fn check(tree: &dyn Tree, options: &Options) -> Result<Checked, TreeError> {
    check_with(tree, options, &mut Cache::new())
}

/// Checks a workspace and reads only files that changed since the cache's last run.
pub fn check_with(tree: &dyn Tree, options: &Options, cache: &mut Cache) -> Result<Checked, TreeError> {
    check_observed(tree, options, cache, &mut |_| {})
}

/// One part of checking, for whoever measures it: the compiler has no clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Files are listed, read, parsed and put into their types.
    Files,
    /// All files are put together.
    Index,
    /// Names are followed and rules are judged.
    Rules,
    /// Findings are sorted, suppressed and cleared of secrets.
    Findings,
}

/// The same; `passed` hears of each pass when it is done.
pub fn check_observed(
    tree: &dyn Tree,
    options: &Options,
    cache: &mut Cache,
    passed: &mut dyn FnMut(Pass),
) -> Result<Checked, TreeError> {
    let mut loaded = loading::load(tree, cache)?;
    passed(Pass::Files);
    let missing = !loaded.has_workspace;
    let workspace_file = loaded.source_map.add("pointsman.yaml", "", Syntax::Yaml);
    let absent = Workspace::empty();
    let mut sink = Diagnostics::new();
    sink.extend(std::mem::take(&mut loaded.found));
    let index = Index::of(&loaded.files, (&absent, workspace_file), &loaded.source_map);
    passed(Pass::Index);
    no_workspace::check(&index, missing.then_some(workspace_file), &mut sink);
    sink.extend(loaded.unsearched((index.policy.workspace_file, index.policy.workspace.version.span)));
    for (file, (id, _)) in loaded.files.iter().zip(loaded.source_map.files()) {
        sink.extend(file.findings(id));
    }
    objects::check(&index, *options, &mut sink);
    platform::check(&index, &mut sink);
    passed(Pass::Rules);
    let diagnostics = finish(sink, &loaded, *options);
    passed(Pass::Findings);
    let Loaded { source_map: sources, files, .. } = loaded;
    Ok(Checked { diagnostics, sources, files, absent, workspace_file })
}

impl Checked {
    /// Whether the policy cannot compile.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The policy, when nothing in it is wrong.
    pub fn policy(&self) -> Option<Policy<'_>> {
        if self.has_errors() {
            return None;
        }
        Some(Index::of(&self.files, (&self.absent, self.workspace_file), &self.sources).policy)
    }
}

/// Suppressions, order, what findings stand in, and the last look for secrets.
fn finish(sink: Diagnostics, loaded: &Loaded, options: Options) -> Vec<Diagnostic> {
    let Loaded { files, source_map, secrets, .. } = loaded;
    let commented: Vec<_> = files
        .iter()
        .zip(source_map.files())
        .map(|(file, (id, _))| Commented { file: id, comments: &file.comments, documents: &file.documents })
        .collect();
    let policy = suppression::Policy { rules: rules::ALL, as_of: options.as_of };
    let mut found = suppression::apply(sink, &commented, source_map, policy).finish(source_map);
    holders::note(&mut found, files);
    words::mask(&mut found, secrets);
    found
}

#[cfg(test)]
mod tests;
