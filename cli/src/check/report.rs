//! Findings in the format that was asked for, and the exit code, which is the same in all of them.

use std::path::Path;

use pointsman_compiler::diagnostic::Diagnostic;
use pointsman_compiler::render::human::{Color, HumanOptions};
use pointsman_compiler::render::{compact, github, human, json, junit, markdown, sarif};
use pointsman_compiler::source_map::SourceMap;

use crate::args::{FailLevel, Findings, FindingsFormat};
use crate::exit::Exit;
use crate::output;

/// Findings and the texts that they point into.
#[derive(Clone, Copy)]
pub(super) struct Found<'f> {
    pub(super) diagnostics: &'f [Diagnostic],
    pub(super) sources: &'f SourceMap,
}

/// Writes findings; `policy` is the folder as it was given.
pub(super) fn print(found: Found<'_>, (findings, policy): (&Findings, &Path), write: &mut dyn FnMut(&str)) {
    let Found { diagnostics, sources } = found;
    // Services want paths from where they run, which is the root of the checkout.
    let folder = policy.to_string_lossy();
    let folder = folder.trim_start_matches("./").trim_end_matches('.');
    match findings.format {
        FindingsFormat::Human => {
            let color = if output::wants_colour() { Color::Always } else { Color::Never };
            let text = human::render(diagnostics, sources, HumanOptions { color, ..HumanOptions::default() });
            if text.is_empty() { output::remark(&"no findings") } else { write(&text) }
        }
        FindingsFormat::Compact => write(&compact::render(diagnostics, sources)),
        FindingsFormat::Json => write(&json::render(diagnostics, sources)),
        FindingsFormat::Sarif => write(&sarif::render(diagnostics, sources, folder)),
        FindingsFormat::Github => write(&github::render(diagnostics, sources, folder)),
        FindingsFormat::Junit => {
            write(&junit::render(diagnostics, sources, findings.fail_level.severity()));
        }
        FindingsFormat::Markdown => write(&markdown::render(diagnostics, sources)),
    }
}

/// Whether findings at or above the level are there.
pub(super) fn outcome(diagnostics: &[Diagnostic], level: FailLevel) -> Exit {
    let counts = |diagnostic: &Diagnostic| diagnostic.severity.reaches(level.severity());
    if diagnostics.iter().any(counts) { Exit::Findings } else { Exit::Clean }
}
