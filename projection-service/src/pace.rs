//! How many events a batch takes, when it begins, and how long to wait after a fault.

use std::time::Duration;

use platform::config::ProjectionSettings;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

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

/// How far apart batches begin while the projection keeps up. Each costs the database a transaction, whatever is in it:
/// without a rest, events that come one after the other cost a transaction each, and all that there is of the processors.
const APART: Duration = Duration::from_millis(25);
/// How far apart they begin at least while somebody waits for rows.
const APART_WANTED: Duration = Duration::from_millis(3);

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

    /// Waits until the next one may begin: sooner, if rows are wanted.
    pub(crate) async fn rest(&self, wanted: &Notify) {
        tokio::select! {
            () = sleep_until(self.begun + APART) => {}
            () = wanted.notified() => sleep_until(self.begun + APART_WANTED).await,
        }
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

    #[tokio::test(start_paused = true)]
    async fn batches_begin_apart_and_sooner_while_rows_are_wanted() {
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
        let mut settings = platform::Settings::defaults().expect("the defaults").projections;
        settings.batch_events = 200;
        let mut size = BatchSize::new(&settings);
        assert_eq!([true, true, true].map(|behind| size.next(behind)), [128, 200, 200]);
        assert_eq!(size.next(false), 64);
        settings.batch_events = 10;
        assert_eq!(BatchSize::new(&settings).next(true), 10);
    }
}
