//! A practitioner's weekly availability, in local time.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Timelike as _};
use serde::{Deserialize, Deserializer, Serialize};

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

/// A weekly time span on one day, from `from` up to but not including `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyRule {
    day: Weekday,
    from: WallTime,
    to: WallTime,
}

impl WeeklyRule {
    /// Checks a rule. A span across midnight needs two rules: one up to `24:00` and one from `00:00`.
    ///
    /// # Errors
    /// The rule does not end after it begins.
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

/// A practitioner's weekly availability from a date on, in the practitioner's local time.
///
/// An instant is available if its local time falls within a rule of its local day. This also settles changes of the
/// clock. The hour that is skipped in spring does not exist: a rule from 01:00 to 04:00 lasts two hours, and one from
/// 02:00 to 03:00 is empty. The hour that repeats in autumn is available twice: a rule from 01:00 to 02:00 lasts two
/// hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WeeklyAvailability {
    slot_minutes: u16,
    effective_from: NaiveDate,
    weekly: Vec<WeeklyRule>,
    #[serde(default, deserialize_with = "flag", skip_serializing_if = "std::ops::Not::not")]
    off_grid: bool,
}

/// Reads `null` as a flag that is not given.
fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl WeeklyAvailability {
    /// The limit of rules.
    pub const MOST_RULES: usize = 50;

    /// Checks the length of a slot in minutes.
    ///
    /// # Errors
    /// The length is not a permitted length of an appointment.
    pub fn slot_length(minutes: u16) -> Result<u16, Invalid> {
        let slot = chrono::TimeDelta::minutes(minutes.into());
        if !(Period::SHORTEST..=Period::LONGEST).contains(&slot) {
            return Err(Invalid("must be 5 to 720 minutes"));
        }
        Ok(minutes)
    }

    /// Checks the first day of an availability.
    ///
    /// # Errors
    /// The date is outside the years 1900 to 9999.
    pub fn first_day(date: NaiveDate) -> Result<NaiveDate, Invalid> {
        if !(1900..=9999).contains(&date.year()) {
            return Err(Invalid("must be within the years 1900 to 9999"));
        }
        Ok(date)
    }

    /// Checks an availability. Without rules, the practitioner sees no patients.
    ///
    /// # Errors
    /// The slot length is not a permitted length of an appointment, two rules overlap, there are more than 50 rules, or
    /// the date is outside the years 1900 to 9999.
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
            off_grid: false,
        })
    }

    /// The same availability that allows appointments to start between slots, or does not.
    #[must_use]
    pub fn with_off_grid(self, off_grid: bool) -> Self {
        Self { off_grid, ..self }
    }

    /// Whether appointments can start between slots.
    #[must_use]
    pub const fn off_grid(&self) -> bool {
        self.off_grid
    }

    /// The length of a slot in minutes.
    #[must_use]
    pub const fn slot_minutes(&self) -> u16 {
        self.slot_minutes
    }

    /// The first day of the availability, in the practitioner's time zone.
    #[must_use]
    pub const fn effective_from(&self) -> NaiveDate {
        self.effective_from
    }

    /// The rules in the order given.
    #[must_use]
    pub fn weekly(&self) -> &[WeeklyRule] {
        &self.weekly
    }

    /// Whether a rule covers this local time.
    #[must_use]
    pub fn is_open(&self, local: NaiveDateTime) -> bool {
        let (day, time) = (Weekday::of(local.date()), WallTime::at(local));
        self.weekly
            .iter()
            .any(|rule| rule.day == day && rule.from <= time && time < rule.to)
    }

    /// Whether an appointment can start at this local time: at the start of a slot, unless it can start between slots. Slots
    /// follow each other from the start of each rule.
    #[must_use]
    pub fn is_start(&self, local: NaiveDateTime) -> bool {
        let (day, time) = (Weekday::of(local.date()), WallTime::at(local));
        let is_whole_minute = local.second() == 0 && local.nanosecond() == 0;
        let starts_slot = |rule: &WeeklyRule| {
            let minutes = time.minutes_since(rule.from);
            rule.day == day && rule.from <= time && time < rule.to && minutes % u32::from(self.slot_minutes) == 0
        };
        self.off_grid || is_whole_minute && self.weekly.iter().any(starts_slot)
    }
}

impl WeeklyRule {
    /// The day of the week.
    #[must_use]
    pub const fn day(&self) -> Weekday {
        self.day
    }

    /// The start, in local time.
    #[must_use]
    pub const fn from(&self) -> WallTime {
        self.from
    }

    /// The end, in local time.
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
    fn refuses_overlapping_and_empty_rules() {
        let from = "2027-01-01".parse().expect("a date");
        let parse = |slot, rules: Vec<WeeklyRule>| WeeklyAvailability::parse(slot, from, rules);
        let morning = rule(Weekday::Monday, "09:00", "12:00");
        assert!(parse(30, vec![morning, rule(Weekday::Monday, "12:00", "17:00")]).is_ok());
        assert!(parse(30, vec![morning, rule(Weekday::Tuesday, "11:00", "13:00")]).is_ok());
        assert_eq!(
            parse(30, vec![morning, rule(Weekday::Monday, "11:59", "13:00")]),
            Err(Invalid("must not have rules that overlap"))
        );
        assert!(parse(30, vec![]).is_ok(), "no rules");
        assert!(parse(4, vec![]).is_err() && parse(721, vec![]).is_err());
        let noon = WallTime::parse("12:00").expect("a time");
        assert_eq!(
            WeeklyRule::parse(Weekday::Monday, noon, noon),
            Err(Invalid("must end after it begins"))
        );
    }

    #[test]
    fn local_time_decides() {
        // On Monday, 11 January 2027, New York is five hours behind UTC.
        let monday = [
            rule(Weekday::Monday, "09:00", "12:00"),
            rule(Weekday::Monday, "12:00", "17:00"),
        ];
        assert!(open_on(&monday, "2027-01-11T14:00:00Z", "2027-01-11T14:30:00Z"));
        assert!(
            open_on(&monday, "2027-01-11T16:45:00Z", "2027-01-11T17:15:00Z"),
            "across two adjacent rules"
        );
        assert!(!open_on(&monday, "2027-01-11T13:59:00Z", "2027-01-11T14:29:00Z"));
        assert!(open_on(&monday, "2027-01-11T21:30:00Z", "2027-01-11T22:00:00Z"));
        assert!(!open_on(&monday, "2027-01-11T21:31:00Z", "2027-01-11T22:01:00Z"));
        assert!(
            !open_on(&monday, "2027-01-12T14:00:00Z", "2027-01-12T14:30:00Z"),
            "a Tuesday"
        );
        // In summer, the same local time is another instant.
        assert!(open_on(&monday, "2027-07-12T13:00:00Z", "2027-07-12T13:30:00Z"));
        assert!(!open_on(&monday, "2027-07-12T21:00:00Z", "2027-07-12T21:30:00Z"));
    }

    #[test]
    fn an_appointment_starts_with_a_slot_unless_it_can_start_between_slots() {
        let from = "2027-01-01".parse().expect("a date");
        let rules = [
            rule(Weekday::Monday, "09:00", "12:00"),
            rule(Weekday::Monday, "13:10", "17:00"),
        ];
        let availability = WeeklyAvailability::parse(30, from, rules.to_vec()).expect("an availability");
        let is_start = |availability: &WeeklyAvailability, time: &str| {
            availability.is_start(format!("2027-01-11T{time}").parse().expect("a local time"))
        };
        for start in ["09:00:00", "09:30:00", "11:30:00", "13:10:00", "13:40:00"] {
            assert!(is_start(&availability, start), "{start}");
        }
        let between = ["09:07:00", "09:00:01", "09:00:00.5", "13:30:00", "16:45:00"];
        for start in between.into_iter().chain(["08:30:00", "12:00:00"]) {
            assert!(!is_start(&availability, start), "{start}");
        }
        let off_grid = availability.with_off_grid(true);
        assert!(between.into_iter().all(|start| is_start(&off_grid, start)));
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
    fn a_skipped_hour_is_never_available() {
        // New York moves its clocks from 02:00 to 03:00 on Sunday, 14 March 2027, at 07:00Z.
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
    fn a_repeated_hour_is_available_twice() {
        // New York moves its clocks from 02:00 back to 01:00 on Sunday, 7 November 2027, at 06:00Z.
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
            "not across the gap between the two"
        );
    }
}
