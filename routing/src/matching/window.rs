//! Weekly time windows in a zone's local time, from transition tables.
//!
//! No time zone rules here: the snapshot holds each change of offset as a second and a number. A window is told by the
//! clock on the wall, so on a day with a change it is as much longer or shorter as the wall clock says.

use pointsman_schema::archive::routing::{ArchivedWindow, ArchivedZone};
use pointsman_schema::snapshot::view::{View, run, slot};

/// Whether a Unix time lies in the window.
pub fn contains(view: &View<'_>, window: &ArchivedWindow, time_s: i64) -> bool {
    let Some(zone) = view.routing.zones.get(slot(window.zone.to_native())) else { return false };
    let local_s = time_s.saturating_add(i64::from(offset_s(view, zone, time_s)));
    let day = local_s.div_euclid(DAY_S);
    let minute = local_s.rem_euclid(DAY_S) / MINUTE_S;
    let (from, to) = (i64::from(window.from_minute.to_native()), i64::from(window.to_minute.to_native()));
    if from < to {
        return begins_on(window, day) && (from..to).contains(&minute);
    }
    (begins_on(window, day) && minute >= from) || (begins_on(window, day.saturating_sub(1)) && minute < to)
}

/// Seconds east of UTC in a zone at a Unix time.
pub fn offset_s(view: &View<'_>, zone: &ArchivedZone, time_s: i64) -> i32 {
    let transitions = run(&view.routing.transitions, &zone.transitions);
    let passed = transitions.partition_point(|transition| transition.at_s <= time_s);
    let last = passed.checked_sub(1).and_then(|at| transitions.get(at));
    last.map_or(zone.initial_offset_s.to_native(), |transition| transition.offset_s.to_native())
}

fn begins_on(window: &ArchivedWindow, day: i64) -> bool {
    // Day 0, 1 January 1970, was a Thursday; bit 0 is Monday.
    let weekday = (day.rem_euclid(7) + 3) % 7;
    (i64::from(window.days) >> weekday) & 1 == 1
}

const MINUTE_S: i64 = 60;
const DAY_S: i64 = 24 * 60 * MINUTE_S;
