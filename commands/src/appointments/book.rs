//! Booking an appointment, together with the days it reserves: two that overlap for the practitioner or for the patient
//! cannot both be stored.

use chrono::{DateTime, Utc};
use domain::{
    Decider as _,
    appointment::{Appointment, AppointmentCommand, Booking, PastVisit},
    patient::{ActivePatient, Patient},
    practitioner::Practitioner,
    privilege::Overbooking,
    values::{Notes, Period, Reason},
};
use journal::{Context, Decision};
use uuid::Uuid;

use crate::{
    Answer, Command, Refusal, Rules,
    appointments::time::{Hold, Parties},
    stop::Stop,
};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppointmentKind {
    /// It is booked ahead of time.
    New,
    /// It is booked ahead of time, whatever the schedule says.
    Overbooked(Overbooking),
    /// It has taken place, and is recorded as fulfilled.
    History,
    /// As `History`, but it can overlap other appointments of the patient and the practitioner, for this reason.
    OverlappingHistory(Reason),
}

impl Command for BookAppointment {
    const NAME: &'static str = "book-appointment";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient = decision.load::<Patient>(self.patient_id)?;
        let practitioner = decision.load::<Practitioner>(self.practitioner_id)?;
        let mut appointment = decision.load::<Appointment>(self.id)?;
        let (command, hold) = self.command(patient.state(), practitioner.state(), decision.now())?;
        let parties = Parties {
            appointment_id: self.id,
            practitioner_id: self.practitioner_id,
            patient_id: self.patient_id,
        };
        let events = appointment.state().decide(command).map_err(Refusal::Appointment)?;
        hold.check(decision, parties)?;
        decision.stage(&mut appointment, &events)?;
        Ok(Answer::appointment(self.id, &appointment, &patient, &practitioner)?.made())
    }
}

impl BookAppointment {
    /// What is asked of the appointment, and of the time of both parties.
    fn command(
        &self,
        patient: &Patient,
        practitioner: &Practitioner,
        now: DateTime<Utc>,
    ) -> Result<(AppointmentCommand, Hold), Refusal> {
        let patient = patient.active(self.patient_id)?;
        let slot = match &self.kind {
            AppointmentKind::New => practitioner.available(self.practitioner_id, self.period)?,
            AppointmentKind::Overbooked(overbooking) => {
                practitioner.overbooked(self.practitioner_id, self.period, overbooking.clone())?
            }
            AppointmentKind::History => return self.past_visit(patient, practitioner, now, None),
            AppointmentKind::OverlappingHistory(why) => {
                return self.past_visit(patient, practitioner, now, Some(why.clone()));
            }
        };
        let hold = Hold::slot(&slot);
        let booking = Booking {
            patient,
            slot,
            reason: self.reason.clone(),
            notes: self.notes.clone(),
        };
        Ok((AppointmentCommand::Book { booking, now }, hold))
    }

    fn past_visit(
        &self,
        patient: ActivePatient,
        practitioner: &Practitioner,
        now: DateTime<Utc>,
        overlap: Option<Reason>,
    ) -> Result<(AppointmentCommand, Hold), Refusal> {
        let hold = match overlap {
            None => Hold::free(self.period),
            Some(_) => Hold::overbooked(self.period),
        };
        let visit = PastVisit {
            patient,
            practitioner: practitioner.active(self.practitioner_id)?,
            period: self.period,
            reason: self.reason.clone(),
            notes: self.notes.clone(),
            overlap,
        };
        Ok((AppointmentCommand::RecordFulfilled { visit, now }, hold))
    }
}
