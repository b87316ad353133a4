//! Findings as workflow commands, which GitHub shows beside the lines of a pull request.
//!
//! Deliberately one line a finding with everything in its message: an annotation has no second place. The invariant: no
//! text of a source can end its command or start another.
//!
//! Read next: [`crate::diagnostic`] for what the parts mean.

use crate::diagnostic::{Diagnostic, Label};
use crate::shown::visible;
use crate::source_map::{FileId, SourceMap};

/// One command a finding. `folder` is where the workspace lies in the repository that GitHub shows; empty for its root.
pub fn render(found: &[Diagnostic], sources: &SourceMap, folder: &str) -> String {
    found.iter().map(|diagnostic| command(diagnostic, sources, folder)).collect()
}

fn command(diagnostic: &Diagnostic, sources: &SourceMap, folder: &str) -> String {
    let Diagnostic { slug, severity, primary, .. } = diagnostic;
    let file = sources.file(primary.file);
    let (start, end) = (file.position(primary.span.start), file.position(primary.span.end));
    // GitHub's end column is the last one marked, and it allows columns on a single line alone.
    let columns = if start.line == end.line {
        format!(",col={},endColumn={}", start.column, end.column.saturating_sub(1).max(start.column))
    } else {
        String::new()
    };
    let path = match folder.trim_end_matches('/') {
        "" => file.path.clone(),
        folder => format!("{folder}/{}", file.path),
    };
    format!(
        "::{} file={},line={},endLine={}{columns},title={}::{}\n",
        severity.word(),
        property(&visible(&path)),
        start.line,
        end.line,
        property(slug),
        message(&body(diagnostic, sources)),
    )
}

/// The whole finding as lines of plain text.
pub(super) fn body(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let Diagnostic { headline, primary, context, consequence, help, notes, .. } = diagnostic;
    let mut lines = vec![visible(headline).into_owned()];
    lines.extend(Some(visible(&primary.text).into_owned()).filter(|text| !text.is_empty()));
    let at = |file: FileId, span| sources.place(file, span);
    lines.extend(
        context.iter().map(|Label { file, span, text }| format!("{}: {}", at(*file, *span), visible(text))),
    );
    lines.extend(consequence.as_deref().map(|text| visible(text).into_owned()));
    for help in help {
        lines.push(format!("help: {}", visible(&help.text)));
        for edit in help.fix.iter().flat_map(|fix| &fix.edits) {
            lines.push(format!("  {} -> {}", at(edit.file, edit.span), visible(&edit.replacement)));
        }
    }
    for note in notes {
        let place = note.place.map_or(String::new(), |(file, span)| format!(" {}", at(file, span)));
        lines.push(format!("note: {}{place}", visible(&note.text)));
    }
    lines.join("\n")
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
