//! How long steps take: percentiles of any number of steps in fixed memory.

use std::time::Duration;

/// Buckets are 1 % wide, from 1 ns up to 1.01^4096 ns, longer than any run.
const BUCKETS: usize = 4096;
const GROWTH: f64 = 1.01;

/// A histogram of step durations with logarithmic buckets. Not part of a checkpoint: it describes this process.
#[derive(Clone)]
pub struct StepTimes {
    counts: Vec<u64>,
    steps: u64,
    total: Duration,
}

impl Default for StepTimes {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            steps: 0,
            total: Duration::ZERO,
        }
    }
}

impl StepTimes {
    /// Counts one step.
    pub fn record(&mut self, duration: Duration) {
        let nanoseconds = (duration.as_nanos().max(1)) as f64;
        let bucket = (nanoseconds.ln() / GROWTH.ln()) as usize;
        self.counts[bucket.min(BUCKETS - 1)] += 1;
        self.steps += 1;
        self.total += duration;
    }

    /// Steps counted.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Sum of all durations.
    pub fn total(&self) -> Duration {
        self.total
    }

    /// ms; 0 before the first step.
    pub fn mean_ms(&self) -> f64 {
        1e3 * self.total.as_secs_f64() / self.steps.max(1) as f64
    }

    /// ms, within 1 %; `fraction` 0.5 is the median. 0 before the first step.
    pub fn percentile_ms(&self, fraction: f64) -> f64 {
        let target = (fraction * self.steps as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= target {
                return GROWTH.powf(bucket as f64 + 0.5) * 1e-6;
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_one_percent() {
        let mut times = StepTimes::default();
        (1..=1000).for_each(|k| times.record(Duration::from_micros(k)));
        assert!((times.percentile_ms(0.5) / 0.5 - 1.0).abs() < 0.011);
        assert!((times.percentile_ms(0.99) / 0.99 - 1.0).abs() < 0.011);
        assert!((times.mean_ms() - 0.5005).abs() < 1e-9);
    }

    #[test]
    fn nothing_recorded_is_zero() {
        assert_eq!(StepTimes::default().percentile_ms(0.5), 0.0);
        assert_eq!(StepTimes::default().mean_ms(), 0.0);
    }
}
