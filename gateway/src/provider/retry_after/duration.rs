//! A length of time as OpenAI and Google write it: `1m30s`, `20ms`, `7.5s`, or a mere number of seconds.

use std::time::Duration;

/// Reads it, down to milliseconds.
pub(super) fn read(text: &str) -> Option<Duration> {
    let (mut rest, mut ms) = (text, 0_u64);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (whole, after) = digits(rest);
        let (fraction, after) = after.strip_prefix('.').map_or(("", after), digits);
        let (unit, after) =
            after.split_at(after.find(|next: char| next.is_ascii_digit()).unwrap_or(after.len()));
        let unit_ms = match unit {
            "d" => 86_400_000,
            "h" => 3_600_000,
            "m" => 60_000,
            "s" => 1_000,
            "" if after.is_empty() && rest.len() == text.len() => 1_000,
            "ms" => 1,
            // Less than what is counted.
            "us" | "µs" | "ns" => 0,
            _ => return None,
        };
        ms = ms.saturating_add(parsed(whole)?.saturating_mul(unit_ms));
        ms = ms.saturating_add(thousandths(fraction)?.saturating_mul(unit_ms) / 1_000);
        rest = after;
    }
    Some(Duration::from_millis(ms))
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|next: char| !next.is_ascii_digit()).unwrap_or(text.len()))
}

/// More digits than a number holds is a long time, too.
fn parsed(whole: &str) -> Option<u64> {
    (!whole.is_empty()).then(|| whole.parse().unwrap_or(u64::MAX))
}

fn thousandths(fraction: &str) -> Option<u64> {
    format!("{:0<3}", fraction.get(..3).unwrap_or(fraction)).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected_ms: Option<u64>) {
        assert_eq!(read(text), expected_ms.map(Duration::from_millis), "{text}");
    }

    #[test]
    fn parts_add_up() {
        check("1m30s", Some(90_000));
        check("6m0s", Some(360_000));
        check("1h0m0.25s", Some(3_600_250));
        check("20ms", Some(20));
        check("7.66s", Some(7_660));
        check("0.0005s", Some(0));
        check("12", Some(12_000));
        check("1.5", Some(1_500));
        check("2d", Some(172_800_000));
        check("250us", Some(0));
        check("99999999999999999999s", Some(u64::MAX));
        for none in ["", "s", "-1s", "1x", "1m 2s", "1m2", "soon", ".5s", "1é"] {
            check(none, None);
        }
    }
}
