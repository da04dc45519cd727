//! The only place that reads the machine's clock and its random numbers. All other code receives times and new ids as
//! values, so that rules can be tested and replayed.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use uuid::Uuid;

/// A source of the current time. Clones share the same source, so a test that moves a fixed clock moves it
/// everywhere.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Fixed(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still at `now` until [`Clock::set`] or [`Clock::advance`] moves it.
    pub fn fixed(now: DateTime<Utc>) -> Self {
        Self(Source::Fixed(Arc::new(Mutex::new(now))))
    }

    /// The current time in microseconds. Postgres would drop finer digits, and a stored value must equal the one that
    /// was written.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            Source::System => system_now().trunc_subsecs(6),
            Source::Fixed(at) => *at.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Sets a fixed clock to `now`. The machine's clock cannot be set.
    pub fn set(&self, now: DateTime<Utc>) {
        if let Source::Fixed(at) = &self.0 {
            *at.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }

    /// Moves a fixed clock by `step`. The machine's clock stays as it is.
    pub fn advance(&self, step: TimeDelta) {
        self.set(self.now() + step);
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the place the ban points to: the clock enters here"
)]
fn system_now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// A new id: UUID version 7, so that later ids sort later and index pages fill in order.
#[allow(
    clippy::disallowed_methods,
    reason = "this is the place the ban points to: new ids are made here"
)]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_fixed_clock_move_together() {
        let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let clock = Clock::fixed(start);
        let other = clock.clone();
        clock.advance(TimeDelta::minutes(5));
        assert_eq!(other.now(), start + TimeDelta::minutes(5));
    }

    #[test]
    fn the_system_clock_has_microseconds_and_cannot_be_set() {
        let clock = Clock::system();
        clock.set(DateTime::from_timestamp(0, 0).unwrap());
        let now = clock.now();
        assert!(now.timestamp() > 1_700_000_000);
        assert_eq!(now.timestamp_subsec_nanos() % 1_000, 0);
    }

    #[test]
    fn ids_are_version_7_and_sort_in_the_order_they_were_made() {
        let (first, second) = (new_id(), new_id());
        assert_eq!(first.get_version_num(), 7);
        assert!(first < second);
    }
}
