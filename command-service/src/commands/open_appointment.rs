//! What the commands on an appointment that is there share: they load it with both parties, decide, move the parties'
//! days along with it, and answer with the whole of it.

use domain::{
    appointment::{Appointment, AppointmentCommand, AppointmentRefusal},
    patient::{Patient, PatientStatus},
    practitioner::Practitioner,
    values::Period,
};
use futures_util::future::try_join;
use journal::{Context, Freshness, Loaded, UnitOfWork};
use schemas::api::AppointmentResource;
use uuid::Uuid;

use super::{
    Attempted, CommandError, Commands, Refusal, Target,
    days::{Hold, Parties},
    decide, ok,
};

/// An appointment that is there, loaded to be written, and those who meet.
#[derive(Debug)]
pub(super) struct OpenAppointment {
    target: Target,
    work: UnitOfWork,
    pub(super) appointment: Loaded<Appointment>,
    pub(super) practitioner: Loaded<Practitioner>,
    patient: Loaded<Patient>,
    parties: Parties,
    held: Option<Period>,
    /// How the days are asked for time that it did not hold before, if they are not asked for free time.
    pub(super) hold: Option<Hold>,
}

impl Commands {
    /// Loads an appointment that is there, and those who meet.
    pub(super) async fn open_appointment(
        &self,
        target: Target,
        freshness: Freshness,
    ) -> Result<OpenAppointment, CommandError> {
        let appointment = self
            .load_to_write::<Appointment>(&target.id.to_string(), freshness)
            .await?;
        let booked = appointment
            .state()
            .booked()
            .ok_or(Refusal::Appointment(AppointmentRefusal::Unknown))?;
        let parties = Parties {
            appointment_id: target.id,
            practitioner_id: booked.practitioner_id,
            patient_id: booked.patient_id,
        };
        let (patient_id, practitioner_id) = (parties.patient_id.to_string(), parties.practitioner_id.to_string());
        let (patient, practitioner) = try_join(
            self.load::<Patient>(&patient_id, freshness),
            self.load::<Practitioner>(&practitioner_id, freshness),
        )
        .await?;
        Ok(OpenAppointment {
            target,
            work: UnitOfWork::new(Context::Scheduling),
            held: appointment.state().held(),
            appointment,
            practitioner,
            patient,
            parties,
            hold: None,
        })
    }
}

impl OpenAppointment {
    /// Who sees the patient.
    pub(super) const fn practitioner_id(&self) -> Uuid {
        self.parties.practitioner_id
    }

    /// Decides a command about the appointment.
    pub(super) fn decide(&mut self, command: AppointmentCommand) -> Result<(), CommandError> {
        decide(&mut self.work, &mut self.appointment, command)
    }

    /// Ends the attempt: the days follow the appointment, and the answer shows it.
    pub(super) async fn settle(mut self, commands: &Commands, freshness: Freshness) -> Result<Attempted, CommandError> {
        self.target.check_version(&self.appointment)?;
        let holds = self.appointment.state().held();
        if holds != self.held {
            let after = holds.map(|period| self.hold.unwrap_or_else(|| Hold::free(self.target.id, period)));
            commands
                .move_days(&mut self.work, self.parties, self.held, after.as_ref(), freshness)
                .await?;
        }
        let version = self.appointment.version();
        let (appointment, patient) = (self.appointment.state(), self.patient.state());
        let resource =
            AppointmentResource::of(self.target.id, version, appointment, patient, self.practitioner.state())
                .ok_or(Refusal::Appointment(AppointmentRefusal::Unknown))?;
        // Nothing is left to seal of somebody who has been erased, nor a key to seal it under.
        let erased = patient.status() == Some(PatientStatus::Erased);
        Ok(Attempted {
            answer: ok(version, &resource)?,
            data_subject: Some(self.parties.patient_id).filter(|_| !erased),
            position: self.appointment.head().position,
            work: self.work,
        })
    }
}
