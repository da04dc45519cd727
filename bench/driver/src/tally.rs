//! Counts tasks of several kinds, done by many clients concurrently.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{Done, Latencies, Percentiles, window::Window};

/// The measurement of tasks of several kinds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Worked {
    /// The length of the measurement.
    pub seconds: f64,
    /// All kinds together.
    pub all: OfKind,
    /// Each kind, including those without tasks.
    pub kinds: Vec<OfKind>,
    /// The number of all completed tasks: before, during and after the measurement.
    pub done_in_all: u64,
    /// The reason of one of the failures.
    pub failure: Option<String>,
}

/// The measurement of tasks of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OfKind {
    /// The kind.
    pub kind: String,
    /// The number of tasks that completed during the measurement.
    pub done: u64,
    /// The number of failures, at any time.
    pub failures: u64,
    /// The latency of the completed tasks.
    pub latency: Percentiles,
}

impl Worked {
    /// Tasks per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 {
            self.all.done as f64 / self.seconds
        } else {
            0.0
        }
    }
}

impl fmt::Display for Worked {
    /// All kinds together, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Percentiles { p50_ms, p99_ms, .. } = self.all.latency;
        write!(f, "{:.0} per second, p50 {p50_ms} ms, p99 {p99_ms} ms", self.rate())?;
        match self.all.failures {
            0 => Ok(()),
            failures => write!(f, ", {failures} FAILED"),
        }
    }
}

/// Counts tasks while clients work.
#[derive(Debug)]
pub struct Tally {
    all: Counter,
    kinds: Vec<Counter>,
    done_in_all: AtomicU64,
    failure: Mutex<Option<String>>,
}

#[derive(Debug)]
struct Counter {
    kind: &'static str,
    done: AtomicU64,
    failures: AtomicU64,
    latencies: Latencies,
}

impl Counter {
    fn new(kind: &'static str) -> Result<Self, String> {
        Ok(Self {
            kind,
            done: AtomicU64::default(),
            failures: AtomicU64::default(),
            latencies: Latencies::new()?,
        })
    }

    fn record(&self, client: usize, took: Duration) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.latencies.record(client, took);
    }

    fn sum_up(&self) -> Result<OfKind, String> {
        Ok(OfKind {
            kind: self.kind.to_owned(),
            done: self.done.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            latency: self.latencies.percentiles()?,
        })
    }
}

impl Tally {
    /// Creates a tally for these kinds.
    ///
    /// # Errors
    /// Never, with the precision that is used here.
    pub fn new(kinds: &[&'static str]) -> Result<Self, String> {
        Ok(Self {
            all: Counter::new("all")?,
            kinds: kinds.iter().map(|kind| Counter::new(kind)).collect::<Result<_, _>>()?,
            done_in_all: AtomicU64::default(),
            failure: Mutex::default(),
        })
    }

    /// Counts a task that was due at an instant and has ended now. It belongs to the window if `counted` is true.
    /// Returns whether the task succeeded.
    pub fn count(&self, done: Done, client: usize, due: Instant, counted: bool) -> bool {
        let kind = self.kinds.get(done.kind);
        let counters = [Some(&self.all), kind].into_iter().flatten();
        match done.outcome {
            Ok(()) => {
                self.done_in_all.fetch_add(1, Ordering::Relaxed);
                let took = due.elapsed();
                counters
                    .filter(|_| counted)
                    .for_each(|counter| counter.record(client, took));
                true
            }
            Err(reason) => {
                counters.for_each(|counter| {
                    counter.failures.fetch_add(1, Ordering::Relaxed);
                });
                *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
                false
            }
        }
    }

    /// Summarizes the counts of a window.
    ///
    /// # Errors
    /// Never, with the precision that is used here.
    pub fn sum_up(&self, window: Window) -> Result<Worked, String> {
        Ok(Worked {
            seconds: window.seconds(),
            all: self.all.sum_up()?,
            kinds: self.kinds.iter().map(Counter::sum_up).collect::<Result<_, _>>()?,
            done_in_all: self.done_in_all.load(Ordering::Relaxed),
            failure: self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        })
    }
}
