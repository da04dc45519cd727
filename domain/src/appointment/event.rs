//! Events of an appointment.

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
    /// An event of an appointment.
    AppointmentEvent {
        /// The appointment was booked.
        Booked(Booked) = "appointment.booked", version 1;
        /// The appointment was moved to another time.
        Rescheduled(Rescheduled) = "appointment.rescheduled", version 1;
        /// The patient arrived.
        Arrived(Arrived) = "appointment.arrived", version 1;
        /// The practitioner saw the patient.
        Fulfilled(Fulfilled) = "appointment.fulfilled", version 1;
        /// The appointment was cancelled.
        Cancelled(Cancelled) = "appointment.cancelled", version 1;
        /// The patient did not come.
        Missed(Bare) = "appointment.missed", version 1;
        /// A fulfilment or no-show was undone.
        Reopened(Reopened) = "appointment.reopened", version 1;
        /// The notes changed.
        NotesChanged(NotesChanged) = "appointment.notes-changed", version 1;
        /// The record was marked as an error.
        EnteredInError(EnteredInError) = "appointment.entered-in-error", version 1;
    }
}

/// The body of `appointment.booked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Booked {
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// The period, in UTC.
    pub period: Period,
    /// The practitioner's time zone at the time of booking.
    pub time_zone: TimeZone,
    /// The planned start in the practitioner's local time. It preserves the intention if the zone's rules change before
    /// the appointment.
    pub local_start: NaiveDateTime,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
    /// The origin of the record.
    pub origin: Origin,
    /// The deliberate departure from the schedule, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overbooking: Option<Overbooked>,
}

codes! {
    /// How an appointment came into the log.
    Origin {
        /// Booked here in advance.
        Booked = "booked";
        /// Recorded afterwards by an import of history.
        History = "history";
    }
}

/// A deliberate departure from the schedule: the time was taken or lies outside the practitioner's hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overbooked {
    /// The reason.
    pub reason: Personal<Reason>,
}

impl From<&Overbooking> for Overbooked {
    fn from(overbooking: &Overbooking) -> Self {
        Self {
            reason: overbooking.reason().clone().into(),
        }
    }
}

/// The body of `appointment.rescheduled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rescheduled {
    /// The new period, in UTC.
    pub period: Period,
    /// The practitioner's time zone at the time of rescheduling.
    pub time_zone: TimeZone,
    /// The planned start in the practitioner's local time.
    pub local_start: NaiveDateTime,
    /// The deliberate departure from the schedule, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overbooking: Option<Overbooked>,
}

/// The body of `appointment.arrived`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Arrived {
    /// The time of arrival.
    pub arrived_at: DateTime<Utc>,
}

/// The body of `appointment.fulfilled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fulfilled {
    /// The end of the visit.
    pub fulfilled_at: DateTime<Utc>,
}

/// The body of `appointment.cancelled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancelled {
    /// The reason, as a code.
    pub reason_code: CancellationReason,
    /// The reason, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_text: Option<Reason>,
}

impl Cancelled {
    /// Whether it names a reason.
    pub(super) fn is_explained(&self) -> bool {
        self.reason_code != CancellationReason::Other || self.reason_text.is_some()
    }
}

/// The body of `appointment.reopened`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reopened {
    /// The status after reopening.
    pub status: AppointmentStatus,
}

/// The body of `appointment.notes-changed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotesChanged {
    /// The notes after the change; `None` if they were cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Notes>,
}

/// The body of `appointment.entered-in-error`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnteredInError {
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}
