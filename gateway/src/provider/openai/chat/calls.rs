//! To which call of an answer a piece of `tool_calls` belongs.
//!
//! By OpenAI a call begins with its index, its id and its name, and later pieces have its index alone. Those who serve the same
//! protocol leave indices or ids out, give every call the index 0, or put an id into every piece, some of them a new one. What
//! all have in common is that a call begins with its name.

use super::answer::Call;
use crate::limits::CALLS_COUNTED_MAX;

/// The calls of one answer so far, in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Known>);

#[derive(Debug)]
struct Known {
    /// The server's number for it, if it has one.
    index: Option<u32>,
    /// Its start, which is enough to tell it from others; empty where the server gives none.
    id: Box<str>,
}

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// The beginning of the call with this number.
    Beginning(u32),
    /// More of it.
    More(u32),
    /// Of no call, or of one too many.
    Stray,
}

impl Calls {
    /// Whether there are any.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a piece is.
    pub(super) fn piece(&mut self, call: &Call<'_>) -> Piece {
        let start = |text: &str| text.chars().take(ID_CHARS_KEPT).collect::<Box<str>>();
        let id = call.id.as_ref().map_or_else(Box::default, |id| start(&id.0));
        let name = call.function.as_ref().and_then(|function| function.name.as_ref());
        let is_named = name.is_some_and(|name| !name.0.is_empty());
        // The last calls go on, so they are looked at first.
        let is_same = |known: &Known| match (known.index, call.index) {
            (Some(known), Some(index)) => known == index,
            _ => true,
        };
        match self.0.iter().rposition(is_same) {
            Some(at) if !is_named || !self.is_other(at, &id) => Piece::More(number(at)),
            _ if is_named && self.0.len() < CALLS_COUNTED_MAX => {
                self.0.push(Known { index: call.index, id });
                Piece::Beginning(number(self.0.len() - 1))
            }
            _ => Piece::Stray,
        }
    }

    /// Whether a name with this id begins another call than this one. Without any ids every name does.
    fn is_other(&self, at: usize, id: &str) -> bool {
        self.0.get(at).is_some_and(|known| if id.is_empty() { known.id.is_empty() } else { *known.id != *id })
    }
}

/// There are at most [`CALLS_COUNTED_MAX`].
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// **Unit**: characters of an id that are compared.
const ID_CHARS_KEPT: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    /// What pieces of calls are, each written as JSON.
    fn check(pieces: &[&str], expected: &str) {
        let mut calls = Calls::default();
        let seen = pieces.iter().map(|piece| match calls.piece(&serde_json::from_str(piece).unwrap()) {
            Piece::Beginning(number) => format!("begin {number}"),
            Piece::More(number) => format!("more {number}"),
            Piece::Stray => "stray".to_owned(),
        });
        assert_eq!(seen.collect::<Vec<_>>().join(", "), expected, "{pieces:?}");
    }

    #[test]
    fn a_call_begins_with_its_name_however_it_is_numbered() {
        let (a, b) = (r#""function":{"name":"f"}"#, r#""function":{"name":"g"}"#);
        let more = r#""function":{"arguments":"x"}"#;
        let at = |index: u32, id: &str, rest: &str| format!(r#"{{"index":{index},"id":"{id}",{rest}}}"#);
        let without = |rest: &str| format!("{{{rest}}}");
        let check = |pieces: &[String], expected: &str| {
            check(&pieces.iter().map(String::as_str).collect::<Vec<_>>(), expected);
        };
        let usual = [at(0, "1", a), at(1, "2", b), at(0, "", more), at(1, "", more)];
        check(&usual, "begin 0, begin 1, more 0, more 1");
        check(&[at(0, "1", a), at(0, "1", a), at(0, "1", more)], "begin 0, more 0, more 0");
        // A new id in every piece, and one index for all.
        check(&[at(0, "1", a), at(0, "2", more), at(0, "3", b)], "begin 0, more 0, begin 1");
        check(&[at(0, "", a), at(0, "", a), at(0, "", more)], "begin 0, begin 1, more 1");
        check(&[without(a), without(more), without(b)], "begin 0, more 0, begin 1");
        // Numbers that begin elsewhere.
        check(&[at(7, "1", a), at(7, "", more), at(0, "2", b)], "begin 0, more 0, begin 1");
        check(&[at(0, "1", more), at(0, "", a)], "stray, begin 0");
    }

    #[test]
    fn there_are_not_more_than_are_counted() {
        let mut calls = Calls::default();
        let piece = r#"{"function":{"name":"f"}}"#;
        let mut next = || calls.piece(&serde_json::from_str(piece).unwrap());
        let last = (0..CALLS_COUNTED_MAX).map(|_| next()).last();
        assert_eq!(last, Some(Piece::Beginning(number(CALLS_COUNTED_MAX - 1))));
        assert_eq!(next(), Piece::Stray);
    }
}
