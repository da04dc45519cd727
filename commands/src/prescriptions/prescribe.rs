//! Prescribing, together with the claim on the appointment: at most one live prescription stands against each.

use domain::{
    Decider as _,
    appointment::Appointment,
    live_prescriptions,
    patient::Patient,
    practitioner::Practitioner,
    prescription::{Prescribing, Prescription, PrescriptionCommand, StatusReason},
    values::{Medicines, Notes, Refills},
};
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{Answer, Command, Refusal, Rules, decide, stop::Stop};

/// Prescribes medicines for a patient.
#[derive(Clone, Debug)]
pub struct Prescribe {
    /// The id that the prescription will have.
    pub id: Uuid,
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// The appointment that it is prescribed at.
    pub appointment_id: Option<Uuid>,
    /// The prescription that it renews.
    pub renews: Option<Uuid>,
    /// What is taken.
    pub medicines: Medicines,
    /// How often it can be filled again.
    pub refills: Refills,
    /// Free text.
    pub notes: Option<Notes>,
    /// Where it stands at once.
    pub kind: PrescriptionKind,
}

/// Where a prescription stands at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrescriptionKind {
    /// It is written down, and not given out.
    Draft,
    /// It is given out.
    Active,
    /// It was given out, and everything has been taken.
    Completed,
    /// It was given out, and is not taken for a while.
    OnHold(StatusReason),
    /// It was given out, and is not taken any more.
    Stopped(StatusReason),
    /// It was given out, and taken back before anything had been taken.
    Cancelled(StatusReason),
}

impl Command for Prescribe {
    const NAME: &'static str = "prescribe";
    const CONTEXT: Context = Context::Prescribing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let prescribing = self.prescribing(decision)?;
        let mut prescription = decision.load::<Prescription>(self.id)?;
        let begin = match self.kind {
            PrescriptionKind::Draft => PrescriptionCommand::Draft(prescribing),
            _ => PrescriptionCommand::Issue(prescribing),
        };
        let begun = prescription.state().decide(begin).map_err(Refusal::Prescription)?;
        // One that is history does not stand against its appointment.
        if let Some(appointment_id) = self.appointment_id
            && matches!(
                self.kind,
                PrescriptionKind::Draft | PrescriptionKind::Active | PrescriptionKind::OnHold(_)
            )
        {
            let live = decision.live_prescription(appointment_id)?;
            live_prescriptions::check_none_other(live, self.id).map_err(Refusal::LivePrescription)?;
        }
        decision.stage(&mut prescription, &begun)?;
        let next = match &self.kind {
            PrescriptionKind::Draft | PrescriptionKind::Active => None,
            PrescriptionKind::Completed => Some(PrescriptionCommand::Complete),
            PrescriptionKind::OnHold(reason) => Some(PrescriptionCommand::Hold(reason.clone())),
            PrescriptionKind::Stopped(reason) => Some(PrescriptionCommand::Stop(reason.clone())),
            PrescriptionKind::Cancelled(reason) => Some(PrescriptionCommand::Cancel(reason.clone())),
        };
        if let Some(next) = next {
            decide(decision, &mut prescription, next)?;
        }
        Ok(Answer::prescription(self.id, &prescription)?.made())
    }
}

impl Prescribe {
    /// Looks at everybody and everything that the prescription names.
    fn prescribing(&self, decision: &Decision<'_, '_>) -> Result<Prescribing, Stop> {
        let patient = decision.load::<Patient>(self.patient_id)?;
        let patient = patient.state().active(self.patient_id).map_err(Refusal::Patient)?;
        let practitioner = decision.load::<Practitioner>(self.practitioner_id)?;
        let practitioner = practitioner.state().active(self.practitioner_id);
        let practitioner = practitioner.map_err(Refusal::Practitioner)?;
        let appointment = match self.appointment_id {
            None => None,
            Some(id) => {
                let appointment = decision.load::<Appointment>(id)?;
                Some(appointment.state().prescribable(id).map_err(Refusal::Appointment)?)
            }
        };
        let renews = match self.renews {
            None => None,
            Some(id) => {
                let prior = decision.load::<Prescription>(id)?;
                Some(prior.state().renewable(id).map_err(Refusal::PriorPrescription)?)
            }
        };
        Ok(Prescribing {
            patient,
            practitioner,
            appointment,
            renews,
            medicines: self.medicines.clone(),
            refills: self.refills,
            notes: self.notes.clone(),
        })
    }
}
