//! Exit codes, the same for every command and format.

use std::process::ExitCode;

use crate::output;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing to report.
    Clean,
    /// Findings at or above the fail level.
    Findings,
    /// The arguments make no sense.
    Usage,
    /// It could not be decided: a file, the network or a snapshot was in the way.
    Undecided,
    /// A defect of this program.
    Internal,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Undecided => 5,
            Exit::Internal => 70,
        })
    }
}

/// Prints an error and says that nothing could be decided.
pub(crate) fn undecided(error: &dyn std::fmt::Display) -> Exit {
    output::error(error);
    Exit::Undecided
}

/// Prints an error in the arguments.
pub(crate) fn usage(error: &dyn std::fmt::Display) -> Exit {
    output::error(error);
    Exit::Usage
}

/// Prints what clap says: help and version are no error.
pub(crate) fn of_usage(error: &clap::Error) -> ExitCode {
    // Where the terminal is gone there is nobody to tell.
    drop(error.print());
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Clean.into() }
}
