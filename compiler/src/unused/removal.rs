//! The text of a declaration that stands on lines of its own.
//!
//! Deliberately careful: one that shares a line with something else, or has a comment above or beside it that would be
//! left behind, is for a person to remove. Invariant: what is left of the file reads as before, without the declaration.

use pointsman_schema::tree::{Span, Syntax};

use crate::source_map::SourceFile;

/// The lines of a declaration; nothing where removing them could change more than that. In YAML a map of which nothing
/// is left would be no map.
pub(crate) fn removal(source: &SourceFile, whole: Span, is_one_kept: bool) -> Option<Span> {
    if source.syntax == Syntax::Yaml && !is_one_kept {
        return None;
    }
    let text = &source.text;
    let whole = Span {
        end: whole.start.checked_add(u32::try_from(text.get(whole.range())?.trim_end().len()).ok()?)?,
        ..whole
    };
    let (before, after) = (text.get(..whole.range().start)?, text.get(whole.range().end..)?);
    let above = before.trim_end_matches([' ', '\t']);
    let begins_line = above.is_empty() || above.ends_with('\n');
    let (rest, below) = after.split_once('\n').unwrap_or((after, ""));
    if !begins_line || !rest.trim().is_empty() {
        return None;
    }
    let is_comment = |line: &str| line.starts_with(['#', '/']) || line.ends_with("*/");
    if above.lines().next_back().is_some_and(|line| is_comment(line.trim())) {
        return None;
    }
    Some(Span::new(above.len(), text.len().saturating_sub(below.len())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source_map::SourceMap;

    fn check(syntax: Syntax, text: &str, part: &str, expected: Option<&str>) {
        let mut map = SourceMap::new();
        let file = map.add("a", text, syntax);
        let start = text.find(part).unwrap();
        let left = removal(map.file(file), Span::new(start, start + part.len()), true).map(|lines| {
            let mut left = text.to_owned();
            left.replace_range(lines.range(), "");
            left
        });
        assert_eq!(left.as_deref(), expected, "{text}");
    }

    #[test]
    fn whole_lines_are_removed_and_nothing_else() {
        let (yaml, kdl) = (Syntax::Yaml, Syntax::Kdl);
        check(yaml, "m:\n  a: {}\n  b: {}\n", "a: {}", Some("m:\n  b: {}\n"));
        check(yaml, "m:\n  a: {}\n  b: {}", "b: {}", Some("m:\n  a: {}\n"));
        check(yaml, "m:\r\n  a: {}\r\n  b: {}\r\n", "a: {}", Some("m:\r\n  b: {}\r\n"));
        check(yaml, "m:\n  a:\n    x: 1\n  b: {}\n", "a:\n    x: 1\n", Some("m:\n  b: {}\n"));
        check(yaml, "m: { a: {}, b: {} }\n", "a: {}", None);
        check(yaml, "m:\n  # why\n  a: {}\n  b: {}\n", "a: {}", None);
        check(yaml, "m:\n  a: {} # why\n  b: {}\n", "a: {}", None);
        check(kdl, "m \"a\"\nm \"b\" {\n}\n", "m \"b\" {\n}", Some("m \"a\"\n"));
        check(kdl, "m \"a\"; m \"b\"\n", "m \"a\"", None);
        check(kdl, "/- m \"c\"\nm \"a\"\n", "m \"a\"", None);
    }

    #[test]
    fn the_last_of_a_yaml_map_stays() {
        let mut map = SourceMap::new();
        let (yaml, kdl) =
            (map.add("a", "m:\n  a: {}\n", Syntax::Yaml), map.add("b", "m \"a\"\n", Syntax::Kdl));
        assert_eq!(removal(map.file(yaml), Span::new(5, 10), false), None);
        assert_eq!(removal(map.file(kdl), Span::new(0, 5), false), Some(Span::new(0, 6)));
    }
}
