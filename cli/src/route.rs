//! `pointsman route`: how a request would be routed, and why, by the decision function of the gateway.

mod human;
mod report;
mod request;

use pointsman_routing::{Calm, Decision};

use crate::args::{Format, Route};
use crate::exit::{Exit, undecided, usage};
use crate::{output, snapshots};

/// Runs the command.
pub(crate) fn run(arguments: &Route) -> Exit {
    let opened = match snapshots::open(&arguments.snapshots) {
        Ok(opened) => opened,
        Err(error) => return undecided(&error),
    };
    let view = opened.snapshot.view();
    let facts = match request::facts(&view, arguments) {
        Ok(facts) => facts,
        Err(error) => return usage(&error),
    };
    let is_expired = view.key(facts.key).expires_s.to_native() < facts.time_s;
    let report = if is_expired {
        // A gateway does not come to a decision.
        report::Report::refused(&view, &facts, "key-expired")
    } else {
        let (decision, step) = Decision::start(&view, &facts, &Calm);
        report::Report::of(&view, &facts, &decision, step)
    };
    match arguments.format {
        Format::Human => output::data(&human::text(&report)),
        Format::Json => match serde_json::to_value(&report) {
            Ok(document) => output::json(&document),
            Err(error) => return undecided(&error),
        },
    }
    if is_expired {
        output::remark(&"\nhint: `--at TIME` asks about another time");
    }
    Exit::Clean
}
