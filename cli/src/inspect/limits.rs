//! The limits of a snapshot, and which of them a key falls under.

use std::fmt::Write as _;

use pointsman_schema::archive::money::ArchivedLimit;
use pointsman_schema::archive::routing::ArchivedKey;
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::{run, slot};
use pointsman_schema::source::budget::Counted;
use serde::Serialize;

use crate::place;

/// A limit; what it does not count is `null`.
#[derive(Debug, Serialize)]
pub(crate) struct Limit {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) requests: Option<u64>,
    pub(crate) burst: Option<u64>,
    pub(crate) tokens: Option<u64>,
    pub(crate) window_s: Option<u32>,
    pub(crate) concurrent: Option<u32>,
    pub(crate) per: &'static str,
}

/// Every limit, in the order of their names.
pub(crate) fn limits(view: &View<'_>) -> Vec<Limit> {
    let rows = view.money.limits.iter().enumerate();
    rows.map(|(at, row)| limit(view, row, place::text(view, view.places.limits.get(at)))).collect()
}

fn limit(view: &View<'_>, row: &ArchivedLimit, place: String) -> Limit {
    let ArchivedLimit { name, requests, burst, tokens, window_s, concurrent, per } = row;
    let counted = |count: u64| (count != 0).then_some(count);
    let narrow = |count: u32| (count != 0).then_some(count);
    Limit {
        name: view.text(*name).to_owned(),
        place,
        requests: counted(requests.to_native()),
        burst: counted(burst.to_native()),
        tokens: counted(tokens.to_native()),
        window_s: narrow(window_s.to_native()),
        concurrent: narrow(concurrent.to_native()),
        per: Counted::from_code(*per).map_or("unknown", Counted::word),
    }
}

/// The names of the limits that a key falls under.
pub(crate) fn of_key(view: &View<'_>, key: &ArchivedKey) -> Vec<String> {
    let rows = run(&view.routing.key_limits, &key.limits).iter();
    let limits = rows.filter_map(|row| view.money.limits.get(slot(row.to_native())));
    limits.map(|limit| view.text(limit.name).to_owned()).collect()
}

/// One line for people.
pub(super) fn write(out: &mut String, limit: &Limit) -> std::fmt::Result {
    let Limit { name, place, requests, burst, tokens, window_s, concurrent, per } = limit;
    let window = window_s.map_or(String::new(), |seconds| format!(" in {seconds} s"));
    let mut parts = Vec::new();
    if let Some(requests) = requests {
        let burst = burst.filter(|burst| burst != requests);
        let burst = burst.map_or(String::new(), |burst| format!(", {burst} at once"));
        parts.push(format!("{requests} requests{window}{burst}"));
    }
    parts.extend(tokens.map(|tokens| format!("{tokens} tokens{window}")));
    parts.extend(concurrent.map(|open| format!("{open} open at once")));
    writeln!(out, "  {name}: {}, {per}  ({place})", parts.join(", "))
}
