//! A page of the documentation that is made from the code and committed.
//!
//! The invariant: the committed file is the page's text. Whoever makes the text knows nothing of files.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// See the module.
pub(crate) struct Page {
    /// Where it is kept, relative to the repository.
    pub(crate) path: &'static str,
    /// The command that writes it.
    pub(crate) command: &'static str,
    /// What it says.
    pub(crate) text: fn() -> String,
}

impl Page {
    /// Writes it.
    pub(crate) fn write(&self) -> io::Result<bool> {
        std::fs::write(self.place(), (self.text)())?;
        Ok(true)
    }

    /// Says whether the committed page is the one that [`Page::write`] would write.
    pub(crate) fn is_current(&self) -> io::Result<bool> {
        let current = std::fs::read_to_string(self.place())? == (self.text)();
        if !current {
            writeln!(io::stdout(), "{}:1: the page is old: run `cargo xtask {}`", self.path, self.command)?;
        }
        Ok(current)
    }

    fn place(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(self.path)
    }
}
