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

    /// Reads a zone's name.
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

    /// What a clock on the wall in this zone shows at that instant.
    #[must_use]
    pub fn local(self, instant: DateTime<Utc>) -> NaiveDateTime {
        instant.with_timezone(&self.0).naive_local()
    }

    /// When a clock on the wall in this zone shows that. Of two instants it is the earlier one; a time that the clocks skip is
    /// as long after the skip began as it is after that time on the clock.
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
    fn a_local_time_is_an_instant_even_where_clocks_change() {
        let instant = |zone: &str, local: &str| {
            let zone = TimeZone::parse(zone).expect("a zone");
            zone.instant(local.parse().expect("a local time")).to_rfc3339()
        };
        for (zone, local, expected) in [
            ("UTC", "2025-05-20T00:00:00", "2025-05-20T00:00:00+00:00"),
            ("America/New_York", "2025-05-20T00:00:00", "2025-05-20T04:00:00+00:00"),
            // Both 2:30s of that night: the first.
            ("Europe/Berlin", "2025-10-26T02:30:00", "2025-10-26T00:30:00+00:00"),
            // The clocks go from 2:00 to 3:00.
            ("Europe/Berlin", "2025-03-30T02:30:00", "2025-03-30T01:30:00+00:00"),
            // The day begins at 1:00.
            ("Africa/Cairo", "2025-04-25T00:00:00", "2025-04-24T22:00:00+00:00"),
        ] {
            assert_eq!(instant(zone, local), expected, "{local} in {zone}");
        }
    }
}
