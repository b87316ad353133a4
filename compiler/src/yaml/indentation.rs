//! In which columns a line of YAML could begin, told from the lines above it.
//!
//! A parser knows only that something does not go on; people count spaces. Deliberately no second parser: it looks at how lines
//! begin, and says nothing where they hold more than keys and items, or where the line begins as it may. The invariant: it is
//! asked only where the parser found an error, so it can be silent and never refuse.
//!
//! Read next: [`super::fault`].

use pointsman_schema::tree::Span;

use crate::shown::visible;

/// A line that begins in a column where nothing can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indented {
    /// **Unit**: spaces before it.
    found: usize,
    /// **Unit**: spaces that could stand before it, with the nearest line above that has as many.
    expected: Vec<(usize, String)>,
}

impl Indented {
    /// What to see at the line.
    pub(super) fn label(&self) -> String {
        let spaces = |count: usize| if count == 1 { "1 space".to_owned() } else { format!("{count} spaces") };
        let each = self
            .expected
            .iter()
            .map(|(count, like)| format!("{} as before `{}`", spaces(*count), visible(like)));
        let each: Vec<_> = each.collect();
        format!("expected {}, found {}", each.join(" or "), self.found)
    }
}

/// The line on which a place stands, when it begins in a column where none above lets it.
pub(super) fn find(text: &str, at: usize) -> Option<(Span, Indented)> {
    let begin = text.get(..at)?.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let line = Line::of(text.get(begin..)?.lines().next()?)?;
    let mut open: Vec<Open<'_>> = Vec::new();
    for above in text.get(..begin)?.lines() {
        if above.starts_with("---") {
            open.clear();
        }
        // Anything else than keys and items is not looked into.
        let Some(above) = Line::of(above) else { continue };
        open.retain(|open| open.column <= above.column);
        above.opens(&mut open);
    }
    let last = open.last()?;
    let is_in_place = open.iter().any(|open| open.column == line.column && open.is_item == line.is_item());
    let is_deeper = line.column > last.column && last.waits;
    // An item may begin in the column of the key that has the list.
    let is_below_key = line.is_item() && open.iter().any(|open| open.column == line.column && open.waits);
    if is_in_place || is_deeper || is_below_key {
        return None;
    }
    let alike = || open.iter().filter(|open| open.is_item == line.is_item() && open.column != line.column);
    let before = alike().rfind(|open| open.column < line.column);
    let after = alike().find(|open| open.column > line.column);
    let expected = before.into_iter().chain(after).map(|open| (open.column, open.text.to_owned())).collect();
    let start = begin.saturating_add(line.column);
    let span = Span::new(start, start.saturating_add(line.word().len()));
    let indented = Indented { found: line.column, expected };
    (!indented.expected.is_empty()).then_some((span, indented))
}

/// A line that holds something.
#[derive(Clone, Copy)]
struct Line<'t> {
    /// **Unit**: spaces before it.
    column: usize,
    text: &'t str,
}

/// A key or an item above.
struct Open<'t> {
    column: usize,
    text: &'t str,
    is_item: bool,
    /// Whether its value stands on the lines below.
    waits: bool,
}

impl<'t> Line<'t> {
    fn of(line: &'t str) -> Option<Self> {
        let text = line.trim_start_matches(' ');
        let column = line.len().saturating_sub(text.len());
        let is_empty = text.starts_with(['#', '\t']) || text.trim_end().is_empty();
        let text = text.split(" #").next().unwrap_or(text).trim_end();
        (!is_empty).then_some(Self { column, text })
    }

    fn is_item(self) -> bool {
        self.text == "-" || self.text.starts_with("- ")
    }

    /// The key, or the item up to its first word.
    fn word(self) -> &'t str {
        let after = if self.is_item() { self.text.trim_start_matches(['-', ' ']) } else { self.text };
        let length = after.find([':', ' ']).unwrap_or(after.len());
        let begin = self.text.len().saturating_sub(after.len());
        self.text.get(..begin.saturating_add(length)).unwrap_or(self.text)
    }

    /// Adds what begins on the line: its items, and its key.
    fn opens(self, open: &mut Vec<Open<'t>>) {
        let mut line = self;
        while line.is_item() {
            open.retain(|open| open.column < line.column || (open.column == line.column && !open.is_item));
            open.push(Open { column: line.column, text: line.word(), is_item: true, waits: true });
            let rest = line.text.get(1..).unwrap_or_default();
            let text = rest.trim_start_matches(' ');
            let width = rest.len().saturating_sub(text.len()).saturating_add(1);
            line = Line { column: line.column.saturating_add(width), text };
            if text.is_empty() {
                return;
            }
        }
        let is_key = line.text.ends_with(':') || line.text.contains(": ");
        if is_key {
            open.retain(|open| open.column < line.column);
            let value = line.text.split_once(": ").map_or("", |(_, value)| value.trim_start());
            // An anchor, or a block of text.
            let waits = value.is_empty() || value.starts_with(['&', '|', '>']);
            open.push(Open { column: line.column, text: line.word(), is_item: false, waits });
        } else if let Some(last) = open.last_mut() {
            // The value of what waited.
            last.waits = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of the last line.
    fn check(text: &str, expected: Option<&str>) {
        let at = text.trim_end().len();
        let label = find(text, at).map(|(_, indented)| indented.label());
        assert_eq!(label.as_deref(), expected, "{text}");
    }

    #[test]
    fn the_columns_that_are_open_are_told() {
        let above = "backends:\n  gpt:\n    model: gpt-4o\n";
        check(&format!("{above}     provider: p\n"), Some("expected 4 spaces as before `model`, found 5"));
        check(
            &format!("{above}   provider: p\n"),
            Some("expected 2 spaces as before `gpt` or 4 spaces as before `model`, found 3"),
        );
        check(
            &format!("{above} provider: p\n"),
            Some("expected 0 spaces as before `backends` or 2 spaces as before `gpt`, found 1"),
        );
        check(&format!("{above}    provider: p\n"), None);
        check(&format!("{above}  mini: p\n"), None);
        check(&format!("{above}chains: p\n"), None);
        check(
            " chains:\n  main:\n    rules: []\nbackends:\n",
            Some("expected 1 space as before `chains`, found 0"),
        );
    }

    #[test]
    fn items_are_like_items_and_keys_like_keys() {
        let above = "rules:\n  - name: all\n    fallback:\n    - gpt\n";
        check(&format!("{above}     - mini\n"), Some("expected 4 spaces as before `- gpt`, found 5"));
        check(
            &format!("{above}   - mini\n"),
            Some("expected 2 spaces as before `- name` or 4 spaces as before `- gpt`, found 3"),
        );
        check(&format!("{above}    - mini\n"), None);
        check(&format!("{above}  - name: b\n"), None);
        check(
            &format!("{above}   retry: 1\n"),
            Some("expected 0 spaces as before `rules` or 4 spaces as before `fallback`, found 3"),
        );
        check("rules:\n- name: all\n", None);
        check(
            "rules:\n  - name: all\n   match: 1\n",
            Some("expected 0 spaces as before `rules` or 4 spaces as before `name`, found 3"),
        );
        check("rules:\n      - name: all\n", None);
    }

    #[test]
    fn what_is_no_key_and_no_item_is_not_judged() {
        check("", None);
        check("a: 1\n", None);
        check("# a\n   b: 1\n", None);
        check("a: # of\n   b: 1\n", None);
        check("a: |\n   b: 1\n", None);
        check("a:\n  b: 1\n---\n c: 1\n", None);
    }
}
