//! What can have happened to a practitioner.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Bare,
    aggregate::events,
    values::{Email, Name, Personal, Specialty, TimeOff, TimeZone, WeeklyAvailability},
};

events! {
    /// What can have happened to a practitioner.
    PractitionerEvent {
        /// A person became a practitioner.
        Registered(PractitionerDetails) = "practitioner.registered", version 1;
        /// What is known of them changed: the whole as it stands now.
        DetailsChanged(PractitionerDetails) = "practitioner.details-changed", version 1;
        /// They said when they see patients, from a day on.
        AvailabilitySet(WeeklyAvailability) = "practitioner.availability-set", version 1;
        /// They said when they are away.
        TimeOffAdded(TimeOff) = "practitioner.time-off-added", version 1;
        /// They are not away then after all.
        TimeOffRemoved(TimeOffRemoved) = "practitioner.time-off-removed", version 1;
        /// They see nobody new any more.
        Deactivated(Bare) = "practitioner.deactivated", version 1;
    }
}

/// What is known of a practitioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PractitionerDetails {
    /// Their name.
    pub name: Personal<Name>,
    /// Their field of work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialty: Option<Specialty>,
    /// The time zone they see patients in.
    pub time_zone: TimeZone,
    /// Their e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}

/// The content of `practitioner.time-off-removed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimeOffRemoved {
    /// The time off's id.
    pub time_off_id: Uuid,
}
