//! The members of a list of texts, edited as the list is written: YAML's block or flow style, KDL's arguments.
//!
//! Deliberately only what can be told from the bytes around a member; a list written in any other way is left to a
//! person. The invariant: comments and the layout of all other members stay.

use pointsman_schema::tree::{Span, Syntax};

use super::Piece;
use crate::source_map::SourceFile;
use crate::unused::removal::removal;

/// Puts a member before another; nothing where the list is not written in a way that is known.
pub(super) fn insert_before(source: &SourceFile, member: Span, text: &str) -> Option<Piece> {
    let at = Span { end: member.start, ..member };
    let before = source.text.get(..member.range().start)?;
    let separator = match source.syntax {
        Syntax::Kdl => return Some((at, format!("\"{text}\" "))),
        Syntax::Yaml => match before.rsplit('\n').next().filter(|line| line.trim() == "-") {
            Some(line) => format!("{}{line}", line_break(&source.text)),
            None if before.trim_end().ends_with(['[', ',']) => ", ".to_owned(),
            None => return None,
        },
    };
    Some((at, format!("{text}{separator}")))
}

/// Writes something else in place of a member, in its quotes where it has some.
pub(super) fn replace(source: &SourceFile, member: Span, text: &str) -> Option<Piece> {
    let written = source.text.get(member.range())?;
    let quote = match (source.syntax, written.chars().next()?) {
        (Syntax::Kdl, _) | (Syntax::Yaml, '"') => "\"",
        (Syntax::Yaml, '\'') => "'",
        (Syntax::Yaml, _) => "",
    };
    Some((member, format!("{quote}{text}{quote}")))
}

/// Takes a member out of a list that keeps others.
pub(crate) fn remove(source: &SourceFile, members: &[Span], at: usize) -> Option<Piece> {
    let member = *members.get(at)?;
    let previous = at.checked_sub(1).and_then(|at| members.get(at));
    let next = members.get(at.saturating_add(1));
    let line = source.text.get(..member.range().start)?.rsplit('\n').next()?;
    let span = if source.syntax == Syntax::Yaml && line.trim() == "-" {
        let dash = u32::try_from(line.len().saturating_sub(line.find('-')?)).ok()?;
        removal(source, Span { start: member.start.checked_sub(dash)?, ..member }, true)?
    } else {
        match (previous, next) {
            (Some(previous), _) => Span { start: previous.end, end: member.end },
            (None, Some(next)) => Span { start: member.start, end: next.start },
            (None, None) => return None,
        }
    };
    Some((span, String::new()))
}

/// How the lines of a file end.
pub(super) fn line_break(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(text: &str, members: &[&str]) -> Vec<Span> {
        members
            .iter()
            .map(|member| Span::new(text.find(member).unwrap(), text.find(member).unwrap() + member.len()))
            .collect()
    }

    fn applied(text: &str, piece: Option<Piece>) -> Option<String> {
        piece.map(|(span, new)| {
            let mut text = text.to_owned();
            text.replace_range(span.range(), &new);
            text
        })
    }

    fn check(syntax: Syntax, text: &str, inserted: Option<&str>, removed: Option<&str>) {
        let source = SourceFile::new("a".to_owned(), text.to_owned(), syntax);
        let members = spans(text, &["aa", "bb"]);
        assert_eq!(applied(text, insert_before(&source, members[0], "nn")).as_deref(), inserted, "{text}");
        assert_eq!(applied(text, remove(&source, &members, 1)).as_deref(), removed, "{text}");
    }

    #[test]
    fn a_list_is_edited_as_it_is_written() {
        check(Syntax::Yaml, "d: [aa, bb]\n", Some("d: [nn, aa, bb]\n"), Some("d: [aa]\n"));
        check(
            Syntax::Yaml,
            "d:\n  - aa # one\n  - bb\n",
            Some("d:\n  - nn\n  - aa # one\n  - bb\n"),
            Some("d:\n  - aa # one\n"),
        );
        check(
            Syntax::Yaml,
            "d:\r\n- aa\r\n- bb\r\n",
            Some("d:\r\n- nn\r\n- aa\r\n- bb\r\n"),
            Some("d:\r\n- aa\r\n"),
        );
        check(
            Syntax::Yaml,
            "d: [\n  aa,\n  bb,\n]\n",
            Some("d: [\n  nn, aa,\n  bb,\n]\n"),
            Some("d: [\n  aa,\n]\n"),
        );
        check(Syntax::Kdl, "d aa bb\n", Some("d \"nn\" aa bb\n"), Some("d aa\n"));
        // A comment would be left behind.
        check(Syntax::Yaml, "d:\n  - aa\n  - bb # why\n", Some("d:\n  - nn\n  - aa\n  - bb # why\n"), None);
        check(Syntax::Yaml, "d: &x aa bb", None, Some("d: &x aa"));
    }

    #[test]
    fn quotes_stay() {
        let check = |syntax, text: &str, expected: &str| {
            let source = SourceFile::new("a".to_owned(), text.to_owned(), syntax);
            assert_eq!(replace(&source, Span::new(0, text.len()), "nn").unwrap().1, expected);
        };
        check(Syntax::Yaml, "aa", "nn");
        check(Syntax::Yaml, "'aa'", "'nn'");
        check(Syntax::Yaml, "\"aa\"", "\"nn\"");
        check(Syntax::Kdl, "aa", "\"nn\"");
    }
}
