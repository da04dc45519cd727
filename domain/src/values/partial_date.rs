//! A date with the precision of a day, a month or a year.

use std::fmt;

use chrono::{Datelike as _, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Invalid, text_form::text_form};

/// A date with the precision of a day, a month or a year (FHIR `date`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PartialDate {
    earliest: NaiveDate,
    precision: Precision,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Precision {
    Day,
    Month,
    Year,
}

impl PartialDate {
    /// The error that states the accepted formats.
    pub const FORMS: Invalid =
        Invalid("must be a date, such as 1990-01-31, or its month or year alone, such as 1990-01 or 1990");

    /// Parses a date such as `1968-05-12`, `1968-05` or `1968`.
    ///
    /// # Errors
    /// The text has another format, or the date does not exist.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let parts: Vec<&str> = text.splitn(3, '-').collect();
        let (precision, [year, month, day]) = match parts.as_slice() {
            [year] => (Precision::Year, [*year, "01", "01"]),
            [year, month] => (Precision::Month, [*year, *month, "01"]),
            [year, month, day] => (Precision::Day, [*year, *month, *day]),
            _ => return Err(Self::FORMS),
        };
        let number = |digits: &str, length| {
            let is_plain = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|_| is_plain).ok_or(Self::FORMS)
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        let earliest = NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).ok_or(Self::FORMS)?;
        Ok(Self { earliest, precision })
    }

    /// Returns the date with this earliest and latest day. `None` if they are not a day, a whole month or a whole year.
    #[must_use]
    pub fn spanning(earliest: NaiveDate, latest: NaiveDate) -> Option<Self> {
        let precision = match (earliest.ordinal(), earliest.day()) {
            _ if earliest == latest => Precision::Day,
            (1, _) if latest.month() == 12 => Precision::Year,
            (_, 1) => Precision::Month,
            _ => return None,
        };
        Some(Self { earliest, precision }).filter(|date| date.latest() == latest)
    }

    /// The earliest possible day.
    #[must_use]
    pub const fn earliest(self) -> NaiveDate {
        self.earliest
    }

    /// The latest possible day.
    #[must_use]
    pub fn latest(self) -> NaiveDate {
        let months = match self.precision {
            Precision::Day => return self.earliest,
            Precision::Month => Months::new(1),
            Precision::Year => Months::new(12),
        };
        let next = self.earliest.checked_add_months(months);
        next.and_then(|next| next.pred_opt()).unwrap_or(NaiveDate::MAX)
    }
}

impl From<NaiveDate> for PartialDate {
    fn from(day: NaiveDate) -> Self {
        Self {
            earliest: day,
            precision: Precision::Day,
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.precision {
            Precision::Day => "%Y-%m-%d",
            Precision::Month => "%Y-%m",
            Precision::Year => "%Y",
        };
        write!(f, "{}", self.earliest.format(form))
    }
}

text_form!(PartialDate);

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn keeps_its_precision_and_knows_its_possible_days() {
        for (text, earliest, latest) in [
            ("1968-05-12", "1968-05-12", "1968-05-12"),
            ("1968-05", "1968-05-01", "1968-05-31"),
            ("1968-02", "1968-02-01", "1968-02-29"),
            ("1969-02", "1969-02-01", "1969-02-28"),
            ("1968-12", "1968-12-01", "1968-12-31"),
            ("1968", "1968-01-01", "1968-12-31"),
            ("1968-01-01", "1968-01-01", "1968-01-01"),
            ("0001", "0001-01-01", "0001-12-31"),
            ("9999-12", "9999-12-01", "9999-12-31"),
        ] {
            let date = PartialDate::parse(text).expect("a date");
            assert_eq!(date.to_string(), text);
            assert_eq!((date.earliest(), date.latest()), (day(earliest), day(latest)), "{text}");
            assert_eq!(PartialDate::spanning(day(earliest), day(latest)), Some(date), "{text}");
        }
    }

    #[test]
    fn refuses_other_texts_and_states_the_formats() {
        for bad in [
            "",
            "68",
            "1968-",
            "1968-5",
            "1968-13",
            "1968-00",
            "1968-02-30",
            "1969-02-29",
            "1968-05-12-01",
            "1968-05-12T00:00:00Z",
            "12.05.1968",
            "+1968",
            "19680",
            "-1968",
            "1968-05-1 ",
            " 1968",
            "19६8",
        ] {
            assert_eq!(PartialDate::parse(bad), Err(PartialDate::FORMS), "{bad}");
        }
    }

    #[test]
    fn a_span_must_be_a_day_or_a_whole_month_or_year() {
        for (earliest, latest) in [
            ("1968-05-01", "1968-05-30"),
            ("1968-05-02", "1968-05-31"),
            ("1968-01-01", "1969-12-31"),
            ("1968-05-01", "1969-05-31"),
            ("1968-05-12", "1968-05-11"),
        ] {
            assert_eq!(PartialDate::spanning(day(earliest), day(latest)), None, "{earliest}");
        }
    }
}
