//! Findings as one JSON document.
//!
//! Deliberately flat and stable: fields may be added, and a change of meaning raises `version`. The invariant: no
//! character of a source can change how the document looks, because such characters are written as JSON escapes.
//!
//! Read next: [`crate::diagnostic`] for what the fields mean.

use std::fmt::Write as _;

use pointsman_schema::tree::Span;
use serde::Serialize;

use super::Summary;
use crate::diagnostic::{Diagnostic, Edit, Help, Label, Note};
use crate::shown::deceives;
use crate::source_map::{FileId, SourceMap};

/// The document, with a line break at its end.
pub fn render(found: &[Diagnostic], sources: &SourceMap) -> String {
    let Summary { errors, warnings } = Summary::of(found);
    let document = Document {
        version: 1,
        diagnostics: found.iter().map(|diagnostic| finding(diagnostic, sources)).collect(),
        summary: Counts { errors, warnings },
    };
    let text = serde_json::to_string_pretty(&document);
    debug_assert!(text.is_ok(), "strings and numbers always serialise");
    let mut text = escaped(&text.unwrap_or_default());
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    diagnostics: Vec<Finding<'a>>,
    summary: Counts,
}

#[derive(Serialize)]
struct Counts {
    errors: usize,
    warnings: usize,
}

#[derive(Serialize)]
struct Finding<'a> {
    slug: &'a str,
    severity: &'a str,
    headline: &'a str,
    primary: Marked<'a>,
    context: Vec<Marked<'a>>,
    consequence: Option<&'a str>,
    help: Vec<Advice<'a>>,
    notes: Vec<Fact<'a>>,
}

#[derive(Serialize)]
struct Marked<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    label: &'a str,
}

/// Lines and columns from 1, columns in characters, bytes from 0; ends are exclusive.
#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    start_byte: u32,
    end_byte: u32,
}

#[derive(Serialize)]
struct Advice<'a> {
    text: &'a str,
    fix: Option<Patch<'a>>,
}

#[derive(Serialize)]
struct Patch<'a> {
    class: &'a str,
    edits: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    replacement: &'a str,
}

#[derive(Serialize)]
struct Fact<'a> {
    text: &'a str,
    place: Option<Place<'a>>,
}

fn finding<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Finding<'a> {
    let Diagnostic { slug, severity, headline, primary, holder: _, context, consequence, help, notes } =
        diagnostic;
    Finding {
        slug,
        severity: severity.word(),
        headline,
        primary: marked(primary, sources),
        context: context.iter().map(|label| marked(label, sources)).collect(),
        consequence: consequence.as_deref(),
        help: help.iter().map(|help| advice(help, sources)).collect(),
        notes: notes.iter().map(|note| fact(note, sources)).collect(),
    }
}

fn marked<'a>(Label { file, span, text }: &'a Label, sources: &'a SourceMap) -> Marked<'a> {
    Marked { place: place(*file, *span, sources), label: text }
}

fn place(file: FileId, span: Span, sources: &SourceMap) -> Place<'_> {
    let found = sources.file(file);
    let (start, end) = (found.position(span.start), found.position(span.end));
    Place {
        path: &found.path,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        start_byte: start.byte,
        end_byte: end.byte,
    }
}

fn advice<'a>(Help { text, fix }: &'a Help, sources: &'a SourceMap) -> Advice<'a> {
    let change = |Edit { file, span, replacement }: &'a Edit| Change {
        place: place(*file, *span, sources),
        replacement: replacement.as_str(),
    };
    let patch = fix
        .as_ref()
        .map(|fix| Patch { class: fix.class.word(), edits: fix.edits.iter().map(change).collect() });
    Advice { text, fix: patch }
}

fn fact<'a>(Note { text, place: at }: &'a Note, sources: &'a SourceMap) -> Fact<'a> {
    Fact { text, place: at.map(|(file, span)| place(file, span, sources)) }
}

/// Such characters stand only inside of strings, where JSON allows their escapes.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if deceives(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let written = write!(text, "\\u{unit:04x}");
                debug_assert!(written.is_ok(), "writing to a string does not fail");
            }
        } else {
            text.push(character);
        }
    }
    text
}
