//! Prescribing, together with the claim on the appointment: at most one live prescription stands against each.

use domain::{
    appointment::Appointment,
    appointment_prescription::{AppointmentPrescription, AppointmentPrescriptionCommand},
    patient::Patient,
    practitioner::Practitioner,
    prescription::{Prescribing, Prescription, PrescriptionCommand, StatusReason},
    values::{Medicines, Notes, Refills},
};
use futures_util::future::try_join;
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use uuid::Uuid;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Refusal, created, decide, prescriptions};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrescriptionKind {
    /// It is written down, and not given out.
    Draft,
    /// It is given out.
    Active,
    /// It was given out, and everything has been taken.
    Completed,
    /// It was given out, and is not taken any more.
    Stopped,
}

impl Commands {
    /// Prescribes medicines for a patient.
    ///
    /// # Errors
    /// Somebody or something it names is not known, or is another patient's; a live prescription stands against the
    /// appointment; or the log does not answer.
    pub async fn prescribe(&self, command: &Prescribe, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for Prescribe {
    const NAME: &'static str = "prescribe";
    const CONTEXT: Context = Context::Prescribing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let prescribing = self.prescribing(commands, freshness).await?;
        let mut prescription = commands
            .expect_new::<Prescription>(&self.id.to_string(), freshness)
            .await?;
        let begin = match self.kind {
            PrescriptionKind::Draft => PrescriptionCommand::Draft(prescribing),
            _ => PrescriptionCommand::Issue(prescribing),
        };
        decide(&mut work, &mut prescription, begin)?;
        let end = match self.kind {
            PrescriptionKind::Draft | PrescriptionKind::Active => None,
            PrescriptionKind::Completed => Some(PrescriptionCommand::Complete),
            PrescriptionKind::Stopped => Some(PrescriptionCommand::Stop(StatusReason::default())),
        };
        if let Some(end) = end {
            decide(&mut work, &mut prescription, end)?;
        }
        // One that is history does not stand against its appointment.
        if let Some(appointment_id) = prescription.state().claims() {
            let prescription_id = self.id;
            let mut guard = commands
                .load_to_write::<AppointmentPrescription>(&appointment_id.to_string(), freshness)
                .await?;
            let claim = AppointmentPrescriptionCommand::Claim { prescription_id };
            decide(&mut work, &mut guard, claim)?;
        }
        let resource = prescriptions::resource(self.id, &prescription)?;
        let location = format!("/api/prescriptions/{}", self.id);
        Ok(Attempted {
            work,
            answer: created(location, prescription.version(), &resource)?,
            data_subject: Some(self.patient_id),
            position: prescription.head().position,
        })
    }
}

impl Prescribe {
    /// Looks at everybody and everything that the prescription names.
    async fn prescribing(&self, commands: &Commands, freshness: Freshness) -> Result<Prescribing, CommandError> {
        let (patient_id, practitioner_id) = (self.patient_id.to_string(), self.practitioner_id.to_string());
        let (patient, practitioner) = try_join(
            commands.load::<Patient>(&patient_id, freshness),
            commands.load::<Practitioner>(&practitioner_id, freshness),
        )
        .await?;
        let patient = patient.state().active(self.patient_id).map_err(Refusal::Patient)?;
        let practitioner = practitioner.state().active(self.practitioner_id);
        let appointment = match self.appointment_id {
            None => None,
            Some(id) => {
                let appointment = commands.load::<Appointment>(&id.to_string(), freshness).await?;
                Some(appointment.state().prescribable(id).map_err(Refusal::Appointment)?)
            }
        };
        let renews = match self.renews {
            None => None,
            Some(id) => {
                let prior = commands.load::<Prescription>(&id.to_string(), freshness).await?;
                Some(prior.state().renewable(id).map_err(Refusal::PriorPrescription)?)
            }
        };
        Ok(Prescribing {
            patient,
            practitioner: practitioner.map_err(Refusal::Practitioner)?,
            appointment,
            renews,
            medicines: self.medicines.clone(),
            refills: self.refills,
            notes: self.notes.clone(),
        })
    }
}
