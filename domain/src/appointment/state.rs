//! The appointment's state, and the proof it gives to other aggregates.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AppointmentRefusal, Booked, Cancelled};
use crate::values::{Period, Reason, codes::codes};

codes! {
    /// An appointment's status (FHIR `Appointment.status`).
    AppointmentStatus {
        /// The appointment is agreed.
        Booked = "booked";
        /// The patient has arrived.
        Arrived = "arrived";
        /// The practitioner has seen the patient.
        Fulfilled = "fulfilled";
        /// The appointment was cancelled.
        Cancelled = "cancelled";
        /// The patient did not come.
        NoShow = "noshow";
        /// The record is an error.
        EnteredInError = "entered-in-error";
    }
}

impl AppointmentStatus {
    /// Whether an appointment with this status occupies its time.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Booked | Self::Arrived | Self::Fulfilled)
    }
}

/// An appointment's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Appointment {
    pub(super) booked: Option<Booked>,
    pub(super) status: Option<AppointmentStatus>,
    pub(super) arrived_at: Option<DateTime<Utc>>,
    pub(super) fulfilled_at: Option<DateTime<Utc>>,
    pub(super) cancelled: Option<Cancelled>,
    /// The reason why the record is an error, if one was given.
    pub(super) in_error_for: Option<Reason>,
}

/// Proof that an appointment can carry a prescription. Only [`Appointment::prescribable`] creates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrescribableAppointment {
    id: Uuid,
    patient_id: Uuid,
}

impl PrescribableAppointment {
    /// The appointment's id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// The appointment's patient.
    #[must_use]
    pub const fn patient_id(&self) -> Uuid {
        self.patient_id
    }
}

impl Appointment {
    /// The booking with all later changes: `None` before the booking.
    #[must_use]
    pub const fn booked(&self) -> Option<&Booked> {
        self.booked.as_ref()
    }

    /// The status: `None` before the booking.
    #[must_use]
    pub const fn status(&self) -> Option<AppointmentStatus> {
        self.status
    }

    /// The time of arrival, if the patient has arrived.
    #[must_use]
    pub const fn arrived_at(&self) -> Option<DateTime<Utc>> {
        self.arrived_at
    }

    /// The end of the visit, if the appointment was fulfilled.
    #[must_use]
    pub const fn fulfilled_at(&self) -> Option<DateTime<Utc>> {
        self.fulfilled_at
    }

    /// The reason for the cancellation, if the appointment was cancelled.
    #[must_use]
    pub const fn cancelled(&self) -> Option<&Cancelled> {
        self.cancelled.as_ref()
    }

    /// The time the appointment occupies for patient and practitioner: `None` if it is not live.
    #[must_use]
    pub fn held(&self) -> Option<Period> {
        let live = self.status.is_some_and(AppointmentStatus::is_live);
        self.booked.as_ref().filter(|_| live).map(|booked| booked.period)
    }

    /// Checks that the appointment can carry a prescription. The caller passes the id, which the state does not hold.
    ///
    /// # Errors
    /// The appointment does not exist or is not live.
    pub fn prescribable(&self, id: Uuid) -> Result<PrescribableAppointment, AppointmentRefusal> {
        match (&self.booked, self.status) {
            (Some(booked), Some(status)) if status.is_live() => Ok(PrescribableAppointment {
                id,
                patient_id: booked.patient_id,
            }),
            (_, Some(status)) => Err(AppointmentRefusal::InStatus(status)),
            (_, None) => Err(AppointmentRefusal::Unknown),
        }
    }
}
