//! When a provider wants to be asked again.
//!
//! Who says so exactly is believed first: in a header, or in the body of an error. Else it is when a limit that is reached is
//! whole again, which is later than needed, but no guess. A moment is compared with the provider's own clock where it tells the
//! time, so that ours may be wrong. Anything unreadable is no wish at all, and no wish is longer than what is passed on.
//!
//! **Source**: RFC 9110 section 10.2.3 for `retry-after`; `retry-after-ms` and `x-ms-retry-after-ms` as OpenAI and Azure send
//! them; `RetryInfo` of `google.rpc` in errors of Google's; the pages on rate limits of OpenAI (`x-ratelimit-…`, durations),
//! Azure (the same, in seconds), Anthropic (`anthropic-ratelimit-…`, RFC 3339) and OpenRouter (`x-ratelimit-reset`, ms since
//! the Unix epoch).

mod duration;
mod moment;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::json::Text;
use crate::limits::RETRY_AFTER_SHOWN_MAX;

/// How long to wait, at most [`RETRY_AFTER_SHOWN_MAX`], as an answer's head and its body say. `now` is the time of day.
pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8], now: SystemTime) -> Option<Duration> {
    let head = Head { headers, now };
    let wish = head
        .exact()
        .or_else(|| head.seconds_or_date())
        .or_else(|| retry_info(body))
        .or_else(|| (status == StatusCode::TOO_MANY_REQUESTS).then(|| head.reset()).flatten());
    wish.map(|wish| wish.min(RETRY_AFTER_SHOWN_MAX))
}

struct Head<'a> {
    headers: &'a HeaderMap,
    now: SystemTime,
}

impl<'a> Head<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
    }

    fn exact(&self) -> Option<Duration> {
        let ms = self.text("retry-after-ms").or_else(|| self.text("x-ms-retry-after-ms"))?;
        ms.parse().ok().map(Duration::from_millis)
    }

    fn seconds_or_date(&self) -> Option<Duration> {
        let text = self.text(RETRY_AFTER.as_str())?;
        if text.bytes().next().is_some_and(|first| first.is_ascii_digit()) {
            let whole = text.split('.').next().unwrap_or_default();
            // More digits than a number holds is a long time, too.
            return Some(Duration::from_secs(whole.parse().unwrap_or(u64::MAX)));
        }
        httpdate::parse_http_date(text).ok().map(|date| self.until(date))
    }

    /// Until a limit is whole again: the last of those that are reached, or the first of all where none says that it is.
    fn reset(&self) -> Option<Duration> {
        let of = |limit: &Limit| {
            let is_reached = self.text(limit.remaining).is_some_and(|left| left == "0");
            self.text(limit.reset).and_then(|reset| self.reset_in(reset)).map(|reset| (is_reached, reset))
        };
        let limits = || LIMITS.iter().filter_map(of);
        let reached = limits().filter(|(is_reached, _)| *is_reached).map(|(_, reset)| reset).max();
        reached.or_else(|| limits().map(|(_, reset)| reset).min())
    }

    /// A duration, a number of seconds, or a moment.
    fn reset_in(&self, text: &str) -> Option<Duration> {
        if let Some(number) = text.parse::<u64>().ok().filter(|number| *number >= EPOCH_S_MIN) {
            let since_epoch = if number >= EPOCH_MS_MIN {
                Duration::from_millis(number)
            } else {
                Duration::from_secs(number)
            };
            return UNIX_EPOCH.checked_add(since_epoch).map(|moment| self.until(moment));
        }
        duration::read(text).or_else(|| moment::read(text).map(|moment| self.until(moment)))
    }

    /// From now, by the clock of who said it.
    fn until(&self, moment: SystemTime) -> Duration {
        let told = self.text(DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok());
        moment.duration_since(told.unwrap_or(self.now)).unwrap_or(Duration::ZERO)
    }
}

/// A limit of a provider's, as its headers have it.
struct Limit {
    remaining: &'static str,
    reset: &'static str,
}

const fn limit(remaining: &'static str, reset: &'static str) -> Limit {
    Limit { remaining, reset }
}

static LIMITS: [Limit; 7] = [
    limit("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    limit("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    limit("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    limit("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    limit("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    limit("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
    limit("x-ratelimit-remaining", "x-ratelimit-reset"),
];

/// No limit is whole again only after so long: such a number is a moment. **Unit**: s.
const EPOCH_S_MIN: u64 = 1_000_000_000;
/// The same of milliseconds.
const EPOCH_MS_MIN: u64 = 1_000_000_000_000;

/// What an error of Google's says, alone or in a list.
fn retry_info(body: &[u8]) -> Option<Duration> {
    memchr::memmem::find(body, b"retryDelay")?;
    let text = simdutf8::basic::from_utf8(body).ok()?;
    let whole: Whole<'_> = if text.trim_ascii_start().starts_with('[') {
        serde_json::from_str::<Vec<Whole<'_>>>(text).ok()?.into_iter().next()?
    } else {
        serde_json::from_str(text).ok()?
    };
    let mut delays = whole.error.details.into_iter().filter_map(|detail| detail.delay);
    delays.find_map(|delay| duration::read(&delay.0))
}

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow)]
    error: Error<'a>,
}

#[derive(Deserialize)]
struct Error<'a> {
    #[serde(borrow, default)]
    details: Vec<Detail<'a>>,
}

#[derive(Deserialize)]
struct Detail<'a> {
    #[serde(borrow, default, rename = "retryDelay")]
    delay: Option<Text<'a>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06 08:49:37 UTC.
    const NOW_S: u64 = 784_111_777;

    fn read_of(status: u16, lines: &[(&'static str, &str)], body: &str) -> Option<u128> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.insert(*name, value.parse().unwrap());
        }
        let now = UNIX_EPOCH + Duration::from_secs(NOW_S);
        let wish = read(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes(), now);
        wish.map(|wish| wish.as_millis())
    }

    fn check(name: &'static str, value: &str, expected_ms: Option<u128>) {
        assert_eq!(read_of(503, &[(name, value)], ""), expected_ms, "{name}: {value}");
    }

    fn check_limits(lines: &[(&'static str, &str)], expected_ms: Option<u128>) {
        assert_eq!(read_of(429, lines, ""), expected_ms, "{lines:?}");
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
        check("x-ratelimit-reset-requests", "3s", None);
    }

    #[test]
    fn a_limit_that_is_reached_says_when_it_is_whole_again() {
        let (requests, tokens) = ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens");
        check_limits(&[(requests, "1s"), (tokens, "6m0s")], Some(1_000));
        check_limits(
            &[(requests, "1s"), (tokens, "1m30s"), ("x-ratelimit-remaining-tokens", "0")],
            Some(90_000),
        );
        check_limits(&[(requests, "20ms"), ("retry-after", "7")], Some(7_000));
        check_limits(&[(requests, "12")], Some(12_000));
        check_limits(&[(requests, "soon"), (tokens, "")], None);
        let anthropic = "anthropic-ratelimit-tokens-reset";
        check_limits(&[(anthropic, "1994-11-06T08:49:42Z")], Some(5_000));
        check_limits(&[(anthropic, "1994-11-06T08:48:42Z")], Some(0));
        check_limits(
            &[("x-ratelimit-reset", "1784111780000"), ("date", "Wed, 15 Jul 2026 10:36:17 GMT")],
            Some(3_000),
        );
    }

    #[test]
    fn moments_are_by_the_clock_of_who_said_them() {
        let date = ("date", "Sun, 06 Nov 1994 10:00:00 GMT");
        check_limits(&[date, ("retry-after", "Sun, 06 Nov 1994 10:00:09 GMT")], Some(9_000));
        check_limits(
            &[date, ("anthropic-ratelimit-requests-reset", "1994-11-06T12:00:03+02:00")],
            Some(3_000),
        );
    }

    #[test]
    fn google_says_it_in_the_body() {
        let body = r#"{"error":{"code":429,"details":[{"@type":"type.googleapis.com/google.rpc.Help","links":[]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"22.5s"}]}}"#;
        assert_eq!(read_of(429, &[], body), Some(22_500));
        assert_eq!(read_of(429, &[], &format!("[{body}]")), Some(22_500));
        assert_eq!(read_of(429, &[("retry-after", "1")], body), Some(1_000));
        for nothing in
            ["retryDelay", r#"{"error":{"details":[{"retryDelay":7}]}}"#, r#"{"error":"retryDelay"}"#]
        {
            assert_eq!(read_of(429, &[], nothing), None, "{nothing}");
        }
    }
}
