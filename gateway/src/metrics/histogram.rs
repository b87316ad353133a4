//! Durations by fixed bounds, counted without a lock.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;

/// How many durations fell below each of `BOUNDS_MS`.
#[derive(Debug, Default)]
pub struct Histogram {
    /// One for each bound, and one for everything above the last.
    counts: [AtomicU64; BOUNDS_MS.len() + 1],
    /// **Unit**: µs.
    sum_us: AtomicU64,
}

/// **Unit**: ms. From what a cached answer takes to the total timeout.
const BOUNDS_MS: [u64; 14] = [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 15_000, 60_000, 600_000];

impl Histogram {
    /// Counts one duration.
    pub fn observe(&self, took: Duration) {
        let at = BOUNDS_MS.partition_point(|bound| Duration::from_millis(*bound) < took);
        if let Some(count) = self.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.sum_us.fetch_add(took_us, Ordering::Relaxed);
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let bounds = BOUNDS_MS.iter().map(|bound| Duration::from_millis(*bound).as_secs_f64());
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.chain([f64::INFINITY]).zip(counts).collect();
        let total = buckets.iter().map(|(_, count)| count).sum();
        let sum = Duration::from_micros(self.sum_us.load(Ordering::Relaxed)).as_secs_f64();
        encoder.encode_histogram::<[(&str, &str); 0]>(sum, total, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}
