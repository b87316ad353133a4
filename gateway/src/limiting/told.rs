//! What a client is told of its limits: the headers of its own protocol, and the words of a refusal.
//!
//! **Source**: OpenAI's guide "Rate limits" (`x-ratelimit-*`: what is left, and in how long all of it is back, as in
//! `6m0s`); Anthropic's API reference "Rate limits" (`anthropic-ratelimit-*`: the same, as a moment of RFC 3339).

use std::fmt::Display;

use http::{HeaderMap, HeaderName, HeaderValue};
use pointsman_schema::archive::money::ArchivedLimit;
use pointsman_schema::protocol::Protocol;
use pointsman_schema::snapshot::View;
use pointsman_schema::source::budget::{Counted, LimitWindow};

use super::bucket::{Gauge, NANOS};
use super::{Left, Limited, Scarce};
use crate::error::{Failure, Kind, Told};

impl Limited {
    /// The failure that a client gets.
    pub(crate) fn failure(&self, view: &View<'_>) -> Failure {
        let message = view.money.limits.get(self.limit).map(|limit| self.message(view, limit));
        let told = Told { message, ..Told::default() };
        let retry_after = Some(self.wait);
        Failure { retry_after, told: Some(Box::new(told)), ..Kind::Limited(self.scarce).into() }
    }

    fn message(&self, view: &View<'_>, limit: &ArchivedLimit) -> String {
        let name = view.text(limit.name);
        let whom = match Counted::from_code(limit.per) {
            Some(Counted::Consumer) => " for each consumer",
            Some(Counted::Key) => " for each key",
            Some(Counted::Shared) | None => "",
        };
        let many = |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let window = LimitWindow::of_seconds(limit.window_s.to_native()).map_or("window", LimitWindow::word);
        let allowed = match self.scarce {
            Scarce::Requests => format!("{} a {window}", many(limit.requests.to_native(), "request")),
            Scarce::Tokens => format!("{} a {window}", many(limit.tokens.to_native(), "token")),
            Scarce::Concurrent => {
                format!("{} open at once", many(limit.concurrent.to_native().into(), "request"))
            }
        };
        format!("The limit `{name}` is reached: {allowed}{whom}.")
    }
}

impl Left {
    /// Says it in an answer's headers, at this time of day.
    pub(crate) fn write(&self, headers: &mut HeaderMap, protocol: Protocol, unix_s: i64) {
        let names = match protocol {
            Protocol::OpenAi => &OPENAI,
            Protocol::Anthropic => &ANTHROPIC,
            // Google's API has no such headers.
            Protocol::Gemini => return,
        };
        for (gauge, [limit, remaining, reset]) in [self.requests, self.tokens].into_iter().zip(names) {
            let Some(Gauge { limit: most, remaining: now, full_ns }) = gauge else { continue };
            let full_s = full_ns.div_ceil(NANOS);
            let moment = match protocol {
                Protocol::Anthropic => moment(unix_s, full_s),
                Protocol::OpenAi | Protocol::Gemini => pause(full_ns),
            };
            insert(headers, limit, most);
            insert(headers, remaining, now);
            insert(headers, reset, moment);
        }
    }
}

fn insert(headers: &mut HeaderMap, name: &HeaderName, value: impl Display) {
    if let Ok(value) = HeaderValue::try_from(value.to_string()) {
        headers.insert(name, value);
    }
}

/// As Go writes a duration, which is how OpenAI does it: `20ms`, `1.5s`, `6m0s`, `1h0m30s`.
fn pause(ns: u64) -> String {
    let ms = ns.div_ceil(1_000_000);
    let (seconds, rest) = (ms / 1_000, ms % 1_000);
    if seconds == 0 {
        return if rest == 0 { "0s".to_owned() } else { format!("{rest}ms") };
    }
    let (hours, minutes, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let fraction = if rest == 0 { String::new() } else { format!(".{rest:03}") };
    let fraction = fraction.trim_end_matches('0');
    match (hours, minutes) {
        (0, 0) => format!("{second}{fraction}s"),
        (0, _) => format!("{minutes}m{second}{fraction}s"),
        _ => format!("{hours}h{minutes}m{second}{fraction}s"),
    }
}

/// The moment that is so far from another, in RFC 3339.
fn moment(unix_s: i64, after_s: u64) -> String {
    let at = unix_s.saturating_add(i64::try_from(after_s).unwrap_or(i64::MAX));
    jiff::Timestamp::from_second(at).unwrap_or(jiff::Timestamp::MAX).to_string()
}

static OPENAI: [[HeaderName; 3]; 2] = [
    [
        HeaderName::from_static("x-ratelimit-limit-requests"),
        HeaderName::from_static("x-ratelimit-remaining-requests"),
        HeaderName::from_static("x-ratelimit-reset-requests"),
    ],
    [
        HeaderName::from_static("x-ratelimit-limit-tokens"),
        HeaderName::from_static("x-ratelimit-remaining-tokens"),
        HeaderName::from_static("x-ratelimit-reset-tokens"),
    ],
];

static ANTHROPIC: [[HeaderName; 3]; 2] = [
    [
        HeaderName::from_static("anthropic-ratelimit-requests-limit"),
        HeaderName::from_static("anthropic-ratelimit-requests-remaining"),
        HeaderName::from_static("anthropic-ratelimit-requests-reset"),
    ],
    [
        HeaderName::from_static("anthropic-ratelimit-tokens-limit"),
        HeaderName::from_static("anthropic-ratelimit-tokens-remaining"),
        HeaderName::from_static("anthropic-ratelimit-tokens-reset"),
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ms: u64, expected: &str) {
        assert_eq!(pause(ms * 1_000_000), expected);
    }

    #[test]
    fn pauses_read_as_openai_writes_them() {
        check(0, "0s");
        check(20, "20ms");
        check(1_000, "1s");
        check(1_500, "1.5s");
        check(360_000, "6m0s");
        check(3_630_250, "1h0m30.25s");
    }

    #[test]
    fn moments_read_as_anthropic_writes_them() {
        assert_eq!(moment(1_700_000_000, 60), "2023-11-14T22:14:20Z");
    }

    fn names(protocol: Protocol) -> Vec<String> {
        let gauge = Some(Gauge { limit: 9, remaining: 4, full_ns: NANOS });
        let mut headers = HeaderMap::new();
        Left { requests: gauge, tokens: None }.write(&mut headers, protocol, 0);
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn every_protocol_has_its_own_headers() {
        let openai = ["limit-requests: 9", "remaining-requests: 4", "reset-requests: 1s"];
        assert_eq!(names(Protocol::OpenAi), openai.map(|rest| format!("x-ratelimit-{rest}")));
        let anthropic = ["limit: 9", "remaining: 4", "reset: 1970-01-01T00:00:01Z"];
        assert_eq!(
            names(Protocol::Anthropic),
            anthropic.map(|rest| format!("anthropic-ratelimit-requests-{rest}"))
        );
        assert_eq!(names(Protocol::Gemini), [""; 0]);
    }
}
