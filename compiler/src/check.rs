//! A tree of files into findings: every pass, in order.
//!
//! Deliberately never stops at the first error and never lowers anything. Invariants: findings come in the order of
//! (path, place, slug), each once; no finding holds the text of a secret; and [`Checked::policy`] hands out a policy
//! only when there is no error in it.
//!
//! Read next: [`crate::file`], [`crate::index`], [`crate::resolve`], [`crate::reach`]: the passes in their order.

mod decisions;
mod objects;

use std::sync::Arc;

use pointsman_schema::source::Workspace;
use pointsman_schema::tree::Syntax;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::encoding::readable;
use crate::file::FileAnalysis;
use crate::file::cache::Cache;
use crate::index::Index;
use crate::policy::Policy;
use crate::rule::Severity;
use crate::rules::{self, no_workspace, symlink_escape};
use crate::source_map::{FileId, SourceMap};
use crate::suppression::{self, Commented, Date};
use crate::tree_source::{Tree, TreeError, syntax_of};

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
    let listing = tree.list()?;
    let mut source_map = SourceMap::new();
    let mut files = Vec::with_capacity(listing.paths.len());
    for path in &listing.paths {
        let bytes = tree.read(path)?;
        let analysis = cache.analyse(path, &bytes);
        let id = source_map.add(path.as_str(), text_of(&analysis, bytes), analysis.syntax);
        analysis.problems.secrets.iter().for_each(|secret| source_map.redact(id, secret.span));
        analysis.problems.hidden.iter().for_each(|span| source_map.redact(id, *span));
        files.push(analysis);
    }
    cache.keep(&files);
    passed(Pass::Files);
    let mut sink = Diagnostics::new();
    for path in &listing.escapes {
        let id = source_map.add(path.as_str(), "", syntax_of(path).unwrap_or(Syntax::Yaml));
        sink.push(symlink_escape::diagnostic(id));
    }
    let is_workspace = |path: &String| crate::file::is_workspace_path(path);
    let missing = !listing.paths.iter().any(is_workspace);
    let workspace_file = source_map.add("pointsman.yaml", "", Syntax::Yaml);
    let absent = Workspace::empty();
    let index = Index::of(&files, (&absent, workspace_file), &source_map);
    passed(Pass::Index);
    no_workspace::check(&index, missing.then_some(workspace_file), &mut sink);
    for (file, (id, _)) in files.iter().zip(source_map.files()) {
        sink.extend(file.findings(id));
    }
    objects::check(&index, *options, &mut sink);
    passed(Pass::Rules);
    let diagnostics = finish(sink, &files, &source_map, *options);
    passed(Pass::Findings);
    Ok(Checked { diagnostics, sources: source_map, files, absent, workspace_file })
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

/// Suppressions, order, and the last look for secrets.
fn finish(
    sink: Diagnostics,
    files: &[Arc<FileAnalysis>],
    source_map: &SourceMap,
    options: Options,
) -> Vec<Diagnostic> {
    let commented: Vec<_> = files
        .iter()
        .zip(source_map.files())
        .map(|(file, (id, _))| Commented { file: id, comments: &file.comments, documents: &file.documents })
        .collect();
    let policy = suppression::Policy { rules: rules::ALL, as_of: options.as_of };
    let mut found = suppression::apply(sink, &commented, source_map, policy).finish(source_map);
    let secrets: Vec<&str> = files
        .iter()
        .zip(source_map.files())
        .flat_map(|(file, (_, source))| {
            file.problems.secrets.iter().filter_map(|secret| source.text.get(secret.span.range()))
        })
        .collect();
    if !secrets.is_empty() {
        for diagnostic in &mut found {
            hide(diagnostic, &secrets);
        }
    }
    found
}

/// Removes secrets from the words of a finding, where a name or a value was one.
fn hide(diagnostic: &mut Diagnostic, secrets: &[&str]) {
    let Diagnostic { slug: _, severity: _, headline, primary, context, consequence, help, notes } =
        diagnostic;
    let texts = std::iter::once(headline)
        .chain(std::iter::once(&mut primary.text))
        .chain(context.iter_mut().map(|label| &mut label.text))
        .chain(consequence.iter_mut())
        .chain(notes.iter_mut().map(|note| &mut note.text));
    texts.for_each(|text| hide_in(text, secrets));
    for help in help {
        hide_in(&mut help.text, secrets);
        help.fix
            .iter_mut()
            .flat_map(|fix| &mut fix.edits)
            .for_each(|edit| hide_in(&mut edit.replacement, secrets));
    }
}

fn hide_in(text: &mut String, secrets: &[&str]) {
    for secret in secrets {
        if text.contains(secret) {
            *text = text.replace(secret, "[redacted]");
        }
    }
}

/// The text that findings point into; nothing of a file that is too large to be read.
fn text_of(analysis: &FileAnalysis, bytes: Vec<u8>) -> String {
    if analysis.problems.is_too_large {
        return String::new();
    }
    String::from_utf8(bytes).unwrap_or_else(|error| readable(error.as_bytes()))
}

#[cfg(test)]
mod tests;
