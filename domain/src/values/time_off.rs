//! A practitioner's time off.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Invalid, Period};

/// A half-open span of time in which a practitioner is away: the practitioner is back at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeOff {
    time_off_id: Uuid,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl TimeOff {
    /// The longest duration.
    pub const LONGEST: TimeDelta = TimeDelta::days(366);

    /// Checks a time off.
    ///
    /// # Errors
    /// It ends before it starts, is longer than 366 days, or exceeds the years of [`Period::instant`].
    pub fn parse(time_off_id: Uuid, start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, Invalid> {
        let (start, end) = (Period::instant(start)?, Period::instant(end)?);
        if end <= start {
            return Err(Invalid("must be after the start"));
        }
        if end - start > Self::LONGEST {
            return Err(Invalid("must be at most 366 days after the start"));
        }
        Ok(Self {
            time_off_id,
            start,
            end,
        })
    }

    /// The id of the time off.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.time_off_id
    }

    /// The start.
    #[must_use]
    pub const fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// The end, exclusive.
    #[must_use]
    pub const fn end(&self) -> DateTime<Utc> {
        self.end
    }

    /// Whether the time off shares an instant with a period.
    #[must_use]
    pub fn overlaps(&self, period: &Period) -> bool {
        self.start < period.end() && period.start() < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_up_to_366_days() {
        let parse = |end: &str| {
            let start = "2027-01-01T00:00:00Z".parse().expect("an instant");
            TimeOff::parse(Uuid::nil(), start, end.parse().expect("an instant"))
        };
        assert!(parse("2027-01-01T00:00:01Z").is_ok());
        assert!(parse("2028-01-02T00:00:00Z").is_ok());
        assert_eq!(parse("2027-01-01T00:00:00Z"), Err(Invalid("must be after the start")));
        assert_eq!(
            parse("2028-01-02T00:00:01Z"),
            Err(Invalid("must be at most 366 days after the start"))
        );
    }
}
