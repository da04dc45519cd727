//! FHIR `dateTime`: a year, a month, a day or an instant.

use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::values::TimeZone;
use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Instant(DateTime<Utc>),
    /// From the first day up to, but not including, the second.
    Days(NaiveDate, NaiveDate),
}

impl Moment {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Some(Self::Instant(instant.to_utc()));
        }
        let (first, months) = match text.len() {
            4 => (format!("{text}-01-01").parse::<NaiveDate>().ok()?, 12),
            7 => (format!("{text}-01").parse::<NaiveDate>().ok()?, 1),
            10 => (text.parse::<NaiveDate>().ok()?, 0),
            _ => return None,
        };
        let next = match months {
            0 => first.checked_add_days(Days::new(1))?,
            months => first.checked_add_months(Months::new(months))?,
        };
        Some(Self::Days(first, next))
    }

    pub(super) const fn is_dates_only(&self) -> bool {
        matches!(self, Self::Days(..))
    }

    /// The first possible instant in a time zone.
    pub(super) fn start_in(&self, zone: TimeZone) -> DateTime<Utc> {
        match self {
            Self::Instant(instant) => *instant,
            Self::Days(first, _) => midnight(*first, zone),
        }
    }

    /// The end of the possible instants in a time zone.
    pub(super) fn end_in(&self, zone: TimeZone) -> DateTime<Utc> {
        match self {
            Self::Instant(instant) => *instant,
            Self::Days(_, next) => midnight(*next, zone),
        }
    }

    /// The first possible instant in any time zone.
    pub(super) fn earliest(&self) -> DateTime<Utc> {
        match self {
            Self::Instant(instant) => *instant,
            Self::Days(first, _) => first.and_time(NaiveTime::MIN).and_utc() - TimeDelta::hours(14),
        }
    }

    /// The last possible instant in any time zone.
    pub(super) fn latest(&self) -> DateTime<Utc> {
        match self {
            Self::Instant(instant) => *instant,
            Self::Days(_, next) => next.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(12),
        }
    }
}

fn midnight(date: NaiveDate, zone: TimeZone) -> DateTime<Utc> {
    zone.instant(date.and_time(NaiveTime::MIN))
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: serde::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        let text = String::deserialize(json)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no dateTime"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    #[test]
    fn a_moment_is_as_precise_as_it_was_written() {
        let zone = TimeZone::parse("America/New_York").expect("a zone");
        for (text, start, end) in [
            ("2025-03-04", "2025-03-04T05:00:00Z", "2025-03-05T05:00:00Z"),
            ("2025-03", "2025-03-01T05:00:00Z", "2025-04-01T04:00:00Z"),
            ("2025", "2025-01-01T05:00:00Z", "2026-01-01T05:00:00Z"),
            (
                "2025-03-03T10:00:00-05:00",
                "2025-03-03T15:00:00Z",
                "2025-03-03T15:00:00Z",
            ),
            (
                "2025-03-03T10:00:00.123Z",
                "2025-03-03T10:00:00.123Z",
                "2025-03-03T10:00:00.123Z",
            ),
        ] {
            let moment = Moment::parse(text).expect(text);
            assert_eq!(
                (moment.start_in(zone), moment.end_in(zone)),
                (instant(start), instant(end)),
                "{text}"
            );
        }
        for text in ["", "25", "2025-13", "2025-02-30", "yesterday", "2025-03-03T10:00"] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
