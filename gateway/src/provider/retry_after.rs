//! When a provider wants to be asked again.
//!
//! **Source**: RFC 9110 section 10.2.3 for `retry-after`; `retry-after-ms` and `x-ms-retry-after-ms` as OpenAI and Azure
//! send them. Anything else, or anything unreadable, is no wish at all.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::RETRY_AFTER;

use crate::limits::RETRY_AFTER_SHOWN_MAX;

/// How long to wait, at most [`RETRY_AFTER_SHOWN_MAX`].
pub fn read(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let exact = text("retry-after-ms").or_else(|| text("x-ms-retry-after-ms"));
    let exact = exact.and_then(|ms| ms.parse().ok()).map(Duration::from_millis);
    let wish = exact.or_else(|| seconds_or_date(text(RETRY_AFTER.as_str())?, now));
    wish.map(|wish| wish.min(RETRY_AFTER_SHOWN_MAX))
}

fn seconds_or_date(text: &str, now: SystemTime) -> Option<Duration> {
    if text.bytes().next().is_some_and(|first| first.is_ascii_digit()) {
        let whole = text.split('.').next().unwrap_or_default();
        // More digits than a number holds is a long time, too.
        return Some(Duration::from_secs(whole.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, value: &str, expected_ms: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(read(&headers, now), expected_ms.map(Duration::from_millis), "{name}: {value}");
    }

    #[test]
    fn wishes_are_read() {
        check("retry-after", "2", Some(2_000));
        check("retry-after", "0.7", Some(0));
        check("retry-after", "99999999999999999999999", Some(600_000));
        check("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT", Some(10_000));
        check("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT", Some(0));
        check("retry-after", "soon", None);
        check("retry-after", "-1", None);
        check("retry-after-ms", "1500", Some(1_500));
        check("x-ms-retry-after-ms", "20", Some(20));
        check("retry-after-ms", "x", None);
        check("x-other", "3", None);
    }
}
