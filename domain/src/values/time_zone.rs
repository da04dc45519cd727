//! An IANA time zone.

use chrono::{DateTime, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::Invalid;

/// An IANA time zone, such as `America/New_York`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeZone(Tz);

impl TimeZone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// Reads the name of a zone.
    ///
    /// # Errors
    /// The IANA database has no zone of that name.
    pub fn parse(name: &str) -> Result<Self, Invalid> {
        name.parse()
            .map(Self)
            .map_err(|_| Invalid("must be an IANA time zone such as America/New_York"))
    }

    /// The zone's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The local time in this zone at an instant.
    #[must_use]
    pub fn local(self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&self.0).naive_local()
    }

    /// The instant of a local time in this zone. A time that occurs twice gives the earlier instant. A time that the
    /// clocks skip is read with the offset before the skip.
    #[must_use]
    pub fn instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        match self.0.from_local_datetime(&local).earliest() {
            Some(instant) => instant.to_utc(),
            None => {
                let before = self.0.offset_from_utc_datetime(&(local - TimeDelta::days(1))).fix();
                (local - before).and_utc()
            }
        }
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self::UTC
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_has_an_instant_even_when_clocks_change() {
        let instant = |zone: &str, local: &str| {
            let zone = TimeZone::parse(zone).expect("a zone");
            zone.instant(local.parse().expect("a local time")).to_rfc3339()
        };
        for (zone, local, expected) in [
            ("UTC", "2025-05-20T00:00:00", "2025-05-20T00:00:00+00:00"),
            ("America/New_York", "2025-05-20T00:00:00", "2025-05-20T04:00:00+00:00"),
            // 02:30 occurs twice in that night. The first one counts.
            ("Europe/Berlin", "2025-10-26T02:30:00", "2025-10-26T00:30:00+00:00"),
            // The clocks go from 02:00 to 03:00.
            ("Europe/Berlin", "2025-03-30T02:30:00", "2025-03-30T01:30:00+00:00"),
            // The day starts at 01:00.
            ("Africa/Cairo", "2025-04-25T00:00:00", "2025-04-24T22:00:00+00:00"),
        ] {
            assert_eq!(instant(zone, local), expected, "{local} in {zone}");
        }
    }
}
