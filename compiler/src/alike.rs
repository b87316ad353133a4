//! Names that people or machines take for each other.
//!
//! Deliberately ASCII only: names hold nothing else. Two names are alike when they are equal once folded; a folding maps
//! what looks the same (the idea of Unicode TR39's skeletons, with a table of our own) or differs only by case to one
//! form. The invariant: time is linear in the length of all names.
//!
//! Read next: [`crate::rules::confusable_name`] and [`crate::rules::case_only_difference`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

use pointsman_schema::tree::Span;

use crate::source_map::FileId;

/// A name and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written<'a> {
    /// As written.
    pub name: &'a str,
    /// In which file.
    pub file: FileId,
    /// Where in it.
    pub span: Span,
}

/// What a folding does with a name: it writes the folded form.
pub type Fold = fn(&str, &mut Vec<u8>);

/// The names seen so far.
pub struct Alike<'a> {
    fold: Fold,
    seen: HashMap<u64, Written<'a>, BuildHasherDefault<Mixed>>,
    /// Where names are folded, one at a time.
    folded: Vec<u8>,
}

impl<'a> Alike<'a> {
    /// Nothing seen yet.
    pub fn new(fold: Fold) -> Self {
        Self { fold, seen: HashMap::default(), folded: Vec::new() }
    }

    /// Forgets all names.
    pub fn clear(&mut self) {
        self.seen.clear();
    }

    /// Remembers a name; gives the first one before it that is alike and not the same.
    pub fn add(&mut self, written: Written<'a>) -> Option<Written<'a>> {
        match self.seen.entry(hash(folded(self.fold, written.name, &mut self.folded))) {
            Entry::Vacant(place) => {
                place.insert(written);
                None
            }
            Entry::Occupied(first) => {
                let first = *first.get();
                self.are_alike(first.name, written.name).then_some(first)
            }
        }
    }

    /// The first name that is alike and not the same as the one that another list was just given; both fold alike.
    pub fn find(&self, name: &str, given: &Alike<'_>) -> Option<Written<'a>> {
        let first = self.seen.get(&hash(&given.folded))?;
        self.are_alike(first.name, name).then_some(*first)
    }

    /// Two names may have one hash and still not be alike.
    fn are_alike(&self, first: &str, other: &str) -> bool {
        let (mut one, mut two) = (Vec::new(), Vec::new());
        first != other && folded(self.fold, first, &mut one) == folded(self.fold, other, &mut two)
    }
}

fn folded<'f>(fold: Fold, name: &str, buffer: &'f mut Vec<u8>) -> &'f [u8] {
    buffer.clear();
    fold(name, buffer);
    buffer
}

/// Maps characters that look the same in many typefaces to one: `0` and `o`, `1` and `l`, `rn` and `m`, `vv` and `w`.
pub fn look(name: &str, folded: &mut Vec<u8>) {
    for byte in name.bytes() {
        let byte = match byte {
            b'0' | b'O' => b'o',
            b'1' | b'I' | b'|' => b'l',
            other => other,
        };
        match (folded.last_mut(), byte) {
            (Some(last @ b'r'), b'n') => *last = b'm',
            (Some(last @ b'v'), b'v') => *last = b'w',
            _ => folded.push(byte),
        }
    }
}

/// Maps letters to lower case.
pub fn case(name: &str, folded: &mut Vec<u8>) {
    folded.extend(name.bytes().map(|byte| byte.to_ascii_lowercase()));
}

/// FNV-1a, its halves mixed: names are short, and there are many.
fn hash(folded: &[u8]) -> u64 {
    let mixed = folded
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV));
    (mixed ^ (mixed >> 32)).wrapping_mul(FNV)
}

const FNV: u64 = 0x0000_0100_0000_01b3;

/// What is mixed already is not mixed again.
#[derive(Debug, Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, mixed: u64) {
        self.0 = mixed;
    }
}

#[cfg(test)]
mod tests {
    use pointsman_schema::tree::Syntax;

    use super::*;
    use crate::source_map::SourceMap;

    fn check(fold: Fold, one: &str, other: &str, expected: bool) {
        let mut map = SourceMap::new();
        let file = map.add("a.yaml", "", Syntax::Yaml);
        let written = |name| Written { name, file, span: Span::default() };
        let mut alike = Alike::new(fold);
        assert_eq!(alike.add(written(one)), None);
        assert_eq!(alike.add(written(one)), None, "a name is not like itself");
        let mut given = Alike::new(fold);
        assert_eq!(given.add(written(other)), None);
        assert_eq!(alike.find(other, &given).is_some(), expected, "{one} {other}");
        assert_eq!(alike.add(written(other)).is_some(), expected, "{one} {other}");
    }

    #[test]
    fn names_that_look_the_same_are_alike() {
        check(look, "gpt-4o", "gpt-40", true);
        check(look, "sales", "sa1es", true);
        check(look, "modern", "modem", true);
        check(look, "vvest", "west", true);
        check(look, "web-1", "web-2", false);
        check(look, "key-10", "key-01", false);
        check(look, "web-app", "web_app", false);
    }

    #[test]
    fn names_that_differ_by_case_are_alike() {
        check(case, "GPT-4o", "gpt-4o", true);
        check(case, "gpt-4o", "gpt-40", false);
    }
}
