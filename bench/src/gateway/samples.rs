//! Measured times and their percentiles. All of them are kept: a run has some ten thousand.

use std::time::Duration;

/// Times that were measured.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    micros: Vec<u64>,
}

impl Samples {
    /// Adds one time.
    pub(crate) fn add(&mut self, time: Duration) {
        self.micros.push(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
    }

    /// Adds all times of another set.
    pub(crate) fn merge(&mut self, other: Self) {
        self.micros.extend(other.micros);
    }

    /// The time that `percent` of a hundred do not exceed; `None` without any.
    ///
    /// **Unit**: microseconds.
    pub(crate) fn percentile(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let last = sorted.len().checked_sub(1)?;
        let at = sorted.len().saturating_mul(percent).div_ceil(100).saturating_sub(1).min(last);
        let micros = sorted.get(at)?;
        Some(f64::from(u32::try_from(*micros).unwrap_or(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(micros: impl Iterator<Item = u64>, percent: usize, expected: Option<f64>) {
        let mut samples = Samples::default();
        micros.for_each(|micros| samples.add(Duration::from_micros(micros)));
        assert_eq!(samples.percentile(percent), expected);
    }

    #[test]
    fn percentiles_are_samples() {
        check((1..=100).rev(), 50, Some(50.0));
        check(1..=100, 99, Some(99.0));
        check(1..=3, 99, Some(3.0));
        check(7..=7, 50, Some(7.0));
        check(0..0, 50, None);
    }
}
