//! Findings as a `JUnit` report, which most CI systems show: one test case a finding, one suite a file.
//!
//! What does not reach the level from which on the command fails is a passed case with its words in the output, so that
//! the report fails when the command does. The invariant: the document is well formed, whatever a source holds.
//!
//! **Source**: the `JUnit` XML that Jenkins, GitLab and Azure Pipelines read.

use std::fmt::Write as _;

use crate::diagnostic::Diagnostic;
use crate::rule::Severity;
use crate::shown::visible;
use crate::source_map::{FileId, SourceMap};

/// The document, with a line break at its end. Findings that reach `level` fail.
pub fn render(found: &[Diagnostic], sources: &SourceMap, level: Severity) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    match document(&mut out, found, sources, level) {
        // Writing into a string cannot fail.
        Ok(()) | Err(std::fmt::Error) => out,
    }
}

fn document(
    out: &mut String,
    found: &[Diagnostic],
    sources: &SourceMap,
    level: Severity,
) -> std::fmt::Result {
    let failures = failures(found, level);
    writeln!(out, "<testsuites name=\"pointsman check\" tests=\"{}\" failures=\"{failures}\">", found.len())?;
    let mut rest = found;
    while let Some(first) = rest.first() {
        let file = first.primary.file;
        let count = rest.iter().take_while(|diagnostic| diagnostic.primary.file == file).count();
        let (suite, after) = rest.split_at(count);
        write_suite(out, (file, suite), sources, level)?;
        rest = after;
    }
    writeln!(out, "</testsuites>")
}

fn write_suite(
    out: &mut String,
    (file, suite): (FileId, &[Diagnostic]),
    sources: &SourceMap,
    level: Severity,
) -> std::fmt::Result {
    let path = escaped(&visible(&sources.file(file).path));
    let failures = failures(suite, level);
    writeln!(out, "  <testsuite name=\"{path}\" tests=\"{}\" failures=\"{failures}\">", suite.len())?;
    for diagnostic in suite {
        let Diagnostic { slug, severity, headline, primary, .. } = diagnostic;
        let place = sources.place(primary.file, primary.span);
        let (name, headline) = (escaped(&format!("{slug} at {place}")), escaped(&visible(headline)));
        let details = escaped(&super::github::body(diagnostic, sources));
        writeln!(out, "    <testcase classname=\"{path}\" name=\"{name}\">")?;
        if severity.reaches(level) {
            writeln!(out, "      <failure type=\"{slug}\" message=\"{headline}\">{details}</failure>")?;
        } else {
            writeln!(out, "      <system-out>{}: {details}</system-out>", severity.word())?;
        }
        writeln!(out, "    </testcase>")?;
    }
    writeln!(out, "  </testsuite>")
}

fn failures(found: &[Diagnostic], level: Severity) -> usize {
    found.iter().filter(|diagnostic| diagnostic.severity.reaches(level)).count()
}

/// Text for an element or an attribute. What XML 1.0 has no character for is replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
