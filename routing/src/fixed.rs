//! A list with room for a fixed number of rows, so that a decision needs no allocation.
//!
//! What does not fit is handed back, never lost in silence. Not a general container: it has what a decision uses.

/// At most `N` rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fixed<T, const N: usize> {
    rows: [T; N],
    len: usize,
}

/// The list has no room left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl<T: Copy, const N: usize> Fixed<T, N> {
    /// An empty list; `filler` takes the place of rows that are not there yet and is never seen.
    pub(crate) const fn new(filler: T) -> Self {
        Self { rows: [filler; N], len: 0 }
    }

    /// Adds a row and says where it is.
    pub(crate) fn push(&mut self, row: T) -> Result<usize, Full> {
        let at = self.len;
        let slot = self.rows.get_mut(at).ok_or(Full)?;
        *slot = row;
        self.len += 1;
        Ok(at)
    }

    /// The rows.
    pub(crate) fn rows(&self) -> &[T] {
        self.rows.get(..self.len).unwrap_or_default()
    }

    /// The rows, to change.
    pub(crate) fn rows_mut(&mut self) -> &mut [T] {
        self.rows.get_mut(..self.len).unwrap_or_default()
    }
}
