//! The report of `route` for people.

use std::fmt::Write as _;

use pointsman_schema::dialect::Dialect;

use super::report::{Candidate, Report, Stretch};

/// The whole text.
pub(super) fn text(report: &Report) -> String {
    let mut out = String::new();
    match write(&mut out, report) {
        // Writing into a string cannot fail.
        Ok(()) | Err(std::fmt::Error) => out,
    }
}

fn write(out: &mut String, report: &Report) -> std::fmt::Result {
    let attributes: Vec<_> = report.attributes.iter().map(|at| format!("{}={}", at.name, at.value)).collect();
    writeln!(out, "request   key {}, model {}", report.key.name, report.model)?;
    if report.dialect != Dialect::Chat.word() || !report.features.is_empty() {
        let held = if report.features.is_empty() { "" } else { ", holding " };
        writeln!(out, "          {}{held}{}", report.dialect, report.features.join(", "))?;
    }
    if !attributes.is_empty() {
        writeln!(out, "          {}", attributes.join(", "))?;
    }
    match (&report.backend, report.refusal) {
        (Some(backend), _) => writeln!(out, "decision  {backend}")?,
        (None, refusal) => writeln!(out, "decision  refused: {}", refusal.unwrap_or("nothing to try"))?,
    }
    writeln!(out, "\nwhy")?;
    writeln!(out, "  key {}  ({})", report.key.name, report.key.place)?;
    report.path.iter().try_for_each(|stretch| write_stretch(out, stretch))?;
    if report.candidates.is_empty() {
        return Ok(());
    }
    writeln!(out, "\ncandidates, in the order in which they would be tried")?;
    let mut turn = 0;
    report.candidates.iter().try_for_each(|candidate| write_candidate(out, candidate, &mut turn))
}

fn write_stretch(out: &mut String, stretch: &Stretch) -> std::fmt::Result {
    writeln!(out, "  chain {}  ({})", stretch.chain.name, stretch.chain.place)?;
    if !stretch.passed.is_empty() {
        writeln!(out, "    no match: {}", stretch.passed.join(", "))?;
    }
    match &stretch.rule {
        Some(rule) => writeln!(out, "    rule {}  ({})", rule.name, rule.place)?,
        None => writeln!(out, "    no rule matches: it contributes nothing")?,
    }
    match stretch.bucket {
        Some(bucket) => writeln!(out, "    draw: bucket {bucket} of 1000000"),
        None => Ok(()),
    }
}

fn write_candidate(out: &mut String, candidate: &Candidate, turn: &mut usize) -> std::fmt::Result {
    let Candidate { backend, model, provider, rule, passed_over, detail, dropped } = candidate;
    let detail = detail.as_ref().map_or(String::new(), |detail| format!(" ({detail})"));
    let (mark, fate) = if let Some(reason) = passed_over {
        ("-".to_owned(), format!(", passed over: {reason}{detail}"))
    } else {
        *turn += 1;
        let lost =
            if dropped.is_empty() { String::new() } else { format!(", without {}", dropped.join(", ")) };
        (turn.to_string(), lost)
    };
    let (name, place) = (&backend.name, &backend.place);
    writeln!(out, "  {mark}  {name}: {model} at {provider}, by rule {rule}{fate}  ({place})")
}
