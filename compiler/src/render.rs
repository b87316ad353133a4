//! Findings as text for people and for machines.
//!
//! Deliberately pure functions of findings, sources and options: no terminal, no environment, no files. Invariants: each
//! format states the same facts, source text reaches none of them but through [`crate::source_map::SourceFile::shown`],
//! and control characters and bidirectional overrides of a source are written out in all of them.
//!
//! Read next: [`human`], [`json`], [`sarif`].

pub mod compact;
mod excerpt;
pub mod github;
pub mod human;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;

use crate::diagnostic::Diagnostic;
use crate::rule::Severity;

/// How many findings of each severity there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
}

impl Summary {
    /// Counts.
    pub fn of(found: &[Diagnostic]) -> Self {
        let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
        Self { errors, warnings: found.len().saturating_sub(errors) }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        let Self { errors, warnings } = *self;
        write!(f, "{errors} error{}, {warnings} warning{}", plural(errors), plural(warnings))
    }
}

#[cfg(test)]
mod tests;
