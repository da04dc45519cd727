//! A date of birth.

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{Invalid, PartialDate};

/// The calendar day of a person's birth, as precisely as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DateOfBirth(PartialDate);

impl DateOfBirth {
    /// The maximum age of a patient, in years.
    pub const MAX_AGE_YEARS: u32 = 130;

    /// Checks a date of birth against the current time. "Today" is the latest date in any time zone. A server in UTC
    /// can thus register a child born this morning in Auckland. A month or a year is refused only if all of its days are
    /// impossible.
    ///
    /// # Errors
    /// The date is in the future or more than 130 years ago.
    pub fn parse(date: PartialDate, now: DateTime<Utc>) -> Result<Self, Invalid> {
        let today = (now + TimeDelta::hours(14)).date_naive();
        if date.earliest() > today {
            return Err(Invalid("must not be in the future"));
        }
        let oldest = today
            .checked_sub_months(Months::new(Self::MAX_AGE_YEARS * 12))
            .unwrap_or(NaiveDate::MIN);
        if date.latest() < oldest {
            return Err(Invalid("must not be more than 130 years ago"));
        }
        Ok(Self(date))
    }

    /// The date.
    #[must_use]
    pub const fn date(self) -> PartialDate {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUTURE: Invalid = Invalid("must not be in the future");
    const TOO_OLD: Invalid = Invalid("must not be more than 130 years ago");

    fn parse(date: &str, now: &str) -> Result<DateOfBirth, Invalid> {
        DateOfBirth::parse(
            PartialDate::parse(date).expect("a date"),
            now.parse().expect("an instant"),
        )
    }

    #[test]
    fn accepts_dates_from_130_years_ago_to_today() {
        let now = "2026-03-01T09:00:00Z";
        assert!(parse("2026-03-01", now).is_ok());
        assert_eq!(parse("2026-03-02", now), Err(FUTURE));
        assert!(parse("1896-03-01", now).is_ok());
        assert_eq!(parse("1896-02-29", now), Err(TOO_OLD));
    }

    #[test]
    fn refuses_a_month_or_year_only_if_all_its_days_are_impossible() {
        let now = "2026-03-01T09:00:00Z";
        for possible in ["2026", "2026-03", "1896", "1896-03"] {
            assert!(parse(possible, now).is_ok(), "{possible}");
        }
        assert_eq!(parse("2026-04", now), Err(FUTURE));
        assert_eq!(parse("2027", now), Err(FUTURE));
        assert_eq!(parse("1896-02", now), Err(TOO_OLD));
        assert_eq!(parse("1895", now), Err(TOO_OLD));
    }

    #[test]
    fn today_is_the_latest_date_in_any_time_zone() {
        assert!(parse("2026-03-02", "2026-03-01T10:00:00Z").is_ok());
        assert!(parse("2027", "2026-12-31T10:00:00Z").is_ok());
    }
}
