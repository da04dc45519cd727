//! A date of birth.

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Invalid;

/// The calendar day of a person's birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DateOfBirth(NaiveDate);

impl DateOfBirth {
    /// The maximum age of a patient, in years.
    pub const MAX_AGE_YEARS: u32 = 130;

    /// Checks a date of birth against the current time. "Today" is the latest date in any time zone. A server in UTC
    /// can thus register a child born this morning in Auckland.
    ///
    /// # Errors
    /// The date is in the future or more than 130 years ago.
    pub fn parse(date: NaiveDate, now: DateTime<Utc>) -> Result<Self, Invalid> {
        let today = (now + TimeDelta::hours(14)).date_naive();
        if date > today {
            return Err(Invalid("must not be in the future"));
        }
        let oldest = today
            .checked_sub_months(Months::new(Self::MAX_AGE_YEARS * 12))
            .unwrap_or(NaiveDate::MIN);
        if date < oldest {
            return Err(Invalid("must not be more than 130 years ago"));
        }
        Ok(Self(date))
    }

    /// The date.
    #[must_use]
    pub const fn date(self) -> NaiveDate {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(date: &str, now: &str) -> Result<DateOfBirth, Invalid> {
        DateOfBirth::parse(date.parse().expect("a date"), now.parse().expect("an instant"))
    }

    #[test]
    fn accepts_dates_from_130_years_ago_to_today() {
        let now = "2026-03-01T09:00:00Z";
        assert!(parse("2026-03-01", now).is_ok());
        assert_eq!(parse("2026-03-02", now), Err(Invalid("must not be in the future")));
        assert!(parse("1896-03-01", now).is_ok());
        assert_eq!(
            parse("1896-02-29", now),
            Err(Invalid("must not be more than 130 years ago"))
        );
    }

    #[test]
    fn today_is_the_latest_date_in_any_time_zone() {
        assert!(parse("2026-03-02", "2026-03-01T10:00:00Z").is_ok());
    }
}
