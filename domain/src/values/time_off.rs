//! When a practitioner is away.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Invalid, Period};

/// A span of time in which a practitioner is away, half open: they are back at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeOff {
    time_off_id: Uuid,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl TimeOff {
    /// The longest it can be.
    pub const LONGEST: TimeDelta = TimeDelta::days(366);

    /// Checks a span.
    ///
    /// # Errors
    /// It does not end after it begins, is longer than a year, or reaches beyond the years of [`Period::instant`].
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

    /// The id it is removed by.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.time_off_id
    }

    /// The first instant away.
    #[must_use]
    pub const fn start(&self) -> DateTime<Utc> {
        self.start
    }

    /// The first instant back.
    #[must_use]
    pub const fn end(&self) -> DateTime<Utc> {
        self.end
    }

    /// Whether it shares an instant with a period.
    #[must_use]
    pub fn overlaps(&self, period: &Period) -> bool {
        self.start < period.end() && period.start() < self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_after_it_begins_and_within_a_year() {
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
