//! The practitioner, as the API shows them.

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
    /// Their name; `null` once it has been erased.
    #[schema(example = "Dr Ada Ruiz")]
    pub name: Option<String>,
    /// Their field of work.
    #[schema(example = "Cardiology")]
    pub specialty: Option<String>,
    /// The IANA time zone they see patients in.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Whether they see anybody new: not after they have been deactivated.
    pub active: bool,
    /// When they see patients, in the order of the days that it holds from. They can be booked at any time for as long
    /// as nothing has been said.
    pub availability: Vec<AvailabilityResource>,
    /// When they are away.
    pub time_off: Vec<TimeOffResource>,
    /// The version of the practitioner: how many events have shaped them.
    pub version: i64,
}

/// When a practitioner sees patients, from a day on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AvailabilityResource {
    /// How long a slot is, in minutes.
    #[schema(example = 30)]
    pub slot_minutes: u16,
    /// The first day that it holds on, in the practitioner's time zone.
    pub effective_from: NaiveDate,
    /// The rules; none says that nobody is seen.
    pub weekly: Vec<WeeklyRuleResource>,
}

/// On this day of each week, from this time up to but not including that one, on the clock on the practitioner's wall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeeklyRuleResource {
    /// The day: `monday` to `sunday`.
    #[schema(example = "monday")]
    pub day: String,
    /// When it begins.
    #[schema(example = "09:00")]
    pub from: String,
    /// When it ends: up to `24:00`.
    #[schema(example = "17:00")]
    pub to: String,
}

/// A span of time in which a practitioner is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeOffResource {
    /// The time off's id.
    pub id: Uuid,
    /// The first instant away.
    pub start_time: DateTime<Utc>,
    /// The first instant back.
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
    /// Shows what the domain knows of a practitioner; nothing before they are registered.
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
