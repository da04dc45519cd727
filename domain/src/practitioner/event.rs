//! Events of a practitioner.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Bare,
    aggregate::events,
    values::{Email, Name, Personal, Specialty, TimeOff, TimeZone, WeeklyAvailability},
};

events! {
    /// An event of a practitioner.
    PractitionerEvent {
        /// The practitioner was registered.
        Registered(PractitionerDetails) = "practitioner.registered", version 1;
        /// The details changed. The body holds all of them, as they are after the change.
        DetailsChanged(PractitionerDetails) = "practitioner.details-changed", version 1;
        /// The weekly availability was set from a date on.
        AvailabilitySet(WeeklyAvailability) = "practitioner.availability-set", version 1;
        /// A time off was added.
        TimeOffAdded(TimeOff) = "practitioner.time-off-added", version 1;
        /// A time off was removed.
        TimeOffRemoved(TimeOffRemoved) = "practitioner.time-off-removed", version 1;
        /// The practitioner was deactivated for good.
        Deactivated(Bare) = "practitioner.deactivated", version 1;
    }
}

/// A practitioner's details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PractitionerDetails {
    /// The name.
    pub name: Personal<Name>,
    /// The specialty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialty: Option<Specialty>,
    /// The time zone in which the practitioner sees patients.
    pub time_zone: TimeZone,
    /// The e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}

/// The body of `practitioner.time-off-removed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeOffRemoved {
    /// The time off's id.
    pub time_off_id: Uuid,
}
