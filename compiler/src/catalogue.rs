//! The built-in catalogue of well-known models: `compiler/catalogue/models.txt`, written by `cargo xtask catalogue`.
//!
//! Deliberately not read as a whole: a model is found by a search over the sorted text, so that a policy pays for the
//! models that it names. The invariant: a compiler has one catalogue, so the same policy gives the same bytes with it on
//! every machine.
//!
//! Read next: [`crate::model`], which says what holds of a model; `docs/models.md`.

use pointsman_schema::catalogue::{self, Entry};

/// The name of a model, when the catalogue has it.
pub fn name_of(model: &str) -> Option<&'static str> {
    catalogue::find(TEXT, model).map(|found| found.name)
}

/// What the catalogue says of a model.
pub fn entry(model: &str) -> Option<Entry> {
    catalogue::find(TEXT, model).and_then(|found| Entry::parse(found.line))
}

/// Every model's name, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    catalogue::names(TEXT)
}

/// In which line of the catalogue a model stands, from 1; 0 when it has none.
pub fn line(model: &str) -> usize {
    let before = catalogue::find(TEXT, model).and_then(|found| TEXT.get(..found.begin));
    before.map_or(0, |text| text.lines().count().saturating_add(1))
}

/// How the catalogue is called where a file is named.
pub const PLACE: &str = "pointsman:catalogue";

const TEXT: &str = include_str!("../catalogue/models.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_is_found() {
        for name in names() {
            assert_eq!(name_of(name), Some(name));
            assert_eq!(entry(name).map(|entry| entry.name).as_deref(), Some(name));
        }
        assert_eq!(TEXT.lines().nth(line("gpt-4o") - 1).map(|line| line.starts_with("gpt-4o\t")), Some(true));
        for other in ["", "gpt-4o\t", "no-such-model"] {
            assert_eq!((name_of(other), line(other)), (None, 0));
        }
    }
}
