//! Findings for a terminal, with miette drawing the source.
//!
//! Deliberately ASCII and, unless asked, without colour: the same picture in a terminal, a log and a test. The invariant:
//! nothing but a source line is wider than the given width, and at most [`RENDERED_IN_FULL_MAX`] findings are drawn.
//!
//! Read next: [`super::excerpt`] for the lines that are shown.

use std::fmt::Write as _;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan};
use pointsman_schema::tree::Span;

use super::Summary;
use super::excerpt::Excerpt;
use crate::diagnostic::{Diagnostic, Edit, Fix, FixClass, Help, Label, Note};
use crate::rule::Severity;
use crate::shown::visible;
use crate::source_map::{FileId, SourceMap};

/// How to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HumanOptions {
    /// Columns.
    pub width: usize,
    /// Whether to colour; the caller knows the terminal and `NO_COLOR`.
    pub color: Color,
}

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// Plain text.
    Never,
    /// ANSI colours.
    Always,
}

impl Default for HumanOptions {
    fn default() -> Self {
        Self { width: 80, color: Color::Never }
    }
}

/// Every finding in its order, then how many there are; empty when there is none.
pub fn render(found: &[Diagnostic], sources: &SourceMap, options: HumanOptions) -> String {
    let mut out = String::new();
    for diagnostic in found.iter().take(RENDERED_IN_FULL_MAX) {
        one(&mut out, diagnostic, sources, options);
        out.push('\n');
    }
    if let Some(rest) = found.get(RENDERED_IN_FULL_MAX..).filter(|rest| !rest.is_empty()) {
        let text = format!(
            "{} more findings are not shown ({}); resolve these first, or use `--format json`",
            rest.len(),
            Summary::of(rest)
        );
        wrapped(&mut out, "", &text, options.width);
        out.push('\n');
    }
    if !found.is_empty() {
        out.push_str(&Summary::of(found).to_string());
        out.push('\n');
    }
    out
}

fn one(out: &mut String, diagnostic: &Diagnostic, sources: &SourceMap, options: HumanOptions) {
    let Diagnostic { slug, severity, headline, primary, holder: _, context, consequence, help, notes } =
        diagnostic;
    let head = format!("{}[{slug}]: ", severity.word());
    let mut text = String::new();
    wrapped(&mut text, &head, &visible(headline), options.width);
    out.push_str(&painted(&text, head.len().saturating_sub(2), *severity, options));
    let (same, other): (Vec<&Label>, Vec<&Label>) =
        context.iter().partition(|label| label.file == primary.file);
    let here: Vec<&Label> = std::iter::once(primary).chain(same).collect();
    snippet(out, primary.file, &here, sources, options);
    let mut other = other.as_slice();
    while let Some(first) = other.first() {
        let length = other.iter().take_while(|label| label.file == first.file).count();
        let (group, rest) = other.split_at(length);
        snippet(out, first.file, group, sources, options);
        other = rest;
    }
    if let Some(consequence) = consequence {
        wrapped(out, "  = ", &visible(consequence), options.width);
    }
    for help in help {
        advice(out, help, sources, options);
    }
    for Note { text, place } in notes {
        let place = place.map_or(String::new(), |(file, span)| format!(" {}", sources.place(file, span)));
        wrapped(out, "note: ", &format!("{}{place}", visible(text)), options.width);
    }
}

/// The lines of one file with their labels; the first label gives the place.
fn snippet(out: &mut String, file: FileId, labels: &[&Label], sources: &SourceMap, options: HumanOptions) {
    let spans: Vec<Span> = labels.iter().map(|label| label.span).collect();
    let (excerpt, places) = Excerpt::new(sources.file(file), &spans);
    let labeled = labels.iter().zip(places).enumerate().map(|(index, (label, place))| {
        let text = Some(visible(&label.text).into_owned()).filter(|text| !text.is_empty());
        if index == 0 {
            LabeledSpan::new_primary_with_span(text, place)
        } else {
            LabeledSpan::new_with_span(text, place)
        }
    });
    let report = Report { excerpt, labels: labeled.collect() };
    let mut drawn = String::new();
    let handler = GraphicalReportHandler::new_themed(theme(options.color))
        .with_width(options.width)
        .with_context_lines(1)
        .without_cause_chain()
        .without_syntax_highlighting();
    let rendered = handler.render_report(&mut drawn, &report);
    debug_assert!(rendered.is_ok(), "an excerpt can be read at each of its labels");
    // The first line is miette's headline, which ours replaces.
    for line in drawn.lines().skip(1) {
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

fn advice(out: &mut String, Help { text, fix }: &Help, sources: &SourceMap, options: HumanOptions) {
    let class = match fix.as_ref().map(|fix| fix.class) {
        Some(FixClass::NeverAutomatic) => " (look before you apply it)",
        Some(FixClass::Unsafe) => " (it changes what is decided)",
        Some(FixClass::Safe) => " (it decides the same)",
        None => "",
    };
    wrapped(out, "help: ", &format!("{}{class}", visible(text)), options.width);
    if let Some(Fix { edits, .. }) = fix {
        for edit in edits {
            patched(out, edit, sources);
        }
    }
}

/// The line of an edit as it would be afterwards.
fn patched(out: &mut String, edit: &Edit, sources: &SourceMap) {
    let file = sources.file(edit.file);
    let (first, last) = (file.position(edit.span.start).line, file.position(edit.span.end).line);
    let (start, end) = (file.line_span(first), file.line_span(last));
    let before = file.shown(Span {
        start: start.start.max(edit.span.start.saturating_sub(PATCH_BYTES_AROUND)),
        end: edit.span.start,
    });
    let after = file.shown(Span {
        start: edit.span.end,
        end: end.end.min(edit.span.end.saturating_add(PATCH_BYTES_AROUND)),
    });
    let text = format!("{}{}{}", before.text(), edit.replacement, after.text());
    for (line, number) in text.lines().zip(first..) {
        let written = writeln!(out, "{number:>4} | {}", visible(line).trim_end());
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    }
}

/// Words from `text` after `head`, lines after the first indented as wide as a short head.
fn wrapped(out: &mut String, head: &str, text: &str, width: usize) {
    let indent = " ".repeat(head.len().min(INDENT_MAX));
    let mut column = head.chars().count();
    out.push_str(head);
    let mut is_first = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        let space = usize::from(!is_first);
        if !is_first && column.saturating_add(space).saturating_add(length) > width {
            out.push('\n');
            out.push_str(&indent);
            column = indent.len();
        } else if !is_first {
            out.push(' ');
            column = column.saturating_add(1);
        }
        out.push_str(word);
        column = column.saturating_add(length);
        is_first = false;
    }
    out.push('\n');
}

fn painted(text: &str, head: usize, severity: Severity, options: HumanOptions) -> String {
    if options.color == Color::Never {
        return text.to_owned();
    }
    let code = match severity {
        Severity::Error => "31",
        Severity::Warning => "33",
    };
    let (head, rest) = text.split_at_checked(head).unwrap_or((text, ""));
    format!("\u{1b}[1;{code}m{head}\u{1b}[0m{rest}")
}

fn theme(color: Color) -> GraphicalTheme {
    let mut theme = match color {
        Color::Never => GraphicalTheme::none(),
        Color::Always => GraphicalTheme::ascii(),
    };
    theme.characters.underbar = '^';
    theme.characters.ltop = '-';
    theme.characters.hbar = '-';
    theme
}

/// What miette reads: labels over an excerpt.
struct Report {
    excerpt: Excerpt,
    labels: Vec<LabeledSpan>,
}

impl miette::Diagnostic for Report {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

impl std::error::Error for Report {}

impl std::fmt::Display for Report {
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Ok(())
    }
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Report").field("labels", &self.labels.len()).finish_non_exhaustive()
    }
}

/// **Unit**: findings drawn with their source.
pub const RENDERED_IN_FULL_MAX: usize = 50;
/// **Unit**: bytes of a line shown on each side of an edit.
const PATCH_BYTES_AROUND: u32 = 80;
/// **Unit**: columns that a wrapped line is indented by at most.
const INDENT_MAX: usize = 8;
