//! Latencies: many clients record them concurrently, and percentiles summarize them.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Clients that record at the same time rarely use the same histogram. One histogram per client would use more memory
/// than the measured system, with a thousand clients.
const SHARDS: usize = 16;
/// 0.1 %.
const SIGNIFICANT_DIGITS: u8 = 3;
/// Ten minutes. Longer latencies are recorded as this one.
const LONGEST_MICROS: u64 = 600_000_000;

/// A histogram of latencies in microseconds, to which many tasks record.
#[derive(Debug)]
pub struct Latencies {
    shards: Vec<Mutex<Histogram<u64>>>,
}

/// The percentiles of a histogram, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// The median.
    pub p50_ms: f64,
    /// The 95th percentile.
    pub p95_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
    /// The 99.9th percentile.
    pub p999_ms: f64,
}

impl Latencies {
    /// Creates an empty histogram.
    ///
    /// # Errors
    /// Never, with the precision that is used here.
    pub fn new() -> Result<Self, String> {
        let shards = (0..SHARDS).map(|_| empty().map(Mutex::new));
        Ok(Self {
            shards: shards.collect::<Result<_, _>>()?,
        })
    }

    /// Records an operation of a client.
    pub fn record(&self, client: usize, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.shards[client % SHARDS]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .saturating_record(micros);
    }

    /// Summarizes the records of all clients.
    ///
    /// # Errors
    /// Never, because all parts have the same precision.
    pub fn percentiles(&self) -> Result<Percentiles, String> {
        let mut all = empty()?;
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            all.add(&*shard).map_err(|error| error.to_string())?;
        }
        let at = |quantile| all.value_at_quantile(quantile) as f64 / 1_000.0;
        Ok(Percentiles {
            p50_ms: at(0.5),
            p95_ms: at(0.95),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
        })
    }
}

fn empty() -> Result<Histogram<u64>, String> {
    Histogram::new_with_bounds(1, LONGEST_MICROS, SIGNIFICANT_DIGITS).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_recorded_apart_is_summed_up_together() {
        let latencies = Latencies::new().expect("an empty one");
        // Each client records a separate range, so no single histogram knows the percentiles.
        for client in 0..SHARDS + 4 {
            for step in 0..100 {
                latencies.record(client, Duration::from_micros((client * 100 + step) as u64));
            }
        }
        let Percentiles { p50_ms, p99_ms, .. } = latencies.percentiles().expect("percentiles");
        assert!((p50_ms - 1.0).abs() < 0.01, "{p50_ms}");
        assert!((p99_ms - 1.98).abs() < 0.01, "{p99_ms}");
    }

    #[test]
    fn an_endless_wait_is_recorded_too() {
        let latencies = Latencies::new().expect("an empty one");
        latencies.record(0, Duration::MAX);
        assert!(latencies.percentiles().expect("percentiles").p50_ms > 599_000.0);
    }
}
