//! Checks that an appointment's new time is free for both parties, unless it is overbooked.

use domain::{
    bookings::{self, TimeTaken},
    practitioner::AvailablePractitioner,
    values::Period,
};
use journal::Decision;
use uuid::Uuid;

use crate::{Refusal, stop::Stop};

/// An appointment and its parties.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parties {
    pub(super) appointment_id: Uuid,
    pub(super) practitioner_id: Uuid,
    pub(super) patient_id: Uuid,
}

/// The time that an appointment is to occupy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    period: Period,
    may_overlap: bool,
}

impl Hold {
    /// A time that must be free.
    pub(super) const fn free(period: Period) -> Self {
        Self {
            period,
            may_overlap: false,
        }
    }

    /// A time that may overlap others. The caller has proved the privilege.
    pub(super) const fn overbooked(period: Period) -> Self {
        Self {
            period,
            may_overlap: true,
        }
    }

    /// The time of a practitioner's slot, which may overlap others if it is overbooked.
    pub(super) fn slot(slot: &AvailablePractitioner) -> Self {
        Self {
            period: slot.period(),
            may_overlap: slot.overbooking().is_some(),
        }
    }

    /// Checks that both parties are free. Call it before staging events of the appointment.
    pub(super) fn check(self, decision: &Decision<'_, '_>, parties: Parties) -> Result<(), Stop> {
        if self.may_overlap {
            return Ok(());
        }
        let wanted = TimeTaken {
            appointment_id: parties.appointment_id,
            period: self.period,
        };
        let taken = decision.time_taken(parties.practitioner_id, self.period)?;
        bookings::check_free(&taken, &wanted).map_err(Refusal::PractitionerTime)?;
        let taken = decision.time_taken(parties.patient_id, self.period)?;
        Ok(bookings::check_free(&taken, &wanted).map_err(Refusal::PatientTime)?)
    }
}
