//! When a practitioner sees patients: weekly rules on the clock on their wall.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::{Invalid, Period, WallTime, codes::codes};

codes! {
    /// A day of the week.
    Weekday {
        /// Monday.
        Monday = "monday";
        /// Tuesday.
        Tuesday = "tuesday";
        /// Wednesday.
        Wednesday = "wednesday";
        /// Thursday.
        Thursday = "thursday";
        /// Friday.
        Friday = "friday";
        /// Saturday.
        Saturday = "saturday";
        /// Sunday.
        Sunday = "sunday";
    }
}

impl Weekday {
    /// The day of the week of a date.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        match date.weekday() {
            chrono::Weekday::Mon => Self::Monday,
            chrono::Weekday::Tue => Self::Tuesday,
            chrono::Weekday::Wed => Self::Wednesday,
            chrono::Weekday::Thu => Self::Thursday,
            chrono::Weekday::Fri => Self::Friday,
            chrono::Weekday::Sat => Self::Saturday,
            chrono::Weekday::Sun => Self::Sunday,
        }
    }
}

/// On this day of each week, from this time up to but not including that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyRule {
    day: Weekday,
    from: WallTime,
    to: WallTime,
}

impl WeeklyRule {
    /// Checks a rule. One that goes on past midnight is two: up to `24:00`, and from `00:00`.
    ///
    /// # Errors
    /// It does not end after it begins.
    pub fn parse(day: Weekday, from: WallTime, to: WallTime) -> Result<Self, Invalid> {
        if to <= from {
            return Err(Invalid("must end after it begins"));
        }
        Ok(Self { day, from, to })
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.day == other.day && self.from < other.to && other.from < self.to
    }
}

/// When a practitioner sees patients, from a date on: weekly rules on the clock on their wall, in their time zone.
///
/// An instant is available if that clock then shows a time within a rule of that day. This settles the two nights of a
/// year on which clocks are changed. Where they go forward, the hour that no clock shows is no time at all: a rule from
/// 01:00 to 04:00 lasts two hours, and one from 02:00 to 03:00 none. Where they go back, the hour that is shown twice
/// is available twice: a rule from 01:00 to 02:00 lasts two hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WeeklyAvailability {
    slot_minutes: u16,
    effective_from: NaiveDate,
    weekly: Vec<WeeklyRule>,
}

impl WeeklyAvailability {
    /// The most rules there can be.
    pub const MOST_RULES: usize = 50;

    /// Checks how long a slot is, in minutes.
    ///
    /// # Errors
    /// No appointment can have that length.
    pub fn slot_length(minutes: u16) -> Result<u16, Invalid> {
        let slot = chrono::TimeDelta::minutes(minutes.into());
        if !(Period::SHORTEST..=Period::LONGEST).contains(&slot) {
            return Err(Invalid("must be 5 to 720 minutes"));
        }
        Ok(minutes)
    }

    /// Checks the first day that an availability holds on.
    ///
    /// # Errors
    /// It is none to reckon with.
    pub fn first_day(date: NaiveDate) -> Result<NaiveDate, Invalid> {
        if !(1900..=9999).contains(&date.year()) {
            return Err(Invalid("must be within the years 1900 to 9999"));
        }
        Ok(date)
    }

    /// Checks an availability. One without rules says that nobody is seen.
    ///
    /// # Errors
    /// A slot is no length that an appointment can have, two rules overlap, there are more than 50, or the date is none
    /// to reckon with.
    pub fn parse(slot_minutes: u16, effective_from: NaiveDate, weekly: Vec<WeeklyRule>) -> Result<Self, Invalid> {
        let slot_minutes = Self::slot_length(slot_minutes)?;
        let effective_from = Self::first_day(effective_from)?;
        if weekly.len() > Self::MOST_RULES {
            return Err(Invalid("must have at most 50 rules"));
        }
        let pairs = weekly.iter().enumerate();
        if pairs
            .flat_map(|(index, rule)| weekly.iter().skip(index + 1).map(move |other| (rule, other)))
            .any(|(rule, other)| rule.overlaps(other))
        {
            return Err(Invalid("must not have rules that overlap"));
        }
        Ok(Self {
            slot_minutes,
            effective_from,
            weekly,
        })
    }

    /// How long a slot is.
    #[must_use]
    pub const fn slot_minutes(&self) -> u16 {
        self.slot_minutes
    }

    /// The first day that it holds on, in the practitioner's time zone.
    #[must_use]
    pub const fn effective_from(&self) -> NaiveDate {
        self.effective_from
    }

    /// The rules, in the order they were given.
    #[must_use]
    pub fn weekly(&self) -> &[WeeklyRule] {
        &self.weekly
    }

    /// Whether patients are seen when the clock on the wall shows this.
    #[must_use]
    pub fn is_open(&self, local: NaiveDateTime) -> bool {
        let (day, time) = (Weekday::of(local.date()), WallTime::at(local));
        self.weekly
            .iter()
            .any(|rule| rule.day == day && rule.from <= time && time < rule.to)
    }
}

impl WeeklyRule {
    /// The day of the week.
    #[must_use]
    pub const fn day(&self) -> Weekday {
        self.day
    }

    /// When it begins.
    #[must_use]
    pub const fn from(&self) -> WallTime {
        self.from
    }

    /// When it ends.
    #[must_use]
    pub const fn to(&self) -> WallTime {
        self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::TimeZone;

    fn rule(day: Weekday, from: &str, to: &str) -> WeeklyRule {
        let time = |text| WallTime::parse(text).expect("a time");
        WeeklyRule::parse(day, time(from), time(to)).expect("a rule")
    }

    fn open_on(rules: &[WeeklyRule], start: &str, end: &str) -> bool {
        let from = "2027-01-01".parse().expect("a date");
        let availability = WeeklyAvailability::parse(30, from, rules.to_vec()).expect("an availability");
        let instant = |text: &str| text.parse().expect("an instant");
        let new_york = TimeZone::parse("America/New_York").expect("a zone");
        let period = Period::parse(instant(start), instant(end)).expect("a period");
        period
            .minutes()
            .all(|minute| availability.is_open(new_york.local(minute)))
    }

    #[test]
    fn rules_do_not_overlap_and_end_after_they_begin() {
        let from = "2027-01-01".parse().expect("a date");
        let parse = |slot, rules: Vec<WeeklyRule>| WeeklyAvailability::parse(slot, from, rules);
        let morning = rule(Weekday::Monday, "09:00", "12:00");
        assert!(parse(30, vec![morning, rule(Weekday::Monday, "12:00", "17:00")]).is_ok());
        assert!(parse(30, vec![morning, rule(Weekday::Tuesday, "11:00", "13:00")]).is_ok());
        assert_eq!(
            parse(30, vec![morning, rule(Weekday::Monday, "11:59", "13:00")]),
            Err(Invalid("must not have rules that overlap"))
        );
        assert!(parse(30, vec![]).is_ok(), "nobody is seen");
        assert!(parse(4, vec![]).is_err() && parse(721, vec![]).is_err());
        let noon = WallTime::parse("12:00").expect("a time");
        assert_eq!(
            WeeklyRule::parse(Weekday::Monday, noon, noon),
            Err(Invalid("must end after it begins"))
        );
    }

    #[test]
    fn the_clock_on_the_wall_decides() {
        // Monday the 11th of January 2027, when New York is five hours behind UTC.
        let monday = [
            rule(Weekday::Monday, "09:00", "12:00"),
            rule(Weekday::Monday, "12:00", "17:00"),
        ];
        assert!(open_on(&monday, "2027-01-11T14:00:00Z", "2027-01-11T14:30:00Z"));
        assert!(
            open_on(&monday, "2027-01-11T16:45:00Z", "2027-01-11T17:15:00Z"),
            "across two rules that touch"
        );
        assert!(!open_on(&monday, "2027-01-11T13:59:00Z", "2027-01-11T14:29:00Z"));
        assert!(open_on(&monday, "2027-01-11T21:30:00Z", "2027-01-11T22:00:00Z"));
        assert!(!open_on(&monday, "2027-01-11T21:31:00Z", "2027-01-11T22:01:00Z"));
        assert!(
            !open_on(&monday, "2027-01-12T14:00:00Z", "2027-01-12T14:30:00Z"),
            "a Tuesday"
        );
        // The same wall time is another instant in summer.
        assert!(open_on(&monday, "2027-07-12T13:00:00Z", "2027-07-12T13:30:00Z"));
        assert!(!open_on(&monday, "2027-07-12T21:00:00Z", "2027-07-12T21:30:00Z"));
    }

    #[test]
    fn a_night_shift_is_two_rules() {
        let night = [
            rule(Weekday::Monday, "22:00", "24:00"),
            rule(Weekday::Tuesday, "00:00", "06:00"),
        ];
        assert!(open_on(&night, "2027-01-12T04:30:00Z", "2027-01-12T05:30:00Z"));
        assert!(!open_on(&night, "2027-01-12T10:30:00Z", "2027-01-12T11:30:00Z"));
    }

    #[test]
    fn the_hour_that_no_clock_shows_is_no_time_at_all() {
        // On Sunday the 14th of March 2027 at 07:00Z the clocks of New York go from 02:00 to 03:00.
        let early = [rule(Weekday::Sunday, "01:00", "04:00")];
        assert!(
            open_on(&early, "2027-03-14T06:00:00Z", "2027-03-14T08:00:00Z"),
            "01:00 to 04:00, two hours"
        );
        assert!(!open_on(&early, "2027-03-14T07:30:00Z", "2027-03-14T08:30:00Z"));
        let skipped = [rule(Weekday::Sunday, "02:00", "03:00")];
        assert!(
            !open_on(&skipped, "2027-03-14T06:55:00Z", "2027-03-14T07:00:00Z"),
            "01:55 to 02:00"
        );
        assert!(
            !open_on(&skipped, "2027-03-14T07:00:00Z", "2027-03-14T07:05:00Z"),
            "03:00 to 03:05"
        );
    }

    #[test]
    fn the_hour_that_is_shown_twice_is_available_twice() {
        // On Sunday the 7th of November 2027 at 06:00Z the clocks of New York go from 02:00 back to 01:00.
        let hour = [rule(Weekday::Sunday, "01:00", "02:00")];
        assert!(
            open_on(&hour, "2027-11-07T05:00:00Z", "2027-11-07T07:00:00Z"),
            "01:00 to 02:00, two hours"
        );
        assert!(!open_on(&hour, "2027-11-07T06:30:00Z", "2027-11-07T07:05:00Z"));
        let half = [rule(Weekday::Sunday, "01:15", "01:45")];
        assert!(open_on(&half, "2027-11-07T05:15:00Z", "2027-11-07T05:45:00Z"));
        assert!(open_on(&half, "2027-11-07T06:15:00Z", "2027-11-07T06:45:00Z"));
        assert!(
            !open_on(&half, "2027-11-07T05:15:00Z", "2027-11-07T06:45:00Z"),
            "not from one to the other"
        );
    }
}
