//! An appointment's state, and what it can prove to others.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{AppointmentRefusal, Booked, Cancelled};
use crate::values::{Period, codes::codes};

codes! {
    /// Where an appointment stands (FHIR `Appointment.status`).
    AppointmentStatus {
        /// It is agreed.
        Booked = "booked";
        /// The patient is there.
        Arrived = "arrived";
        /// The patient was seen.
        Fulfilled = "fulfilled";
        /// It will not take place.
        Cancelled = "cancelled";
        /// The patient did not come.
        NoShow = "noshow";
        /// It should never have been recorded.
        EnteredInError = "entered-in-error";
    }
}

impl AppointmentStatus {
    /// Whether an appointment that stands there takes up its time: it will take place, does, or did.
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
}

/// Proof that something can be prescribed at an appointment: only [`Appointment::prescribable`] gives it.
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

    /// The patient who is seen.
    #[must_use]
    pub const fn patient_id(&self) -> Uuid {
        self.patient_id
    }
}

impl Appointment {
    /// What was booked, as it stands after later changes; nothing before that.
    #[must_use]
    pub const fn booked(&self) -> Option<&Booked> {
        self.booked.as_ref()
    }

    /// Where it stands; nowhere before it is booked.
    #[must_use]
    pub const fn status(&self) -> Option<AppointmentStatus> {
        self.status
    }

    /// When the patient was there, if they came.
    #[must_use]
    pub const fn arrived_at(&self) -> Option<DateTime<Utc>> {
        self.arrived_at
    }

    /// When the patient had been seen, if they were.
    #[must_use]
    pub const fn fulfilled_at(&self) -> Option<DateTime<Utc>> {
        self.fulfilled_at
    }

    /// Why it was cancelled, if it was.
    #[must_use]
    pub const fn cancelled(&self) -> Option<&Cancelled> {
        self.cancelled.as_ref()
    }

    /// The time that it takes up of both parties.
    #[must_use]
    pub fn held(&self) -> Option<Period> {
        let live = self.status.is_some_and(AppointmentStatus::is_live);
        self.booked.as_ref().filter(|_| live).map(|booked| booked.period)
    }

    /// Checks that something can be prescribed at this appointment, whose id the caller knows.
    ///
    /// # Errors
    /// There is no such appointment, or it does not take place.
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
