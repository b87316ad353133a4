//! The lines around some labels of one file, as miette reads them.
//!
//! Deliberately only a window: a finding in a large file must not cost the whole file, and a line of a megabyte must not
//! reach a terminal. The invariant: all text comes from `SourceFile::shown`, and each label has a place in it.
//!
//! Read next: [`super::human`].

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use pointsman_schema::tree::Span;

use crate::shown::visible;
use crate::source_map::SourceFile;

/// A window of a file.
pub(super) struct Excerpt {
    name: String,
    text: String,
    /// Of each line in the window: its number from 1 and where it starts in `text`.
    lines: Vec<Line>,
    marks: Vec<Mark>,
}

struct Line {
    number: usize,
    start: usize,
}

/// What miette is to print as the place of a label that starts at an offset of the excerpt; lines and columns from 0.
struct Mark {
    offset: usize,
    line: usize,
    column: usize,
}

impl Excerpt {
    /// The window of some labels, the first of which gives the place, with each label's place in it.
    pub(super) fn new(file: &SourceFile, labels: &[Span]) -> (Self, Vec<SourceSpan>) {
        let mut excerpt = Self {
            name: visible(&file.path).into_owned(),
            text: String::new(),
            lines: Vec::new(),
            marks: Vec::new(),
        };
        let within =
            |span: &Span| Span { start: file.position(span.start).byte, end: file.position(span.end).byte };
        let labels: Vec<Span> = labels.iter().map(within).collect();
        let labels = labels.as_slice();
        let mut places: Vec<Option<SourceSpan>> = vec![None; labels.len()];
        for number in wanted_lines(file, labels) {
            let start = excerpt.text.len();
            excerpt.lines.push(Line { number: usize::try_from(number).unwrap_or(usize::MAX), start });
            excerpt.push_line(file, number, labels, &mut places);
        }
        let end = excerpt.text.len();
        let places: Vec<SourceSpan> =
            places.into_iter().map(|place| place.unwrap_or_else(|| (end, 0).into())).collect();
        let narrow = |from_one: u32| usize::try_from(from_one).unwrap_or(1).saturating_sub(1);
        let mark = |(span, place): (&Span, &SourceSpan)| {
            let position = file.position(span.start);
            Mark { offset: place.offset(), line: narrow(position.line), column: narrow(position.column) }
        };
        excerpt.marks = labels.iter().zip(&places).map(mark).collect();
        (excerpt, places)
    }

    fn push_line(
        &mut self,
        file: &SourceFile,
        number: u32,
        labels: &[Span],
        places: &mut [Option<SourceSpan>],
    ) {
        let line = file.line_span(number);
        let here = |span: &Span| line.start <= span.start && span.start <= line.end;
        let first = labels.iter().filter(|span| here(span)).map(|span| span.start).min();
        let crop = crop(file, line, first);
        let start = self.text.len();
        let shown = file.shown(crop);
        if crop.start > line.start {
            self.text.push_str("... ");
        }
        let shift = self.text.len();
        self.text.push_str(shown.text());
        if crop.end < line.end {
            self.text.push_str(" ...");
        }
        for (span, place) in labels.iter().zip(places.iter_mut()).filter(|(span, _)| here(span)) {
            let from = shown.offset(span.start).saturating_add(shift);
            // A span over several lines is marked on its first one.
            let to = shown.offset(span.end.min(line.end)).saturating_add(shift).max(from);
            *place = place.or(Some((from, to.saturating_sub(from)).into()));
        }
        debug_assert!(self.text.len() >= start, "lines are only added");
        self.text.push('\n');
    }
}

/// The part of a long line to show: from a little before its first label.
fn crop(file: &SourceFile, line: Span, first_label: Option<u32>) -> Span {
    let length = line.end.saturating_sub(line.start);
    if length <= LINE_BYTES_MAX {
        return line;
    }
    let start =
        first_label.map_or(line.start, |first| first.saturating_sub(LINE_BYTES_BEFORE)).max(line.start);
    let start = file.position(start).byte;
    let end = file.position(start.saturating_add(LINE_BYTES_MAX)).byte.min(line.end);
    Span { start, end }
}

/// The lines of the labels and one on each side, in order.
fn wanted_lines(file: &SourceFile, labels: &[Span]) -> std::collections::BTreeSet<u32> {
    let last = file.position(u32::MAX).line;
    let is_empty = file.line_span(last)
        == Span { start: file.position(u32::MAX).byte, end: file.position(u32::MAX).byte };
    // What follows the last line break is no line to show, unless a label stands there.
    let last = if is_empty && labels.iter().all(|span| file.position(span.start).line < last) {
        last.saturating_sub(1)
    } else {
        last
    };
    labels
        .iter()
        .map(|span| file.position(span.start).line)
        .flat_map(|line| line.saturating_sub(1)..=line.saturating_add(1))
        .filter(|line| (1..=last).contains(line))
        .collect()
}

impl SourceCode for Excerpt {
    /// The lines that a span touches, with as many as asked for on each side while their numbers follow each other.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let line_of =
            |offset: usize| self.lines.partition_point(|line| line.start <= offset).saturating_sub(1);
        let (mut first, mut last) =
            (line_of(span.offset()), line_of(span.offset().saturating_add(span.len())));
        let number = |index: usize| self.lines.get(index).map_or(0, |line| line.number);
        for _ in 0..before {
            let above = first.saturating_sub(1);
            first = if number(above).saturating_add(1) == number(first) { above } else { first };
        }
        for _ in 0..after {
            let below = last.saturating_add(1);
            last = if number(last).saturating_add(1) == number(below) { below } else { last };
        }
        let start = self.lines.get(first).map_or(0, |line| line.start);
        let end = self.lines.get(last.saturating_add(1)).map_or(self.text.len(), |line| line.start);
        let data = self.text.get(start..end).unwrap_or("").as_bytes();
        // Without lines around it, a window is only asked for to print where a label stands.
        let mark = self.marks.iter().find(|mark| before == 0 && after == 0 && span.offset() == mark.offset);
        let (line, column) =
            mark.map_or((number(first).saturating_sub(1), 0), |mark| (mark.line, mark.column));
        let span = (start, end.saturating_sub(start)).into();
        // miette joins two windows when the second starts no later than the first one's line plus its count.
        let count = last.saturating_sub(first).saturating_add(1);
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), data, span, line, column, count)))
    }
}

/// **Unit**: bytes of a source line that is shown whole.
const LINE_BYTES_MAX: u32 = 160;
/// **Unit**: bytes shown before the first label of a longer line.
const LINE_BYTES_BEFORE: u32 = 40;
