//! How many events a batch takes, when it begins, and how long to wait after a fault.

use std::time::Duration;

use platform::config::ProjectionSettings;
use tokio::time::{Instant, sleep_until};

/// What a batch takes while the projection keeps up: little to fold, and soon to be seen.
const FEWEST_EVENTS: usize = 64;

/// How many events the next batch takes at most: more while the projection is behind, fewer once it is not.
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

    /// How many the next batch takes, given whether there is more than the last one took.
    pub(crate) fn next(&mut self, is_behind: bool) -> usize {
        self.next = if is_behind {
            (self.next * 2).min(self.most)
        } else {
            FEWEST_EVENTS.min(self.most)
        };
        self.next
    }
}

/// How far apart batches begin at least while the projection keeps up. Each costs the database a transaction, whatever is in
/// it: without a rest, events that come one after the other cost a transaction each, and all that there is of the processors.
const APART: Duration = Duration::from_millis(3);

/// Keeps batches apart. The first event after a lull waits for nothing.
#[derive(Debug)]
pub(crate) struct Rests {
    begun: Instant,
}

impl Rests {
    /// A batch begins now.
    pub(crate) fn begin() -> Self {
        Self { begun: Instant::now() }
    }

    /// Waits until the next one may begin.
    pub(crate) async fn rest(&self) {
        sleep_until(self.begun + APART).await;
    }
}

/// How long to wait before the next try: twice as long each time, up to a bound.
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

    #[tokio::test]
    async fn batches_begin_apart() {
        let begun = Instant::now();
        Rests::begin().rest().await;
        assert!(begun.elapsed() >= APART);
    }

    #[test]
    fn batches_grow_while_behind_and_shrink_at_once() {
        let mut settings = platform::Settings::defaults().expect("the defaults").projections;
        settings.batch_events = 200;
        let mut size = BatchSize::new(&settings);
        assert_eq!([true, true, true].map(|behind| size.next(behind)), [128, 200, 200]);
        assert_eq!(size.next(false), 64);
        settings.batch_events = 10;
        assert_eq!(BatchSize::new(&settings).next(true), 10);
    }
}
