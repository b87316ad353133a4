//! The metrics' names, units and help texts: the counters as `/metrics` shows them.
//!
//! The form is that of `OpenMetrics` 1.0. Names are a promise to dashboards: they change only with a release's major number.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pointsman_schema::outcome::Outcome;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use super::{Event, Metrics, STATUS_MIN};
use crate::capacity::Capacity;

/// Everything that one scrape shows.
pub struct Scrape {
    /// The counters.
    pub metrics: Arc<Metrics>,
    /// Requests in flight.
    pub requests: Arc<Capacity>,
    /// Open client connections.
    pub connections: Arc<Capacity>,
    /// What is known of each backend.
    pub backends: Arc<crate::breaker::Registry>,
}

/// A counter for each backend, and for each word where there is a label for them. What is 0 is left out.
fn sums<'s>(
    encoder: &mut DescriptorEncoder<'_>,
    (name, help): (&str, &str),
    label: Option<&str>,
    counts: impl Iterator<Item = (&'s str, &'static str, u64)>,
) -> fmt::Result {
    let mut sums: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (backend, word, count) in counts.filter(|(.., count)| *count > 0) {
        let sum = sums.entry((backend, word)).or_default();
        *sum = sum.saturating_add(count);
    }
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for ((backend, word), count) in sums {
        let of_word = label.map(|label| (label, word));
        let labels: Vec<_> = std::iter::once(("backend", backend)).chain(of_word).collect();
        ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

impl Scrape {
    /// The text, with its final `# EOF`.
    pub fn text(self) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut out = String::new();
        prometheus_client::encoding::text::encode(&mut out, &registry)?;
        Ok(out)
    }
}

impl fmt::Debug for Scrape {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Scrape").field("metrics", &self.metrics).finish_non_exhaustive()
    }
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let metrics = &self.metrics;
        requests(&mut encoder, metrics)?;
        attempts(&mut encoder, metrics)?;
        self.by_backend(&mut encoder)?;
        for event in Event::ALL {
            let (name, help) = words(event);
            let counter = ConstCounter::new(metrics.counted(event));
            counter.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        durations(&mut encoder, metrics)?;
        self.gauges(&mut encoder)
    }
}

fn requests(encoder: &mut DescriptorEncoder<'_>, metrics: &Metrics) -> fmt::Result {
    let help = "Requests answered, by status code";
    let mut family = encoder.encode_descriptor("pointsman_requests", help, None, MetricType::Counter)?;
    for (at, count) in metrics.statuses.iter().enumerate().map(|(at, count)| (at, value(count))) {
        if count > 0 {
            let status = at.saturating_add(STATUS_MIN).to_string();
            let labels = [("status", status.as_str())];
            ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
        }
    }
    Ok(())
}

fn attempts(encoder: &mut DescriptorEncoder<'_>, metrics: &Metrics) -> fmt::Result {
    let help = "Upstream attempts, by how they ended";
    let mut family = encoder.encode_descriptor("pointsman_attempts", help, None, MetricType::Counter)?;
    for (outcome, count) in Outcome::ALL.iter().zip(&metrics.attempts) {
        let labels = [("outcome", outcome.word())];
        ConstCounter::new(value(count)).encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}

fn durations(encoder: &mut DescriptorEncoder<'_>, metrics: &Metrics) -> fmt::Result {
    let seconds = Some(&Unit::Seconds);
    let help = "From a request's first byte to its answer's last";
    let name = "pointsman_request_duration";
    metrics.duration.encode(encoder.encode_descriptor(name, help, seconds, MetricType::Histogram)?)?;
    let help = "From a request's first byte to its answer's first content event";
    let name = "pointsman_first_event";
    metrics.first_event.encode(encoder.encode_descriptor(name, help, seconds, MetricType::Histogram)?)
}

impl Scrape {
    /// A backend's name is the policy's, and as many as it has. One whose credential changed is one all the same.
    fn by_backend(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let states = self.backends.all();
        let attempts = states.iter().flat_map(|state| {
            state.attempts().map(move |(outcome, count)| (state.name.as_str(), outcome.word(), count))
        });
        let help = "Upstream attempts since the backend came into force, by backend and how they ended";
        sums(encoder, ("pointsman_backend_attempts", help), Some("outcome"), attempts)?;
        let tokens = states
            .iter()
            .flat_map(|state| state.tokens().map(move |(kind, count)| (state.name.as_str(), kind, count)));
        let help = "Tokens used since the backend came into force, by backend and what they were";
        sums(encoder, ("pointsman_backend_tokens", help), Some("kind"), tokens)?;
        let estimates = states.iter().map(|state| (state.name.as_str(), "", state.estimates()));
        let help = "Attempts of whose tokens some are an estimate, by backend";
        sums(encoder, ("pointsman_backend_token_estimates", help), None, estimates)
    }

    fn gauges(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let narrow = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let generation = i64::try_from(value(&self.metrics.generation)).unwrap_or(i64::MAX);
        let gauges = [
            ("pointsman_requests_in_flight", "Requests in flight", narrow(self.requests.taken())),
            ("pointsman_connections", "Open client connections", narrow(self.connections.taken())),
            ("pointsman_snapshot_generation", "The generation in force, 0 when none is", generation),
            (
                "pointsman_snapshot_loaded_timestamp_seconds",
                "When the snapshot in force was loaded",
                self.metrics.loaded_s.load(Ordering::Relaxed),
            ),
        ];
        for (name, help, number) in gauges {
            let gauge = ConstGauge::new(number);
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        Ok(())
    }
}

/// Name and help of an event's counter.
const fn words(event: Event) -> (&'static str, &'static str) {
    match event {
        Event::Retry => ("pointsman_retries", "Attempts on the same backend again"),
        Event::Fallback => ("pointsman_fallbacks", "Attempts on another backend than the last"),
        Event::BreakerOpened => ("pointsman_breakers_opened", "Breakers that opened"),
        Event::ConnectionRefused => ("pointsman_connections_refused", "Connections over the limit"),
        Event::RequestRefused => {
            ("pointsman_requests_refused", "Requests over what the gateway takes at once")
        }
        Event::RequestLimited => ("pointsman_requests_limited", "Requests over a limit of their key"),
        Event::HandshakeFailed => {
            ("pointsman_handshakes_failed", "TLS handshakes that failed or took too long")
        }
        Event::SnapshotLoaded => ("pointsman_snapshots_loaded", "Snapshots put in force"),
        Event::SnapshotRefused => {
            ("pointsman_snapshots_refused", "Loads that failed, the last good snapshot kept")
        }
        Event::StateFailed => ("pointsman_state_failures", "Failures to write the state folder"),
    }
}

fn value(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use super::*;

    fn check(count: impl FnOnce(&Metrics), expected: &str) {
        let scrape = Scrape {
            metrics: Arc::default(),
            requests: Capacity::new(1),
            connections: Capacity::new(1),
            backends: Arc::default(),
        };
        count(&scrape.metrics);
        let text = scrape.text().unwrap();
        assert!(text.lines().any(|line| line == expected), "{expected} is not in\n{text}");
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn what_is_counted_is_shown() {
        check(|m| m.request(StatusCode::OK, Duration::ZERO), r#"pointsman_requests_total{status="200"} 1"#);
        check(|m| m.attempt(Outcome::Timeout), r#"pointsman_attempts_total{outcome="timeout"} 1"#);
        check(|m| m.count(Event::Fallback), "pointsman_fallbacks_total 1");
        check(|m| m.count(Event::SnapshotRefused), "pointsman_snapshots_refused_total 1");
        check(|m| m.in_force(7, 1), "pointsman_snapshot_generation 7");
        check(|_| (), "pointsman_snapshots_loaded_total 0");
    }

    #[test]
    fn attempts_are_counted_for_each_backend_that_is_in_force() {
        let scrape = Scrape {
            metrics: Arc::default(),
            requests: Capacity::new(1),
            connections: Capacity::new(1),
            backends: Arc::default(),
        };
        let states = ["one", "other"].map(|key| ("team/a".to_owned(), Some(key.to_owned())));
        let states = scrape.backends.named(states.into_iter());
        states[0].ended(Outcome::Timeout);
        states[1].ended(Outcome::Timeout);
        let text = scrape.text().unwrap();
        let mut lines = text.lines().filter(|line| line.starts_with("pointsman_backend"));
        let expected = r#"pointsman_backend_attempts_total{backend="team/a",outcome="timeout"} 2"#;
        assert_eq!((lines.next(), lines.next()), (Some(expected), None));
    }

    #[test]
    fn durations_fall_into_the_bucket_that_holds_them() {
        let observe = |ms| move |m: &Metrics| m.first_event(Duration::from_millis(ms));
        check(observe(10), r#"pointsman_first_event_seconds_bucket{le="0.005"} 0"#);
        check(observe(10), r#"pointsman_first_event_seconds_bucket{le="0.01"} 1"#);
        check(observe(700_000), r#"pointsman_first_event_seconds_bucket{le="600.0"} 0"#);
        check(observe(700_000), r#"pointsman_first_event_seconds_bucket{le="+Inf"} 1"#);
        check(observe(250), "pointsman_first_event_seconds_sum 0.25");
    }
}
