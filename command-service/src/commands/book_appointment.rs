//! Booking an appointment, together with the days it reserves: two that overlap for the practitioner or for the patient
//! cannot both be stored.

use chrono::{DateTime, Utc};
use domain::{
    Decider as _,
    appointment::{Appointment, AppointmentCommand, Booking, PastVisit},
    day::{Day, DayCommand, Reservation, Resource},
    patient::Patient,
    practitioner::Practitioner,
    values::{Notes, Period, Reason},
};
use futures_util::future::try_join;
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::AppointmentResource;
use uuid::Uuid;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Refusal, created, decide};

/// Books an appointment.
#[derive(Clone, Debug)]
pub struct BookAppointment {
    /// The id it will have.
    pub id: Uuid,
    /// Who is seen.
    pub patient_id: Uuid,
    /// Who sees them.
    pub practitioner_id: Uuid,
    /// When.
    pub period: Period,
    /// Why.
    pub reason: Option<Reason>,
    /// Free text.
    pub notes: Option<Notes>,
    /// Whether it lies ahead or behind.
    pub kind: AppointmentKind,
}

/// Whether an appointment lies ahead or behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppointmentKind {
    /// It is booked ahead of time.
    New,
    /// It has taken place, and is recorded as fulfilled.
    History,
}

impl Commands {
    /// Books an appointment.
    ///
    /// # Errors
    /// The patient or the practitioner is not known or not free, the time is not one to book, or the log does not
    /// answer.
    pub async fn book_appointment(&self, command: &BookAppointment, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for BookAppointment {
    const NAME: &'static str = "book-appointment";
    const CONTEXT: Context = Context::Scheduling;

    async fn attempt(
        &self,
        commands: &Commands,
        context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let (patient_id, practitioner_id) = (self.patient_id.to_string(), self.practitioner_id.to_string());
        let (patient, practitioner) = try_join(
            commands.load::<Patient>(&patient_id, freshness),
            commands.load::<Practitioner>(&practitioner_id, freshness),
        )
        .await?;
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let mut appointment = commands
            .expect_new::<Appointment>(&self.id.to_string(), freshness)
            .await?;
        let command = self
            .command(patient.state(), practitioner.state(), context.now)
            .map_err(CommandError::Refused)?;
        decide(&mut work, &mut appointment, command)?;
        self.reserve(&mut work, commands, freshness).await?;
        let state = appointment.state();
        let (Some(booked), Some(status), Some(patient), Some(practitioner)) = (
            state.booked(),
            state.status(),
            patient.state().demographics(),
            practitioner.state().details(),
        ) else {
            return Err(CommandError::Broken("a booked appointment has no booking".to_owned()));
        };
        let resource = AppointmentResource::new(self.id, appointment.version(), status, booked, patient, practitioner);
        let answer = created(
            format!("/api/appointments/{}", self.id),
            appointment.version(),
            &resource,
        )?;
        Ok(Attempted {
            work,
            answer,
            data_subject: Some(self.patient_id),
            position: appointment.head().position,
        })
    }
}

impl BookAppointment {
    fn command(
        &self,
        patient: &Patient,
        practitioner: &Practitioner,
        now: DateTime<Utc>,
    ) -> Result<AppointmentCommand, Refusal> {
        let patient = patient.active(self.patient_id)?;
        let (reason, notes) = (self.reason.clone(), self.notes.clone());
        match self.kind {
            AppointmentKind::New => {
                let slot = practitioner.available(self.practitioner_id, self.period)?;
                let booking = Booking {
                    patient,
                    slot,
                    reason,
                    notes,
                };
                Ok(AppointmentCommand::Book { booking, now })
            }
            AppointmentKind::History => {
                let visit = PastVisit {
                    patient,
                    practitioner: practitioner.active(self.practitioner_id)?,
                    period: self.period,
                    reason,
                    notes,
                };
                Ok(AppointmentCommand::RecordFulfilled { visit, now })
            }
        }
    }

    /// Reserves the days of both parties in the same unit of work.
    async fn reserve(
        &self,
        work: &mut UnitOfWork,
        commands: &Commands,
        freshness: Freshness,
    ) -> Result<(), CommandError> {
        let reservation = Reservation {
            appointment_id: self.id,
            period: self.period,
        };
        let resources = [
            Resource::Practitioner(self.practitioner_id),
            Resource::Patient(self.patient_id),
        ];
        let mut wanted: Vec<_> = resources
            .into_iter()
            .flat_map(|resource| self.period.days().map(move |date| (resource.day_id(date), resource)))
            .collect();
        wanted.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        for (id, resource) in wanted {
            let mut day = commands.load_to_write::<Day>(&id, freshness).await?;
            let events = day
                .state()
                .decide(DayCommand::Reserve(reservation))
                .map_err(|refusal| match resource {
                    Resource::Practitioner(_) => Refusal::PractitionerDay(refusal),
                    Resource::Patient(_) => Refusal::PatientDay(refusal),
                })?;
            work.stage(&mut day, &events)?;
        }
        Ok(())
    }
}
