//! The offset of another clock from the clock of this machine.

use chrono::{DateTime, TimeDelta, Utc};
use platform::Clock;

/// The first answer is often slow, because it prepares a connection or a statement.
const TRIES: usize = 3;

/// The offset of another clock from the clock of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClockOffset {
    /// Positive if the other clock is ahead.
    pub(super) offset_ms: i64,
    /// The part that may be network delay.
    pub(super) uncertainty_ms: i64,
}

impl ClockOffset {
    /// Reads the other clock between two reads of the local one, several times, and keeps the fastest answer.
    pub(super) async fn measure(
        clock: &Clock,
        ask: impl AsyncFn() -> Result<DateTime<Utc>, String>,
    ) -> Result<Self, String> {
        let mut best: Option<Self> = None;
        for _ in 0..TRIES {
            let before = clock.now();
            let other = ask().await?;
            let found = Self::between(before, other, clock.now());
            best = Some(best.map_or(found, |best| {
                if found.uncertainty_ms < best.uncertainty_ms {
                    found
                } else {
                    best
                }
            }));
        }
        best.ok_or_else(|| "the clock was not read".to_owned())
    }

    fn between(before: DateTime<Utc>, other: DateTime<Utc>, after: DateTime<Utc>) -> Self {
        let half: TimeDelta = (after - before) / 2;
        Self {
            offset_ms: (other - before - half).num_milliseconds(),
            uncertainty_ms: half.num_milliseconds(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_800_000_000_000 + milliseconds).expect("an instant")
    }

    #[test]
    fn an_offset_is_measured_from_the_middle() {
        let offset = ClockOffset::between(at(0), at(150), at(100));
        let expected = ClockOffset {
            offset_ms: 100,
            uncertainty_ms: 50,
        };
        assert_eq!(offset, expected);
    }
}
