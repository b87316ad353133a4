//! A moment as Anthropic writes it.
//!
//! **Source**: RFC 3339, section 5.6. Leap seconds count as the second after.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Reads one after 1970; what is less than a second is left out.
pub(super) fn read(text: &str) -> Option<SystemTime> {
    let (date, time) = (text.get(..10)?, text.get(11..19)?);
    if !matches!(text.get(10..11)?, "T" | "t" | " ") {
        return None;
    }
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let zone = text.get(19..)?;
    let zone = zone
        .strip_prefix('.')
        .map_or(zone, |rest| rest.trim_start_matches(|next: char| next.is_ascii_digit()));
    let seconds = days(year, month, day)
        .checked_mul(86_400)?
        .checked_add(hour * 3_600 + minute * 60 + second)?
        .checked_sub(offset_s(zone)?)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// What a zone is ahead of UTC. **Unit**: s.
fn offset_s(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let (sign, rest) = (zone.get(..1)?, zone.get(1..)?);
    let [hours, minutes] = numbers(rest, ':')?;
    match sign {
        "+" => Some(hours * 3_600 + minutes * 60),
        "-" => Some(-(hours * 3_600 + minutes * 60)),
        _ => None,
    }
}

/// As many numbers as there are places for them, of two digits or more each.
fn numbers<const N: usize>(text: &str, between: char) -> Option<[i64; N]> {
    let mut parts = text.split(between);
    let mut found = [0; N];
    for slot in &mut found {
        let part = parts.next()?;
        let is_number = part.len() >= 2 && part.bytes().all(|digit| digit.is_ascii_digit());
        *slot = if is_number { part.parse().ok()? } else { return None };
    }
    parts.next().is_none().then_some(found)
}

/// Days since 1970-01-01 in the Gregorian calendar: years begin in March here, so that a leap day is a year's last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected_s: Option<u64>) {
        let found = read(text).map(|moment| moment.duration_since(UNIX_EPOCH).unwrap().as_secs());
        assert_eq!(found, expected_s, "{text}");
    }

    #[test]
    fn moments_are_read_in_any_zone() {
        check("1970-01-01T00:00:00Z", Some(0));
        check("1994-11-06T08:49:37Z", Some(784_111_777));
        check("1994-11-06t08:49:37.123456z", Some(784_111_777));
        check("1994-11-06T10:49:37+02:00", Some(784_111_777));
        check("1994-11-06T00:19:37-08:30", Some(784_111_777));
        check("2024-02-29T12:00:00Z", Some(1_709_208_000));
        check("2100-03-01T00:00:00Z", Some(4_107_542_400));
        for none in [
            "",
            "1994-11-06",
            "1994-11-06T08:49:37",
            "1994-13-06T08:49:37Z",
            "1994-11-06T24:49:37Z",
            "1994-11-06X08:49:37Z",
            "1994-11-06T08:49:37+2",
            "1969-12-31T23:59:59Z",
            "19é4-11-06T08:49:37Z",
            "1994-11-06T08:49:37.Z1",
        ] {
            check(none, None);
        }
    }
}
