//! Time windows: against instants with a known place on the wall clock of a zone.

use pointsman_routing::matching::window;
use pointsman_schema::archive::Rows;
use pointsman_schema::archive::routing::{self, Routing};
use pointsman_schema::snapshot::pack::{Draft, Tables};

/// Whether an instant lies in a window of a zone that changes from UTC+1 to UTC+2 at [`SPRING_S`].
fn check(days: u8, (from_minute, to_minute): (u16, u16), time_s: i64, expected: bool) {
    let routing = Routing {
        windows: vec![routing::Window { zone: 0, days, from_minute, to_minute }],
        zones: vec![routing::Zone {
            name: 0,
            initial_offset_s: 3_600,
            transitions: Rows { start: 0, len: 1 },
        }],
        transitions: vec![routing::Transition { at_s: SPRING_S, offset_s: 7_200 }],
        ..Routing::default()
    };
    let draft = Draft::new(&Tables { routing, ..Tables::default() }).unwrap();
    let view = draft.view().unwrap();
    let found = window::contains(&view, &view.routing.windows[0], time_s);
    assert_eq!(found, expected, "days {days:b}, {from_minute} to {to_minute}, at {time_s}");
}

/// Sunday, 29 March 2026, 01:00 UTC: in Berlin the clocks go from 02:00 to 03:00.
const SPRING_S: i64 = 1_774_746_000;
/// Monday, 5 January 2026, 00:00 in Berlin.
const MONDAY_S: i64 = 1_767_567_600;
const HOUR_S: i64 = 3_600;
const MONDAY: u8 = 1;
const FRIDAY: u8 = 1 << 4;
const SATURDAY: u8 = 1 << 5;
const SUNDAY: u8 = 1 << 6;

#[test]
fn a_window_holds_from_its_first_minute_to_before_its_last() {
    check(MONDAY, (9 * 60, 17 * 60), MONDAY_S + 9 * HOUR_S - 1, false);
    check(MONDAY, (9 * 60, 17 * 60), MONDAY_S + 9 * HOUR_S, true);
    check(MONDAY, (9 * 60, 17 * 60), MONDAY_S + 17 * HOUR_S - 1, true);
    check(MONDAY, (9 * 60, 17 * 60), MONDAY_S + 17 * HOUR_S, false);
    check(MONDAY, (0, 1440), MONDAY_S - 1, false);
    check(MONDAY, (0, 1440), MONDAY_S, true);
    check(MONDAY, (0, 1440), MONDAY_S + 24 * HOUR_S - 1, true);
    check(MONDAY, (0, 1440), MONDAY_S + 24 * HOUR_S, false);
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    let friday_s = MONDAY_S + 4 * 24 * HOUR_S;
    check(FRIDAY, (22 * 60, 6 * 60), friday_s + 2 * HOUR_S, false);
    check(FRIDAY, (22 * 60, 6 * 60), friday_s + 22 * HOUR_S, true);
    check(FRIDAY, (22 * 60, 6 * 60), friday_s + 30 * HOUR_S - 1, true);
    check(FRIDAY, (22 * 60, 6 * 60), friday_s + 30 * HOUR_S, false);
    check(FRIDAY, (8 * 60, 8 * 60), friday_s + 32 * HOUR_S - 1, true);
}

#[test]
fn a_window_is_told_by_the_clock_on_the_wall() {
    check(SUNDAY, (90, 180), SPRING_S - 1, true);
    check(SUNDAY, (90, 180), SPRING_S, false);
    check(SUNDAY, (180, 240), SPRING_S, true);
    check(SATURDAY, (22 * 60, 180), SPRING_S - 1, true);
    check(SATURDAY, (22 * 60, 180), SPRING_S, false);
}

#[test]
fn the_ends_of_time_are_times_too() {
    check(0, (0, 1440), i64::MIN, false);
    check(0x7F, (0, 1440), i64::MIN, true);
    check(0x7F, (0, 1440), i64::MAX, true);
}
