//! The check that the medicines of a prescription are in no other live prescription of its appointment.

use domain::{
    live_prescriptions::{added, check_no_repetition, check_number},
    prescription::Prescription,
    values::Medicines,
};
use journal::Decision;
use uuid::Uuid;

use crate::{Refusal, stop::Stop};

/// The medicines that a prescription of an appointment will have, and those that it has already.
#[derive(Debug)]
pub(super) struct Holding<'a> {
    pub(super) id: Uuid,
    pub(super) appointment_id: Uuid,
    pub(super) medicines: &'a Medicines,
    pub(super) present: Option<&'a Medicines>,
}

impl Holding<'_> {
    /// Checks them against the other live prescriptions of the appointment.
    pub(super) fn check(&self, decision: &Decision<'_, '_>) -> Result<(), Stop> {
        let added = added(self.medicines, self.present);
        if added.is_empty() {
            return Ok(());
        }
        let mut others = decision.live_prescriptions(self.appointment_id)?;
        others.retain(|other| *other != self.id);
        check_number(others.len()).map_err(Refusal::LivePrescription)?;
        for id in others {
            let other = decision.load::<Prescription>(id)?;
            let prescribed = other.state().prescribed();
            if let Some(held) = prescribed.and_then(|prescribed| prescribed.directions.medicines.known()) {
                check_no_repetition(&added, (id, held)).map_err(Refusal::LivePrescription)?;
            }
        }
        Ok(())
    }
}
