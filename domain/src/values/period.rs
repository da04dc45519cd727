//! A half-open span of time (FHIR `Period`): the end is the first instant outside it.

use chrono::{DateTime, Datelike as _, DurationRound as _, SubsecRound as _, TimeDelta, Timelike as _, Utc};
use serde::{Deserialize, Serialize};

use super::Invalid;

/// A span of time from `start` up to but not including `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl Period {
    /// The shortest duration of an appointment.
    pub const SHORTEST: TimeDelta = TimeDelta::minutes(5);
    /// The longest duration of an appointment.
    pub const LONGEST: TimeDelta = TimeDelta::hours(12);

    /// The longest duration of a past visit. It bounds how far back a lookup of booked time reaches.
    pub const LONGEST_PAST: TimeDelta = TimeDelta::days(31);

    /// Checks an instant and truncates it to microseconds. The years 1900 to 9999 fit into every calendar and database
    /// in use.
    ///
    /// # Errors
    /// The instant is outside these years, or is a leap second. Databases and calendars cannot tell a leap second from
    /// the next second.
    pub fn instant(instant: DateTime<Utc>) -> Result<DateTime<Utc>, Invalid> {
        if !(1900..=9999).contains(&instant.year()) {
            return Err(Invalid("must be within the years 1900 to 9999"));
        }
        if instant.nanosecond() >= 1_000_000_000 {
            return Err(Invalid("must not be a leap second"));
        }
        Ok(instant.trunc_subsecs(6))
    }

    /// Checks the period of an appointment: 5 minutes to 12 hours.
    ///
    /// # Errors
    /// The period ends before it starts, is too short or too long, or exceeds the years of [`Period::instant`].
    pub fn parse(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, Invalid> {
        let (start, end) = (Self::instant(start)?, Self::instant(end)?);
        if end <= start {
            return Err(Invalid("must be after the start time"));
        }
        let length = end - start;
        if length < Self::SHORTEST {
            return Err(Invalid("must be at least 5 minutes after the start time"));
        }
        if length > Self::LONGEST {
            return Err(Invalid("must be at most 12 hours after the start time"));
        }
        Ok(Self { start, end })
    }

    /// Checks the period of a past visit: at most 31 days. The limits of appointments do not apply.
    ///
    /// # Errors
    /// The period ends before it starts, is too long, or exceeds the years of [`Period::instant`].
    pub fn past(start: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, Invalid> {
        let (start, end) = (Self::instant(start)?, Self::instant(end)?);
        if end <= start {
            return Err(Invalid("must be after the start time"));
        }
        if end - start > Self::LONGEST_PAST {
            return Err(Invalid("must be at most 31 days after the start time"));
        }
        Ok(Self { start, end })
    }

    /// Restores a recorded period without checking it again.
    #[must_use]
    pub const fn recorded(start: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        Self { start, end }
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

    /// Whether two periods share an instant. Adjacent periods do not.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The first instants of all minutes that the period touches: at most 720, or 721 if it starts within a minute.
    ///
    /// Clock changes and agreed hours fall on whole minutes. The state at the start of a minute therefore holds for all
    /// of it.
    pub fn minutes(&self) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let minute = TimeDelta::minutes(1);
        let (first, end) = (self.start.duration_trunc(minute).unwrap_or(self.start), self.end);
        std::iter::successors(Some(first), move |before| before.checked_add_signed(minute))
            .take_while(move |minute| *minute < end)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::values::TimeOff;

    fn period(start: &str, end: &str) -> Result<Period, Invalid> {
        Period::parse(start.parse().expect("an instant"), end.parse().expect("an instant"))
    }

    #[test]
    fn accepts_5_minutes_to_12_hours() {
        let length = |end: &str| period("2027-01-11T08:00:00Z", end);
        assert!(length("2027-01-11T08:05:00Z").is_ok());
        assert!(length("2027-01-11T20:00:00Z").is_ok());
        assert_eq!(
            length("2027-01-11T08:00:00Z"),
            Err(Invalid("must be after the start time"))
        );
        assert_eq!(
            length("2027-01-11T08:04:59Z"),
            Err(Invalid("must be at least 5 minutes after the start time"))
        );
        assert_eq!(
            length("2027-01-11T20:00:01Z"),
            Err(Invalid("must be at most 12 hours after the start time"))
        );
    }

    #[test]
    fn accepts_a_past_visit_of_up_to_31_days() {
        let past = |end: &str| {
            let instant = |text: &str| text.parse().expect("an instant");
            Period::past(instant("2025-01-11T08:00:00Z"), instant(end))
        };
        assert!(past("2025-01-11T08:00:01Z").is_ok());
        assert!(past("2025-02-11T08:00:00Z").is_ok());
        assert_eq!(
            past("2025-01-11T08:00:00Z"),
            Err(Invalid("must be after the start time"))
        );
        assert_eq!(
            past("2025-02-11T08:00:01Z"),
            Err(Invalid("must be at most 31 days after the start time"))
        );
    }

    #[test]
    fn refuses_instants_outside_the_years_1900_to_9999() {
        let refused = Err(Invalid("must be within the years 1900 to 9999"));
        assert_eq!(period("+10000-01-11T15:00:00Z", "+10000-01-11T15:30:00Z"), refused);
        assert_eq!(period("-0044-03-15T12:00:00Z", "-0044-03-15T12:30:00Z"), refused);
    }

    #[test]
    fn a_leap_second_is_refused_in_every_period() {
        let instant = |text: &str| text.parse().expect("an instant");
        let (leap, later) = (instant("2016-12-31T23:59:60Z"), instant("2017-01-01T00:30:00Z"));
        let parsed = [
            Period::parse(leap, later).err(),
            Period::past(leap, later).err(),
            TimeOff::parse(Uuid::nil(), leap, later).err(),
        ];
        for refused in parsed {
            assert_eq!(refused, Some(Invalid("must not be a leap second")));
        }
        assert!(Period::parse(instant("2016-12-31T23:59:59.999Z"), later).is_ok());
    }

    #[test]
    fn a_period_touches_each_of_its_minutes() {
        let minutes = |start, end| period(start, end).expect("a period").minutes().count();
        assert_eq!(minutes("2027-01-11T08:00:00Z", "2027-01-11T08:05:00Z"), 5);
        assert_eq!(minutes("2027-01-11T08:00:30Z", "2027-01-11T08:05:30Z"), 6);
        assert_eq!(minutes("2027-01-11T08:00:00Z", "2027-01-11T20:00:00Z"), 720);
    }

    #[test]
    fn adjacent_periods_do_not_overlap() {
        let a = period("2027-01-11T08:00:00Z", "2027-01-11T08:30:00Z").expect("a period");
        let b = period("2027-01-11T08:30:00Z", "2027-01-11T09:00:00Z").expect("a period");
        let c = period("2027-01-11T08:29:00Z", "2027-01-11T08:59:00Z").expect("a period");
        assert!(!a.overlaps(&b));
        assert!(a.overlaps(&c) && c.overlaps(&a) && c.overlaps(&b));
    }
}
