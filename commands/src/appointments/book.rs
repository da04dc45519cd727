//! Booking an appointment. The same commit reserves the time, so overlapping bookings of a practitioner or patient
//! cannot both be stored.

use chrono::{DateTime, Utc};
use domain::{
    Decider as _,
    appointment::{Appointment, AppointmentCommand, Booking, PastVisit},
    patient::Patient,
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
    /// The id of the new appointment.
    pub id: Uuid,
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// The period.
    pub period: Period,
    /// The reason.
    pub reason: Option<Reason>,
    /// The notes.
    pub notes: Option<Notes>,
    /// The kind of booking.
    pub kind: AppointmentKind,
}

/// The kind of booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppointmentKind {
    /// A future appointment.
    New,
    /// A future appointment regardless of the schedule.
    Overbooked(Overbooking),
    /// A past visit, recorded as fulfilled.
    History(History),
}

/// What a past visit may be, although a booking must not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The reason why it overlaps other appointments. Without one, it must not.
    pub overlap: Option<Reason>,
    /// Whether the patient or the practitioner may be inactive or deceased by now.
    pub may_have_departed: bool,
}

impl Command for BookAppointment {
    const NAME: &'static str = "book-appointment";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let patient = decision.load::<Patient>(self.patient_id)?;
        let practitioner = decision.load::<Practitioner>(self.practitioner_id)?;
        let mut appointment = decision.load::<Appointment>(self.id)?;
        let (command, hold) = self.command(patient.state(), practitioner.state(), rules, decision.now())?;
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
    /// The command on the appointment, and the time to reserve.
    fn command(
        &self,
        patient: &Patient,
        practitioner: &Practitioner,
        rules: &Rules,
        now: DateTime<Utc>,
    ) -> Result<(AppointmentCommand, Hold), Refusal> {
        let (patient, slot) = match &self.kind {
            AppointmentKind::New => (
                patient.active(self.patient_id)?,
                practitioner.available(self.practitioner_id, self.period)?,
            ),
            AppointmentKind::Overbooked(overbooking) => (
                patient.active(self.patient_id)?,
                practitioner.overbooked(self.practitioner_id, self.period, overbooking.clone())?,
            ),
            AppointmentKind::History(history) => return self.past_visit(history, patient, practitioner, now),
        };
        let hold = Hold::slot(&slot);
        let booking = Booking {
            patient,
            slot,
            reason: self.reason.clone(),
            notes: self.notes.clone(),
        };
        let horizon = rules.booking_horizon;
        Ok((AppointmentCommand::Book { booking, now, horizon }, hold))
    }

    fn past_visit(
        &self,
        history: &History,
        patient: &Patient,
        practitioner: &Practitioner,
        now: DateTime<Utc>,
    ) -> Result<(AppointmentCommand, Hold), Refusal> {
        if !history.may_have_departed {
            patient.active(self.patient_id)?;
            practitioner.active(self.practitioner_id)?;
        }
        let hold = match history.overlap {
            None => Hold::free(self.period),
            Some(_) => Hold::overbooked(self.period),
        };
        let visit = PastVisit {
            patient: patient.registered(self.patient_id)?,
            practitioner: practitioner.registered(self.practitioner_id)?,
            period: self.period,
            reason: self.reason.clone(),
            notes: self.notes.clone(),
            overlap: history.overlap.clone(),
        };
        Ok((AppointmentCommand::RecordFulfilled { visit, now }, hold))
    }
}
