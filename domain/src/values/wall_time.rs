//! A local time of day.

use std::fmt;

use chrono::{NaiveDateTime, Timelike as _};
use serde::{Deserialize, Serialize};

use super::{Invalid, text_form::text_form};

/// A local time of day to the minute, from `00:00` to `24:00`, which is the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct WallTime {
    minute_of_day: u32,
}

impl WallTime {
    /// Reads a time such as `09:00`.
    ///
    /// # Errors
    /// The text has another form, or is not a time of day.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        const REFUSED: Invalid = Invalid("must be a time of day as HH:MM, such as 09:00, from 00:00 to 24:00");
        let number = |digits: &str| {
            let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u32>().ok().filter(|_| two).ok_or(REFUSED)
        };
        let (hours, minutes) = text.split_once(':').ok_or(REFUSED)?;
        let (hours, minutes) = (number(hours)?, number(minutes)?);
        let minute_of_day = hours * 60 + minutes;
        if minutes > 59 || minute_of_day > 24 * 60 {
            return Err(REFUSED);
        }
        Ok(Self { minute_of_day })
    }

    /// The time of day of a local time, without its seconds.
    #[must_use]
    pub fn at(local: NaiveDateTime) -> Self {
        Self {
            minute_of_day: local.hour() * 60 + local.minute(),
        }
    }

    /// The minutes from an earlier time of day.
    #[must_use]
    pub const fn minutes_since(self, earlier: Self) -> u32 {
        self.minute_of_day.saturating_sub(earlier.minute_of_day)
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.minute_of_day / 60, self.minute_of_day % 60)
    }
}

text_form!(WallTime);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_midnight_to_midnight() {
        for good in ["00:00", "09:05", "23:59", "24:00"] {
            assert_eq!(WallTime::parse(good).expect("a time").to_string(), good);
        }
        for bad in [
            "", "9:00", "09:60", "24:01", "25:00", "0900", "09:00:00", "+9:00", "09:-1",
        ] {
            assert!(WallTime::parse(bad).is_err(), "{bad}");
        }
        let time = |text| WallTime::parse(text).expect("a time");
        assert!(time("09:00") < time("17:00"));
        assert_eq!(
            WallTime::at("2027-01-11T09:05:59".parse().expect("a local time")),
            time("09:05")
        );
    }
}
