//! Instants in list parameters: with an offset, or as a local date or date-time.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Timelike as _, Utc};
use domain::values::TimeZone;
use http_edge::{Problem, problem::types::INVALID_REQUEST};

/// Parses the `timeZone` parameter. UTC by default.
///
/// # Errors
/// The time zone does not exist.
pub(crate) fn zone(time_zone: Option<&str>) -> Result<TimeZone, Problem> {
    let zone = time_zone.map(TimeZone::parse).transpose();
    let zone = zone.map_err(|invalid| Problem::new(&INVALID_REQUEST).parameter("timeZone", invalid.0))?;
    Ok(zone.unwrap_or_default())
}

/// Parses an RFC 3339 instant, or a date or local date-time in a zone. A date stands for its first instant.
///
/// # Errors
/// The text has another form, or its year is outside the range of the read models.
pub(crate) fn instant(parameter: &str, text: &str, zone: TimeZone) -> Result<DateTime<Utc>, Problem> {
    let refuse = |message| Problem::new(&INVALID_REQUEST).parameter(parameter, message);
    let instant = with_offset(text).or_else(|| Some(zone.instant(local(text)?)));
    let instant = instant
        .ok_or_else(|| refuse("must be an RFC 3339 instant, a date, or a date-time such as 2025-05-20T00:00:00"))?;
    if instant.nanosecond() >= 1_000_000_000 {
        return Err(refuse("must not be a leap second"));
    }
    match instant.year() {
        1900..=9999 => Ok(instant),
        _ => Err(refuse("must be within the years 1900 to 9999")),
    }
}

fn with_offset(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

fn local(text: &str) -> Option<NaiveDateTime> {
    let date = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let midnight = date(text).map(|date| date.and_time(NaiveTime::MIN));
    // Chrono accepts a year with any number of digits.
    let is_of_four_digits = text.find('-') == Some(4);
    midnight.or_else(|| text.parse().ok()).filter(|_| is_of_four_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_told_with_an_offset_or_by_a_clock_on_the_wall() {
        let new_york = zone(Some("America/New_York")).expect("a zone");
        let read = |text, zone| instant("from", text, zone).map(|instant| instant.to_rfc3339()).ok();
        for (text, utc, in_new_york) in [
            ("2025-05-20", "2025-05-20T00:00:00+00:00", "2025-05-20T04:00:00+00:00"),
            (
                "2025-05-20T08:30:00",
                "2025-05-20T08:30:00+00:00",
                "2025-05-20T12:30:00+00:00",
            ),
            (
                "2025-05-20T08:30:00Z",
                "2025-05-20T08:30:00+00:00",
                "2025-05-20T08:30:00+00:00",
            ),
            (
                "2025-05-20T08:30:00+02:00",
                "2025-05-20T06:30:00+00:00",
                "2025-05-20T06:30:00+00:00",
            ),
        ] {
            assert_eq!(read(text, TimeZone::default()).as_deref(), Some(utc), "{text}");
            assert_eq!(read(text, new_york).as_deref(), Some(in_new_york), "{text}");
        }
        for text in [
            "",
            "today",
            "2025-13-01",
            "20-05-2025",
            "1899-12-31",
            "12025-05-20",
            "2025-05-20T25:00:00",
            "2025-06-30T23:59:60Z",
            "2025-06-30T23:59:60",
        ] {
            assert_eq!(read(text, TimeZone::default()), None, "{text}");
        }
        assert!(zone(Some("Mars/Olympus")).is_err());
    }
}
