//! A time with the precision of an instant, a day, a month or a year.

use std::fmt;

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Timelike as _, Utc};
use serde::{Deserialize, Serialize};

use super::{Invalid, PartialDate, text_form::text_form};

/// A time with the precision of an instant, a day, a month or a year (FHIR `dateTime`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum PartialDateTime {
    /// An instant.
    Instant(DateTime<Utc>),
    /// A local date.
    Date(PartialDate),
}

impl PartialDateTime {
    /// The error that states the accepted formats.
    pub const FORMS: Invalid = Invalid(
        "must be a date and time in RFC 3339, such as 2027-01-11T15:00:00Z, or a date, such as 1990-01-31, 1990-01 or 1990",
    );

    /// Parses a time such as `1968-05-12T10:00:00+02:00`, `1968-05-12`, `1968-05` or `1968`.
    ///
    /// # Errors
    /// The text has another format, the date does not exist, or the time is a leap second.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let Ok(instant) = DateTime::parse_from_rfc3339(text) else {
            return PartialDate::parse(text).map(Self::Date).map_err(|_| Self::FORMS);
        };
        if instant.nanosecond() >= 1_000_000_000 {
            return Err(Invalid("must not be a leap second"));
        }
        Ok(Self::Instant(instant.to_utc()))
    }

    /// The latest possible day in any time zone.
    #[must_use]
    pub fn latest_day(self) -> NaiveDate {
        match self {
            Self::Instant(instant) => (instant + TimeDelta::hours(14)).date_naive(),
            Self::Date(date) => date.latest(),
        }
    }
}

impl fmt::Display for PartialDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant(instant) => f.write_str(&instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Date(date) => date.fmt(f),
        }
    }
}

text_form!(PartialDateTime);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_its_precision() {
        for (told, kept) in [
            ("1968", "1968"),
            ("1968-05", "1968-05"),
            ("1968-05-12", "1968-05-12"),
            ("1968-05-12T10:00:00Z", "1968-05-12T10:00:00Z"),
            ("1968-05-12T10:00:00.250+02:00", "1968-05-12T08:00:00.250Z"),
        ] {
            assert_eq!(PartialDateTime::parse(told).expect("a time").to_string(), kept);
        }
        for bad in [
            "",
            "yesterday",
            "1968-13",
            "1968-05-12T10:00:00",
            "1968-05-12T25:00:00Z",
        ] {
            assert_eq!(PartialDateTime::parse(bad), Err(PartialDateTime::FORMS), "{bad}");
        }
        let leap = PartialDateTime::parse("2016-12-31T23:59:60Z");
        assert_eq!(leap, Err(Invalid("must not be a leap second")));
    }

    #[test]
    fn the_latest_day_is_the_one_in_any_time_zone() {
        for (text, latest) in [
            ("1968-05-12T10:00:00Z", "1968-05-13"),
            ("1968-05-12T09:59:59Z", "1968-05-12"),
            ("1968-05-12", "1968-05-12"),
            ("1968", "1968-12-31"),
        ] {
            let time = PartialDateTime::parse(text).expect("a time");
            assert_eq!(time.latest_day().to_string(), latest, "{text}");
        }
    }
}
