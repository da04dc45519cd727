//! A time of death.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{DateOfBirth, Invalid, PartialDateTime};

/// The time of a death, as precisely as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeOfDeath(PartialDateTime);

impl TimeOfDeath {
    /// Checks a time of death against the current time. A date is refused only if all of its days are in the future in all
    /// time zones.
    ///
    /// # Errors
    /// The time is in the future.
    pub fn parse(time: PartialDateTime, now: DateTime<Utc>) -> Result<Self, Invalid> {
        let is_ahead = match time {
            PartialDateTime::Instant(instant) => instant > now,
            PartialDateTime::Date(date) => date.earliest() > (now + TimeDelta::hours(14)).date_naive(),
        };
        if is_ahead {
            return Err(Invalid("must not be in the future"));
        }
        Ok(Self(time))
    }

    /// The time.
    #[must_use]
    pub const fn time(self) -> PartialDateTime {
        self.0
    }

    /// Whether the death is certainly before a birth.
    #[must_use]
    pub fn is_before(self, birth: DateOfBirth) -> bool {
        self.0.latest_day() < birth.date().earliest()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::PartialDate;

    const NOW: &str = "2026-03-01T09:00:00Z";

    fn parse(time: &str) -> Result<TimeOfDeath, Invalid> {
        let time = PartialDateTime::parse(time).expect("a time");
        TimeOfDeath::parse(time, NOW.parse().expect("an instant"))
    }

    #[test]
    fn refuses_only_times_that_are_certainly_in_the_future() {
        for possible in ["2026", "2026-03", "2026-03-01", "2026-03-01T09:00:00Z", "1850"] {
            assert!(parse(possible).is_ok(), "{possible}");
        }
        for ahead in ["2027", "2026-04", "2026-03-02", "2026-03-01T09:00:01Z"] {
            assert_eq!(parse(ahead), Err(Invalid("must not be in the future")), "{ahead}");
        }
    }

    #[test]
    fn is_before_a_birth_only_if_all_possible_days_are() {
        for (died, born, is_before) in [
            ("1968", "1968-05-12", false),
            ("1968-04", "1968-05-12", true),
            ("1968-05-12", "1968-05", false),
            ("1967-12-31", "1968", true),
            ("1968-05-11T12:00:00Z", "1968-05-12", false),
            ("1968-05-11T08:00:00Z", "1968-05-12", true),
        ] {
            let born = PartialDate::parse(born).expect("a date");
            let born = DateOfBirth::parse(born, NOW.parse().expect("an instant")).expect("a date of birth");
            let died = parse(died).expect("a time of death");
            assert_eq!(died.is_before(born), is_before, "{died:?}");
        }
    }
}
