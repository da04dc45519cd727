//! What can have happened to an appointment.

use chrono::{DateTime, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AppointmentStatus;
use crate::{
    Bare,
    aggregate::events,
    privilege::Overbooking,
    values::{CancellationReason, Notes, Period, Personal, Reason, TimeZone, codes::codes},
};

events! {
    /// What can have happened to an appointment.
    AppointmentEvent {
        /// It was booked.
        Booked(Booked) = "appointment.booked", version 1;
        /// It was moved to another time.
        Rescheduled(Rescheduled) = "appointment.rescheduled", version 1;
        /// The patient arrived.
        Arrived(Arrived) = "appointment.arrived", version 1;
        /// The patient was seen.
        Fulfilled(Fulfilled) = "appointment.fulfilled", version 1;
        /// It was cancelled.
        Cancelled(Cancelled) = "appointment.cancelled", version 1;
        /// The patient did not come.
        Missed(Bare) = "appointment.missed", version 1;
        /// That it was fulfilled or missed was undone.
        Reopened(Reopened) = "appointment.reopened", version 1;
        /// The free text changed.
        NotesChanged(NotesChanged) = "appointment.notes-changed", version 1;
        /// It should never have been recorded.
        EnteredInError(EnteredInError) = "appointment.entered-in-error", version 1;
    }
}

/// The content of `appointment.booked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Booked {
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// When, as instants.
    pub period: Period,
    /// The practitioner's time zone at the time of booking.
    pub time_zone: TimeZone,
    /// What the clock on the practitioner's wall is meant to show at the start. It keeps the intention when a zone's
    /// rules change between booking and appointment.
    pub local_start: NaiveDateTime,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
    /// How it came about.
    pub origin: Origin,
    /// The departure from the schedule, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overbooking: Option<Overbooked>,
}

codes! {
    /// How an appointment came to be in the log.
    Origin {
        /// It was booked here, ahead of time.
        Booked = "booked";
        /// It was recorded after it had taken place, by an import of history.
        History = "history";
    }
}

/// That an appointment departs from the schedule deliberately: the time was taken, or lies outside the practitioner's
/// hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overbooked {
    /// Why.
    pub reason: Personal<Reason>,
}

impl From<&Overbooking> for Overbooked {
    fn from(overbooking: &Overbooking) -> Self {
        Self {
            reason: overbooking.reason().clone().into(),
        }
    }
}

/// The content of `appointment.rescheduled`: its new time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rescheduled {
    /// When, as instants.
    pub period: Period,
    /// The practitioner's time zone at the time of rescheduling.
    pub time_zone: TimeZone,
    /// What the clock on the practitioner's wall is meant to show at the start.
    pub local_start: NaiveDateTime,
    /// The departure from the schedule, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overbooking: Option<Overbooked>,
}

/// The content of `appointment.arrived`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Arrived {
    /// When the patient was there.
    pub arrived_at: DateTime<Utc>,
}

/// The content of `appointment.fulfilled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fulfilled {
    /// When it ended.
    pub fulfilled_at: DateTime<Utc>,
}

/// The content of `appointment.cancelled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancelled {
    /// Why, as a code.
    pub reason_code: CancellationReason,
    /// Why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_text: Option<Reason>,
}

/// The content of `appointment.reopened`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopened {
    /// Where it stands again.
    pub status: AppointmentStatus,
}

/// The content of `appointment.notes-changed`: the notes as they stand now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotesChanged {
    /// Free text, if there is any left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
}

/// The content of `appointment.entered-in-error`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnteredInError {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}
