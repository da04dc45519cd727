//! The time of both parties of an appointment: what it is to take must be free, unless it is overbooked.

use domain::{
    bookings::{self, TimeTaken},
    practitioner::AvailablePractitioner,
    values::Period,
};
use journal::Decision;
use uuid::Uuid;

use crate::{Refusal, stop::Stop};

/// Whose time an appointment takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parties {
    pub(super) appointment_id: Uuid,
    pub(super) practitioner_id: Uuid,
    pub(super) patient_id: Uuid,
}

/// The time that an appointment is to take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    period: Period,
    may_overlap: bool,
}

impl Hold {
    /// Time that has to be free.
    pub(super) const fn free(period: Period) -> Self {
        Self {
            period,
            may_overlap: false,
        }
    }

    /// Time that may be taken: the caller has shown the privilege.
    pub(super) const fn overbooked(period: Period) -> Self {
        Self {
            period,
            may_overlap: true,
        }
    }

    /// The time that a practitioner was found available for, or was overbooked for.
    pub(super) fn slot(slot: &AvailablePractitioner) -> Self {
        Self {
            period: slot.period(),
            may_overlap: slot.overbooking().is_some(),
        }
    }

    /// Checks that both parties have the time, as long as nothing of the appointment has been staged.
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
