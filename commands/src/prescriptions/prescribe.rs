//! Prescribing. No medicine is in two live prescriptions of one appointment.

use domain::{
    Decider as _,
    appointment::Appointment,
    patient::Patient,
    practitioner::Practitioner,
    prescription::{Parties, Prescribing, Prescription, PrescriptionCommand, StatusReason},
    values::{Medicines, Notes, Refills},
};
use journal::{Context, Decision};
use uuid::Uuid;

use super::live::Holding;
use crate::{Answer, Command, Refusal, Rules, decide, stop::Stop};

/// Prescribes medicines for a patient.
#[derive(Clone, Debug)]
pub struct Prescribe {
    /// The id of the new prescription.
    pub id: Uuid,
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// The appointment it is prescribed at.
    pub appointment_id: Option<Uuid>,
    /// The prescription it renews.
    pub renews: Option<Uuid>,
    /// The medicines.
    pub medicines: Medicines,
    /// The number of refills.
    pub refills: Refills,
    /// The notes.
    pub notes: Option<Notes>,
    /// The initial status.
    pub kind: PrescriptionKind,
    /// Whether a medicine may be in another live prescription of the appointment, as it may in history.
    pub may_repeat: bool,
    /// Whether the patient or the practitioner may be inactive or deceased by now, as they may in history.
    pub may_have_departed: bool,
}

/// The initial status of a prescription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrescriptionKind {
    /// Not issued yet.
    Draft,
    /// Issued.
    Active,
    /// Issued and fully taken, as a record of the past.
    Completed,
    /// Issued, with the medication suspended.
    OnHold(StatusReason),
    /// Issued, with the medication stopped for good.
    Stopped(StatusReason),
    /// Issued, but withdrawn before the patient took anything.
    Cancelled(StatusReason),
}

impl PrescriptionKind {
    const fn is_live(&self) -> bool {
        matches!(self, Self::Draft | Self::Active | Self::OnHold(_))
    }
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
        if let Some(appointment_id) = self.appointment_id
            && self.kind.is_live()
            && !self.may_repeat
        {
            let holding = Holding {
                id: self.id,
                appointment_id,
                medicines: &self.medicines,
                present: None,
            };
            holding.check(decision)?;
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
    /// Loads and checks all that the prescription refers to.
    fn prescribing(&self, decision: &Decision<'_, '_>) -> Result<Prescribing, Stop> {
        let patient = decision.load::<Patient>(self.patient_id)?;
        let practitioner = decision.load::<Practitioner>(self.practitioner_id)?;
        let parties = self.parties(patient.state(), practitioner.state())?;
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
            parties,
            appointment,
            renews,
            medicines: self.medicines.clone(),
            refills: self.refills,
            notes: self.notes.clone(),
        })
    }

    fn parties(&self, patient: &Patient, practitioner: &Practitioner) -> Result<Parties, Refusal> {
        let (patient_id, practitioner_id) = (self.patient_id, self.practitioner_id);
        Ok(if self.may_have_departed {
            Parties::History(
                patient.registered(patient_id)?,
                practitioner.registered(practitioner_id)?,
            )
        } else {
            Parties::Present(patient.active(patient_id)?, practitioner.active(practitioner_id)?)
        })
    }
}
