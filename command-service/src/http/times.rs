//! Dates and instants in request bodies. Errors state the expected format.

use chrono::{DateTime, NaiveDate, Timelike as _, Utc};
use domain::values::{PartialDate, PartialDateTime};
use serde::{Deserialize, Deserializer, de::Error as _};

/// Deserializes a date.
pub(super) fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    Ok(Date::deserialize(deserializer)?.0)
}

/// Deserializes a date, or the month or year of one.
pub(super) fn partial_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PartialDate, D::Error> {
    Ok(Partial::deserialize(deserializer)?.0)
}

/// Deserializes a date, or the month or year of one, that may be `null` or omitted.
pub(super) fn nullable_partial_date<'de, D>(deserializer: D) -> Result<Option<Option<PartialDate>>, D::Error>
where
    D: Deserializer<'de>,
{
    let date = Option::<Partial>::deserialize(deserializer)?;
    Ok(Some(date.map(|date| date.0)))
}

/// Deserializes an instant or a partial date that may be `null` or omitted.
pub(super) fn optional_partial_date_time<'de, D>(deserializer: D) -> Result<Option<PartialDateTime>, D::Error>
where
    D: Deserializer<'de>,
{
    let time = Option::<PartialTime>::deserialize(deserializer)?;
    Ok(time.map(|time| time.0))
}

/// Deserializes an instant.
pub(super) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    Ok(Instant::deserialize(deserializer)?.0)
}

/// Deserializes an instant that may be `null` or omitted.
pub(super) fn nullable_instant<'de, D>(deserializer: D) -> Result<Option<Option<DateTime<Utc>>>, D::Error>
where
    D: Deserializer<'de>,
{
    let instant = Option::<Instant>::deserialize(deserializer)?;
    Ok(Some(instant.map(|instant| instant.0)))
}

struct Date(NaiveDate);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = || D::Error::custom("must be a date, such as 1990-01-31");
        let text = text(deserializer).map_err(|_: D::Error| wanted())?;
        text.parse().map(Self).map_err(|_| wanted())
    }
}

struct Partial(PartialDate);

impl<'de> Deserialize<'de> for Partial {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = text(deserializer).map_err(|_: D::Error| D::Error::custom(PartialDate::FORMS))?;
        PartialDate::parse(&text).map(Self).map_err(D::Error::custom)
    }
}

struct PartialTime(PartialDateTime);

impl<'de> Deserialize<'de> for PartialTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = text(deserializer).map_err(|_: D::Error| D::Error::custom(PartialDateTime::FORMS))?;
        PartialDateTime::parse(&text).map(Self).map_err(D::Error::custom)
    }
}

struct Instant(DateTime<Utc>);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wanted = || D::Error::custom("must be a date and time in RFC 3339, such as 2027-01-11T15:00:00Z");
        let text = text(deserializer).map_err(|_: D::Error| wanted())?;
        let instant: DateTime<Utc> = text.parse().map_err(|_| wanted())?;
        if instant.nanosecond() >= 1_000_000_000 {
            return Err(D::Error::custom("must not be a leap second"));
        }
        Ok(Self(instant))
    }
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer)
}
