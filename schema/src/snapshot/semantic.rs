//! The semantic pass: every index lies in its table, every code is known, every order that a search relies on holds.
//!
//! Run once a load, so that [`super::view`] needs no error case. It proves that reading cannot go wrong, not that the
//! policy is sensible: that is the compiler's business.

mod access;
mod money;
mod places;
mod rules;
mod upstream;

use rkyv::rend::{u32_le, u64_le};
use rkyv::string::ArchivedString;
use rkyv::vec::ArchivedVec;

use super::{SnapshotError, View};
use crate::archive::{ArchivedRows, NONE};
use crate::dialect::Dialect;
use crate::feature;
use crate::limits::GOLDEN_VECTORS_MAX;

type Check = Result<(), SnapshotError>;

/// Checks all tables.
pub(super) fn check(view: &View<'_>) -> Check {
    names(view)?;
    upstream::check(view)?;
    access::check(view)?;
    rules::check(view)?;
    money::check(view)?;
    unserved(view)?;
    places::check(view)?;
    golden(view)
}

fn names(view: &View<'_>) -> Check {
    let at = Table("names");
    let text = view.names.text.as_str();
    let mut start = 0;
    let mut last: Option<&str> = None;
    for (row, end) in view.names.ends.iter().enumerate() {
        let end = super::view::slot(end.to_native());
        let name = text.get(start..end).ok_or_else(|| at.wrong(row, "its end is not inside the text"))?;
        at.holds(row, last.is_none_or(|last| last < name), "it is not in order")?;
        (start, last) = (end, Some(name));
    }
    at.holds(view.names.ends.len(), start == text.len(), "the text is longer than its names")
}

/// Sorted, and each setting once.
fn unserved(view: &View<'_>) -> Check {
    let at = Table("unserved");
    let mut last = None;
    for (row, setting) in view.unserved.settings.iter().enumerate() {
        let this =
            [&setting.kind, &setting.object, &setting.field, &setting.value].map(ArchivedString::as_str);
        at.holds(row, last.is_none_or(|last| last < this), "it is not in order")?;
        last = Some(this);
    }
    Ok(())
}

fn golden(view: &View<'_>) -> Check {
    let at = Table("golden vectors");
    at.holds(0, view.golden.vectors.len() <= GOLDEN_VECTORS_MAX, "there are too many")?;
    for (row, vector) in view.golden.vectors.iter().enumerate() {
        at.index(row, vector.key, view.routing.keys.len())?;
        at.holds(row, Dialect::from_code(vector.dialect).is_some(), "its dialect is unknown")?;
        at.features(row, vector.features, feature::ALL)?;
        at.holds(
            row,
            vector.attributes.len() == view.routing.attributes.len(),
            "it has another number of attributes",
        )?;
        for (value, attribute) in vector.attributes.iter().zip(view.routing.attributes.iter()) {
            let known = u32::from(value.to_native()) <= attribute.values.len.to_native();
            at.holds(row, known, "an attribute has an unknown value")?;
        }
    }
    Ok(())
}

/// The name of a table in messages, and the checks of its rows.
#[derive(Clone, Copy)]
struct Table(&'static str);

impl Table {
    fn wrong(self, row: usize, what: &'static str) -> SnapshotError {
        SnapshotError::Semantic { table: self.0, row, what }
    }

    fn holds(self, row: usize, condition: bool, what: &'static str) -> Check {
        if condition { Ok(()) } else { Err(self.wrong(row, what)) }
    }

    /// An index into a table of `len` rows.
    fn index(self, row: usize, index: u32_le, len: usize) -> Check {
        self.holds(row, super::view::slot(index.to_native()) < len, "it refers to a row that is not there")
    }

    /// The same, or none.
    fn optional(self, row: usize, index: u32_le, len: usize) -> Check {
        if index == NONE { Ok(()) } else { self.index(row, index, len) }
    }

    /// Masks of features, all of them among some.
    fn features(self, row: usize, features: u64_le, among: u64) -> Check {
        self.holds(row, features.to_native() & !among == 0, "it has an unknown feature")
    }

    /// A text.
    fn text(self, row: usize, index: u32_le, view: &View<'_>) -> Check {
        self.index(row, index, view.names.ends.len())
    }

    /// A run of another table, and its rows.
    fn run<'a, T>(
        self,
        row: usize,
        rows: &ArchivedRows,
        table: &'a ArchivedVec<T>,
    ) -> Result<&'a [T], SnapshotError> {
        let (start, len) =
            (super::view::slot(rows.start.to_native()), super::view::slot(rows.len.to_native()));
        let run = start.checked_add(len).and_then(|end| table.get(start..end));
        run.ok_or_else(|| self.wrong(row, "a run of it leaves its table"))
    }

    /// Every text of a run exists, and they ascend by their bytes.
    fn ascending(self, row: usize, texts: impl Iterator<Item = u32_le>, view: &View<'_>) -> Check {
        let mut last: Option<u32> = None;
        for text in texts {
            self.text(row, text, view)?;
            // The heap is sorted, so ascending texts have ascending indices.
            self.holds(row, last.is_none_or(|last| last < text.to_native()), "it is not in order")?;
            last = Some(text.to_native());
        }
        Ok(())
    }
}
