//! The size of batches, the pauses between them, and the delay after a fault.

use std::time::Duration;

use platform::config::ProjectionSettings;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// The batch size while the projection is up to date. Small batches become visible sooner.
const FEWEST_EVENTS: usize = 64;

/// The maximum size of the next batch: it grows while the projection is behind, and is reset once it is up to date.
#[derive(Debug)]
pub(crate) struct BatchSize {
    most: usize,
    next: usize,
}

impl BatchSize {
    pub(crate) fn new(settings: &ProjectionSettings) -> Self {
        let most = settings.batch_events;
        Self {
            most,
            next: FEWEST_EVENTS.min(most),
        }
    }

    /// Returns the maximum size of the next batch.
    pub(crate) fn next(&mut self, is_behind: bool) -> usize {
        self.next = if is_behind {
            (self.next * 2).min(self.most)
        } else {
            FEWEST_EVENTS.min(self.most)
        };
        self.next
    }
}

/// The minimum interval between batches while the projection is up to date. Each batch costs the database a transaction
/// regardless of its size; without a pause, a series of single events would cost a transaction each and use up the
/// processors.
const APART: Duration = Duration::from_millis(25);
/// The minimum interval while a query waits for rows.
const APART_WANTED: Duration = Duration::from_millis(3);

/// Enforces the interval between batches. The first event after an idle time is not delayed.
#[derive(Debug)]
pub(crate) struct Rests {
    begun: Instant,
}

impl Rests {
    /// Starts the interval now.
    pub(crate) fn begin() -> Self {
        Self { begun: Instant::now() }
    }

    /// Waits until the next batch may begin. Demand for rows shortens the wait.
    pub(crate) async fn rest(&self, wanted: &Notify) {
        tokio::select! {
            () = sleep_until(self.begun + APART) => {}
            () = wanted.notified() => sleep_until(self.begun + APART_WANTED).await,
        }
    }
}

/// An exponential backoff with an upper bound.
#[derive(Debug)]
pub(crate) struct Retry {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Retry {
    pub(crate) const fn new(settings: &ProjectionSettings) -> Self {
        let first = Duration::from_millis(settings.retry_initial_ms);
        Self {
            first,
            longest: Duration::from_millis(settings.retry_max_ms),
            next: first,
        }
    }

    pub(crate) const fn reset(&mut self) {
        self.next = self.first;
    }

    pub(crate) fn next_pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).min(self.longest);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn batches_keep_an_interval_that_demand_shortens() {
        let (begun, wanted) = (Instant::now(), Notify::new());
        Rests::begin().rest(&wanted).await;
        assert_eq!(begun.elapsed(), APART);
        let begun = Instant::now();
        wanted.notify_one();
        Rests::begin().rest(&wanted).await;
        assert_eq!(begun.elapsed(), APART_WANTED);
        let begun = Instant::now();
        Rests::begin().rest(&wanted).await;
        assert_eq!(begun.elapsed(), APART, "a demand is met once");
    }

    #[test]
    fn batches_grow_while_behind_and_shrink_at_once() {
        let mut settings = settings::Settings::defaults().expect("the defaults").projections;
        settings.batch_events = 200;
        let mut size = BatchSize::new(&settings);
        assert_eq!([true, true, true].map(|behind| size.next(behind)), [128, 200, 200]);
        assert_eq!(size.next(false), 64);
        settings.batch_events = 10;
        assert_eq!(BatchSize::new(&settings).next(true), 10);
    }
}
