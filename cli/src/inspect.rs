//! `pointsman inspect`: what a published snapshot holds.

mod attempts;
mod human;
mod limits;
mod prices;
mod report;

use crate::args::{Format, Inspect};
use crate::exit::{Exit, undecided};
use crate::{output, snapshots};

/// Runs the command.
pub(crate) fn run(arguments: &Inspect) -> Exit {
    let opened = match snapshots::open(&arguments.snapshots) {
        Ok(opened) => opened,
        Err(error) => return undecided(&error),
    };
    let report = report::Report::of(&opened);
    match arguments.format {
        Format::Human => output::data(&human::text(&report)),
        Format::Json => match serde_json::to_value(&report) {
            Ok(document) => output::json(&document),
            Err(error) => return undecided(&error),
        },
    }
    Exit::Clean
}
