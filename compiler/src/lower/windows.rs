//! Weekly windows and the offsets of their time zones, so that the gateway needs no time zone database.
//!
//! The database is the bundled one, never the machine's: the same policy gives the same bytes everywhere. The
//! invariant: windows and zones are sorted and each stands once.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use pointsman_schema::archive::Rows;
use pointsman_schema::archive::routing as archive;
use pointsman_schema::source::predicate::TimeWindow;

use super::names::Texts;
use super::references::position;
use super::vocabulary::Vocabulary;
use super::{LowerError, row};

/// A window in its one form: minutes of a day, days as bits, the zone by its own spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span<'p> {
    /// IANA name.
    pub(super) zone: &'p str,
    days: u8,
    from_minute: u16,
    to_minute: u16,
}

const MINUTES_PER_DAY: u16 = 1440;
const EVERY_DAY: u8 = 0b111_1111;

impl<'p> Span<'p> {
    /// The one form of what was written.
    ///
    /// An end at 00:00 is 24:00 of the day before; a beginning at 24:00 is 00:00 of the day after. Where both say the
    /// same minute the window is a whole day.
    pub(super) fn of(window: &'p TimeWindow) -> Self {
        let TimeWindow { days, from, to, zone } = window;
        let listed = days.iter().fold(0, |bits, day| bits | 1_u8.wrapping_shl(u32::from(day.value.code())));
        let days = if days.is_empty() { EVERY_DAY } else { listed };
        let to_minute = if to.value.0 == 0 { MINUTES_PER_DAY } else { to.value.0 };
        let late = from.value.0 >= MINUTES_PER_DAY;
        Self {
            zone: &zone.value,
            days: if late { next_day(days) } else { days },
            from_minute: if late { 0 } else { from.value.0 },
            to_minute,
        }
    }
}

fn next_day(days: u8) -> u8 {
    ((days << 1) | (days >> 6)) & EVERY_DAY
}

/// The window tables.
pub(super) struct Windows {
    /// Weekly windows.
    pub(super) rows: Vec<archive::Window>,
    /// Their zones.
    pub(super) zones: Vec<archive::Zone>,
    /// The zones' changes.
    pub(super) transitions: Vec<archive::Transition>,
}

impl Windows {
    /// Lowers every window that a rule reads.
    pub(super) fn of<'p>(vocabulary: &Vocabulary<'p>, texts: &mut Texts<'p>) -> Result<Self, LowerError> {
        let zones: BTreeSet<&str> = vocabulary.windows().iter().map(|window| window.zone).collect();
        let zones: Vec<&str> = zones.into_iter().collect();
        let mut lowered = Self { rows: Vec::new(), zones: Vec::new(), transitions: Vec::new() };
        for Span { zone, days, from_minute, to_minute } in vocabulary.windows().iter().copied() {
            let zone = position("time zone", &zones, zone, zone)?;
            lowered.rows.push(archive::Window { zone, days, from_minute, to_minute });
        }
        for name in zones {
            let missing = |_| LowerError::Unresolved { kind: "time zone", name: name.to_owned() };
            let zone = TimeZoneDatabase::bundled().get(name).map_err(missing)?;
            lowered.zone(texts.number(name), &zone);
        }
        Ok(lowered)
    }

    fn zone(&mut self, name: u32, zone: &TimeZone) {
        let first = zone.to_offset(instant(FIRST_SECOND));
        let start = self.transitions.len();
        let mut offset = first;
        for change in zone.following(instant(FIRST_SECOND)) {
            if change.timestamp() >= instant(END_SECOND) {
                break;
            }
            // Some changes are of the name alone.
            if change.offset() != offset {
                offset = change.offset();
                let at_s = change.timestamp().as_second();
                self.transitions.push(archive::Transition { at_s, offset_s: seconds(offset) });
            }
        }
        let transitions = Rows::between(start, self.transitions.len());
        self.zones.push(archive::Zone { name, initial_offset_s: seconds(first), transitions });
    }
}

fn seconds(offset: Offset) -> i32 {
    offset.seconds()
}

/// 2020-01-01T00:00:00Z: before the first request of any gateway.
const FIRST_SECOND: i64 = 1_577_836_800;
/// 2100-01-01T00:00:00Z: after it, the last offset stays.
const END_SECOND: i64 = 4_102_444_800;

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The row of a window.
pub(super) fn window_row(sorted: &[Span<'_>], window: &TimeWindow) -> Result<u32, LowerError> {
    let missing = |_| LowerError::Unresolved { kind: "time window", name: window.zone.value.clone() };
    sorted.binary_search(&Span::of(window)).map(row).map_err(missing)
}

#[cfg(test)]
mod tests {
    use pointsman_schema::read::scalar::MinuteOfDay;
    use pointsman_schema::source::predicate::Day;
    use pointsman_schema::tree::Spanned;

    use super::*;

    fn written<T>(value: T) -> Spanned<T> {
        Spanned::new(value, pointsman_schema::tree::Span::default())
    }

    fn check(days: &[Day], from: u16, to: u16, expected: (u8, u16, u16)) {
        let window = TimeWindow {
            days: days.iter().map(|day| written(*day)).collect(),
            from: written(MinuteOfDay(from)),
            to: written(MinuteOfDay(to)),
            zone: written("Europe/Berlin".to_owned()),
        };
        let Span { days, from_minute, to_minute, .. } = Span::of(&window);
        assert_eq!((days, from_minute, to_minute), expected, "{from} to {to}");
    }

    #[test]
    fn a_window_has_one_form() {
        check(&[], 540, 1080, (EVERY_DAY, 540, 1080));
        check(&[Day::Monday, Day::Sunday], 1320, 360, (0b100_0001, 1320, 360));
        check(&[Day::Monday], 1080, 0, (1, 1080, 1440));
        check(&[Day::Sunday], 1440, 360, (1, 0, 360));
        check(&[Day::Monday], 0, 0, (1, 0, 1440));
    }

    #[test]
    fn offsets_are_those_of_the_bundled_database() {
        let lower = |name: &str| {
            let mut tables = Windows { rows: Vec::new(), zones: Vec::new(), transitions: Vec::new() };
            tables.zone(0, &TimeZoneDatabase::bundled().get(name).unwrap());
            (tables.zones[0].initial_offset_s, tables.transitions)
        };
        let (offset, changes) = lower("Europe/Berlin");
        // 2020-03-29T01:00:00Z, the first summer time of 2020; two changes a year for 80 years.
        let first = archive::Transition { at_s: 1_585_443_600, offset_s: 7200 };
        assert_eq!((offset, changes.first(), changes.len()), (3600, Some(&first), 160));
        assert_eq!(lower("Asia/Kolkata"), (19_800, Vec::new()));
        assert_eq!(lower("UTC"), (0, Vec::new()));
    }
}
