//! The practitioner as an API resource.

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    practitioner::Practitioner,
    values::{TimeOff, WeeklyAvailability},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A practitioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PractitionerResource {
    /// The practitioner's id.
    pub id: Uuid,
    /// The name; `null` after an erasure.
    #[schema(example = "Dr Ada Ruiz")]
    pub name: Option<String>,
    /// The specialty.
    #[schema(example = "Cardiology")]
    pub specialty: Option<String>,
    /// The IANA time zone in which the practitioner sees patients.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// Whether the practitioner accepts new bookings. It is `false` after a deactivation.
    pub active: bool,
    /// The weekly availabilities, ordered by their first day. Before the first one, the practitioner can be booked at
    /// any time.
    pub availability: Vec<AvailabilityResource>,
    /// The times off.
    pub time_off: Vec<TimeOffResource>,
    /// The version of the practitioner: the number of its events.
    pub version: i64,
}

/// A weekly availability from a date on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AvailabilityResource {
    /// The length of a slot in minutes.
    #[schema(example = 30)]
    pub slot_minutes: u16,
    /// The first day of the availability, in the practitioner's time zone.
    pub effective_from: NaiveDate,
    /// The weekly rules. If the list is empty, the practitioner sees no patients.
    pub weekly: Vec<WeeklyRuleResource>,
    /// Whether appointments can start between slots. They cannot, if it is not given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub off_grid: bool,
}

/// A weekly time span on one day, in the practitioner's local time. The end is exclusive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklyRuleResource {
    /// The day: `monday` to `sunday`.
    #[schema(example = "monday")]
    pub day: String,
    /// The start, in local time.
    #[schema(example = "09:00")]
    pub from: String,
    /// The end, exclusive, in local time, up to `24:00`.
    #[schema(example = "17:00")]
    pub to: String,
}

/// A span of time in which a practitioner is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeOffResource {
    /// The time off's id.
    pub id: Uuid,
    /// The start.
    pub start_time: DateTime<Utc>,
    /// The end, exclusive.
    pub end_time: DateTime<Utc>,
}

impl From<&WeeklyAvailability> for AvailabilityResource {
    fn from(availability: &WeeklyAvailability) -> Self {
        let rules = availability.weekly().iter().map(|rule| WeeklyRuleResource {
            day: rule.day().code().to_owned(),
            from: rule.from().to_string(),
            to: rule.to().to_string(),
        });
        Self {
            slot_minutes: availability.slot_minutes(),
            effective_from: availability.effective_from(),
            weekly: rules.collect(),
            off_grid: availability.off_grid(),
        }
    }
}

impl From<&TimeOff> for TimeOffResource {
    fn from(time_off: &TimeOff) -> Self {
        Self {
            id: time_off.id(),
            start_time: time_off.start(),
            end_time: time_off.end(),
        }
    }
}

impl PractitionerResource {
    /// Creates the resource from the practitioner's state: `None` before registration.
    #[must_use]
    pub fn of(id: Uuid, version: u64, practitioner: &Practitioner) -> Option<Self> {
        let details = practitioner.details()?;
        Some(Self {
            id,
            name: details.name.known().map(|name| name.as_str().to_owned()),
            specialty: details
                .specialty
                .as_ref()
                .map(|specialty| specialty.as_str().to_owned()),
            time_zone: details.time_zone.name().to_owned(),
            email: details.email.as_ref().map(|email| email.as_str().to_owned()),
            active: !practitioner.is_deactivated(),
            availability: practitioner.availability().iter().map(Into::into).collect(),
            time_off: practitioner.time_off().iter().map(Into::into).collect(),
            version: i64::try_from(version).unwrap_or(i64::MAX),
        })
    }
}

#[cfg(feature = "rows")]
impl From<read_models::practitioner::PractitionerRow> for PractitionerResource {
    fn from(row: read_models::practitioner::PractitionerRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            specialty: row.specialty,
            time_zone: row.time_zone,
            email: row.email,
            active: row.active,
            availability: row.availability.into_iter().map(Into::into).collect(),
            time_off: row.time_off.into_iter().map(Into::into).collect(),
            version: row.version,
        }
    }
}

#[cfg(feature = "rows")]
impl From<read_models::practitioner::AvailabilityValue> for AvailabilityResource {
    fn from(row: read_models::practitioner::AvailabilityValue) -> Self {
        let rules = row.weekly.into_iter().map(|rule| WeeklyRuleResource {
            day: rule.day,
            from: rule.from,
            to: rule.to,
        });
        Self {
            slot_minutes: row.slot_minutes,
            effective_from: row.effective_from,
            weekly: rules.collect(),
            off_grid: row.off_grid,
        }
    }
}

#[cfg(feature = "rows")]
impl From<read_models::practitioner::TimeOffValue> for TimeOffResource {
    fn from(row: read_models::practitioner::TimeOffValue) -> Self {
        Self {
            id: row.id,
            start_time: row.start_time,
            end_time: row.end_time,
        }
    }
}
