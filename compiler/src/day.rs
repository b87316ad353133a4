//! Days against the seconds at which keys end.
//!
//! Deliberately without a clock: a day is one that somebody names. The invariant: a day begins at midnight in UTC, as an end
//! that is written as a day does.
//!
//! Read next: [`crate::rules::expired_key`].

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// When a day begins; nothing past the last one that can be named. **Unit**: seconds since 1970.
pub(crate) fn begin_s(day: Date) -> Option<i64> {
    day.to_zoned(TimeZone::UTC).ok().map(|begin| begin.timestamp().as_second())
}

/// A second as it is shown.
pub(crate) fn shown(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| String::new(), |second| second.to_string())
}
