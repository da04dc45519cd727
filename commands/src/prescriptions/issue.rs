//! Issuing a drafted prescription.

use domain::{
    appointment::Appointment,
    patient::Patient,
    prescription::{Prescription, PrescriptionCommand, PrescriptionRefusal},
};
use journal::{Context, Decision};

use crate::{Answer, Command, Refusal, Rules, Target, prescriptions::change_prescription, stop::Stop};

/// Issues a drafted prescription.
#[derive(Clone, Debug)]
pub struct IssuePrescription {
    /// The prescription and its expected version.
    pub target: Target,
}

impl Command for IssuePrescription {
    const NAME: &'static str = "issue-prescription";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let drafted = decision.load::<Prescription>(self.target.id)?;
        let unknown = Refusal::Prescription(PrescriptionRefusal::Unknown);
        let prescribed = drafted.state().prescribed().ok_or(unknown)?;
        let (patient_id, appointment_id) = (prescribed.patient_id, prescribed.appointment_id);
        let patient = decision.load::<Patient>(patient_id)?;
        let patient = patient.state().active(patient_id).map_err(Refusal::Patient)?;
        let appointment = match appointment_id {
            None => None,
            Some(id) => {
                let appointment = decision.load::<Appointment>(id)?;
                Some(appointment.state().prescribable(id).map_err(Refusal::Appointment)?)
            }
        };
        let command = PrescriptionCommand::IssueDraft { patient, appointment };
        change_prescription(self.target, command, decision)
    }
}
