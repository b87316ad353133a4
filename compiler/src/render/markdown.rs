//! Findings for a comment on a pull request.
//!
//! A summary, then one collapsed block a finding. The invariant: nothing of a source is read as Markdown or HTML: texts
//! are escaped character by character, and excerpts are not shown at all, because the pull request shows the lines.
//!
//! **Source**: GitHub Flavored Markdown.

use std::fmt::Write as _;

use super::Summary;
use crate::diagnostic::Diagnostic;
use crate::shown::visible;
use crate::source_map::SourceMap;

/// The comment.
pub fn render(found: &[Diagnostic], sources: &SourceMap) -> String {
    let mut out = String::new();
    match comment(&mut out, found, sources) {
        // Writing into a string cannot fail.
        Ok(()) | Err(std::fmt::Error) => out,
    }
}

fn comment(out: &mut String, found: &[Diagnostic], sources: &SourceMap) -> std::fmt::Result {
    if found.is_empty() {
        return writeln!(out, "**Policy check:** no findings");
    }
    writeln!(out, "**Policy check:** {}", Summary::of(found))?;
    for diagnostic in found.iter().take(SHOWN_MAX) {
        let Diagnostic { slug, severity, headline, primary, consequence, help, .. } = diagnostic;
        let place = escaped(&sources.place(primary.file, primary.span));
        let severity = severity.word();
        writeln!(
            out,
            "\n<details><summary>{severity}: {} ({place})</summary>\n",
            escaped(&visible(headline))
        )?;
        writeln!(out, "- {slug}: {}", escaped(&visible(&primary.text)))?;
        if let Some(consequence) = consequence {
            writeln!(out, "- {}", escaped(&visible(consequence)))?;
        }
        for help in help {
            writeln!(out, "- help: {}", escaped(&visible(&help.text)))?;
        }
        for note in &diagnostic.notes {
            let place =
                note.place.map_or(String::new(), |(file, span)| format!(" {}", sources.place(file, span)));
            writeln!(out, "- note: {}{}", escaped(&visible(&note.text)), escaped(&place))?;
        }
        writeln!(out, "\n</details>")?;
    }
    match found.len().checked_sub(SHOWN_MAX) {
        None | Some(0) => Ok(()),
        Some(others) => writeln!(out, "\nand {others} more; `pointsman check` shows all of them"),
    }
}

/// A comment may have 65,536 characters. **Unit**: findings.
const SHOWN_MAX: usize = 50;

/// Text that reads as itself. Words in backticks stay code.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, part) in text.split('`').enumerate() {
        let is_code = at % 2 == 1;
        if is_code {
            out.push_str("<code>");
        }
        for character in part.chars() {
            match character {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '\n' => out.push(' '),
                c if c.is_ascii_punctuation()
                    && !matches!(c, '.' | ',' | '/' | '-' | ';' | '\'' | '"' | '?') =>
                {
                    // A character reference is text everywhere, also inside of HTML, where a backslash is not an escape.
                    out.push_str("&#");
                    out.push_str(&u32::from(c).to_string());
                    out.push(';');
                }
                c => out.push(c),
            }
        }
        if is_code {
            out.push_str("</code>");
        }
    }
    out
}
