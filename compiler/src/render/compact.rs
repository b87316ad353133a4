//! One line a finding: `path:line:column: severity[slug]: headline`.
//!
//! For terminals, editors and `grep`. The invariant: a finding is one line, whatever a source holds.

use crate::diagnostic::Diagnostic;
use crate::shown::visible;
use crate::source_map::SourceMap;

/// One line a finding, nothing without findings.
pub fn render(found: &[Diagnostic], sources: &SourceMap) -> String {
    found.iter().map(|diagnostic| line(diagnostic, sources)).collect()
}

fn line(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let Diagnostic { slug, severity, headline, primary, .. } = diagnostic;
    let place = sources.place(primary.file, primary.span);
    format!("{place}: {}[{slug}]: {}\n", severity.word(), visible(headline))
}
