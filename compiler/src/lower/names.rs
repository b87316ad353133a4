//! The string heap on its way: texts get a provisional number when they are first met, and their place at the end.
//!
//! Deliberately no normalising of texts. The invariant: the finished heap is sorted and holds each text once, whatever
//! the order in which texts were met. Read next: [`super::renumber`], which turns the provisional numbers into places.

use std::collections::HashMap;

use pointsman_schema::archive::names::Names;

use super::row;

/// Texts met so far.
#[derive(Debug, Default)]
pub(super) struct Texts<'p> {
    numbers: HashMap<&'p str, u32>,
    met: Vec<&'p str>,
}

impl<'p> Texts<'p> {
    /// The provisional number of a text.
    pub(super) fn number(&mut self, text: &'p str) -> u32 {
        *self.numbers.entry(text).or_insert_with(|| {
            self.met.push(text);
            row(self.met.len().saturating_sub(1))
        })
    }

    /// The heap, and for each provisional number the text's place in it.
    pub(super) fn finish(self) -> (Names, Vec<u32>) {
        let mut order: Vec<(&str, usize)> = self.met.into_iter().zip(0..).collect();
        order.sort_unstable();
        let mut places = vec![0; order.len()];
        let mut names = Names::default();
        for (place, (text, number)) in order.into_iter().enumerate() {
            if let Some(slot) = places.get_mut(number) {
                *slot = row(place);
            }
            names.text.push_str(text);
            names.ends.push(row(names.text.len()));
        }
        (names, places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(met: &[&'static str], heap: &str, ends: &[u32], places: &[u32]) {
        let mut texts = Texts::default();
        let numbers: Vec<u32> = met.iter().map(|text| texts.number(text)).collect();
        let (names, found) = texts.finish();
        assert_eq!((names.text.as_str(), names.ends.as_slice()), (heap, ends));
        let found: Vec<u32> = numbers.iter().map(|number| found[usize::try_from(*number).unwrap()]).collect();
        assert_eq!(found, places);
    }

    #[test]
    fn the_heap_is_sorted_and_free_of_duplicates() {
        check(&[], "", &[], &[]);
        check(&["b", "", "a", "b"], "ab", &[0, 1, 2], &[2, 0, 1, 2]);
        check(&["a", "b", ""], "ab", &[0, 1, 2], &[1, 2, 0]);
    }
}
