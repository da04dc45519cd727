//! What the commands on a prescription that is there share: they load it, decide, let go of its appointment when it is
//! not live any more, and answer with the whole of it.

use domain::{
    appointment_prescription::{AppointmentPrescription, AppointmentPrescriptionCommand},
    prescription::{Prescription, PrescriptionCommand, PrescriptionRefusal},
};
use journal::{Context, Freshness, Loaded, UnitOfWork};
use schemas::api::PrescriptionResource;
use uuid::Uuid;

use super::{Attempted, CommandError, Commands, Refusal, Target, decide, ok};

impl Commands {
    /// Loads a prescription, decides a command about it, and ends the attempt.
    pub(super) async fn change_prescription(
        &self,
        target: Target,
        command: PrescriptionCommand,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Context::Prescribing);
        let mut prescription = self
            .load_to_write::<Prescription>(&target.id.to_string(), freshness)
            .await?;
        let unknown = Refusal::Prescription(PrescriptionRefusal::Unknown);
        let patient_id = prescription.state().prescribed().ok_or(unknown)?.patient_id;
        target.check_version(&prescription)?;
        let before = prescription.state().claims();
        decide(&mut work, &mut prescription, command)?;
        if let Some(appointment_id) = before.filter(|_| prescription.state().claims().is_none()) {
            let prescription_id = target.id;
            let mut guard = self
                .load_to_write::<AppointmentPrescription>(&appointment_id.to_string(), freshness)
                .await?;
            let release = AppointmentPrescriptionCommand::Release { prescription_id };
            decide(&mut work, &mut guard, release)?;
        }
        Ok(Attempted {
            work,
            answer: ok(prescription.version(), &resource(target.id, &prescription)?)?,
            data_subject: self.data_subject(patient_id, freshness).await?,
            position: prescription.head().position,
        })
    }
}

/// A prescription as the API shows it.
pub(super) fn resource(id: Uuid, prescription: &Loaded<Prescription>) -> Result<PrescriptionResource, CommandError> {
    let state = prescription.state();
    let known = state.prescribed().zip(state.status());
    let (prescribed, status) = known.ok_or(Refusal::Prescription(PrescriptionRefusal::Unknown))?;
    Ok(PrescriptionResource::new(
        id,
        prescription.version(),
        prescribed,
        status,
        state,
    ))
}
