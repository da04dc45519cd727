//! Whether the clocks agree: this machine's, NATS' and Postgres'. Rules about the present, and the order in which people
//! read events, hang on them.

use chrono::{DateTime, TimeDelta, Utc};
use platform::Clock;

use super::{facts::Facts, finding::Finding};

const CHECK: &str = "clocks";
/// From how far apart clocks are worth a look, and are wrong.
const NOTICEABLE_MS: i64 = 500;
const WRONG_MS: i64 = 10_000;
/// The first answer is often late: a connection or a statement has to be made ready for it.
const TRIES: usize = 3;
const ADVICE: &str = "Let all machines set their clocks by the same source (NTP).";

/// How far another clock is from this machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ClockOffset {
    /// How much it is ahead; behind, if negative.
    offset_ms: i64,
    /// How much of that may be the way there and back.
    uncertainty_ms: i64,
}

impl ClockOffset {
    /// Asks another clock between two looks at this machine's, a few times, and keeps what was answered fastest.
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
        best.ok_or_else(|| "it was not asked".to_owned())
    }

    fn between(before: DateTime<Utc>, other: DateTime<Utc>, after: DateTime<Utc>) -> Self {
        let half: TimeDelta = (after - before) / 2;
        Self {
            offset_ms: (other - before - half).num_milliseconds(),
            uncertainty_ms: half.num_milliseconds(),
        }
    }
}

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    facts.clocks.iter().map(|(item, offset)| judge(item, offset)).collect()
}

fn judge(item: &str, offset: &Result<ClockOffset, String>) -> Finding {
    let ClockOffset {
        offset_ms,
        uncertainty_ms,
    } = match offset {
        Ok(offset) => *offset,
        Err(reason) => {
            let found = format!("unknown: {reason}");
            return Finding::warn(CHECK, item, found, "Compare the clocks of the machines by hand.");
        }
    };
    let found = format!("{offset_ms} ms from this machine's, give or take {uncertainty_ms} ms");
    let certain_ms = offset_ms.saturating_abs() - uncertainty_ms;
    if certain_ms >= WRONG_MS {
        Finding::fail(CHECK, item, found, ADVICE)
    } else if certain_ms >= NOTICEABLE_MS {
        Finding::warn(CHECK, item, found, ADVICE)
    } else {
        Finding::ok(CHECK, item, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Status;

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

    #[test]
    fn clocks_drift_apart_in_two_steps_and_a_slow_answer_proves_nothing() {
        let status = |offset_ms, uncertainty_ms| {
            let offset = ClockOffset {
                offset_ms,
                uncertainty_ms,
            };
            judge("nats", &Ok(offset)).status
        };
        assert_eq!(status(-499, 0), Status::Ok);
        assert_eq!(status(-500, 0), Status::Warn);
        assert_eq!(status(700, 300), Status::Ok);
        assert_eq!(status(11_000, 1_000), Status::Fail);
        assert_eq!(judge("nats", &Err("not allowed".to_owned())).status, Status::Warn);
    }
}
