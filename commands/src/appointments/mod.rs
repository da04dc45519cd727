//! The commands on appointments. Commands on an existing one load it with both parties, decide, check its new time and
//! answer with all three.

mod arrive;
mod book;
mod cancel;
mod change;
mod fulfil;
mod mark_in_error;
mod no_show;
mod reopen;
mod time;

pub use arrive::RecordArrival;
pub use book::{AppointmentKind, BookAppointment, History};
pub use cancel::CancelAppointment;
pub use change::{ChangeAppointment, Reschedule};
use domain::{
    Decider as _,
    appointment::{Appointment, AppointmentCommand, AppointmentRefusal},
    patient::Patient,
    practitioner::Practitioner,
};
pub use fulfil::FulfilAppointment;
use journal::{Decision, Loaded};
pub use mark_in_error::MarkAppointmentInError;
pub use no_show::RecordNoShow;
pub use reopen::ReopenAppointment;

use crate::{
    Answer, Refusal, Target,
    appointments::time::{Hold, Parties},
    stop::Stop,
};

/// An existing appointment with its parties.
#[derive(Debug)]
struct OpenAppointment {
    target: Target,
    appointment: Loaded<Appointment>,
    practitioner: Loaded<Practitioner>,
    patient: Loaded<Patient>,
    parties: Parties,
}

impl OpenAppointment {
    /// Loads an existing appointment with its parties.
    fn load(target: Target, decision: &Decision<'_, '_>) -> Result<Self, Stop> {
        let appointment: Loaded<Appointment> = decision.load(target.id)?;
        let unknown = Refusal::Appointment(AppointmentRefusal::Unknown);
        let booked = appointment.state().booked().ok_or(unknown)?;
        let parties = Parties {
            appointment_id: target.id,
            practitioner_id: booked.practitioner_id,
            patient_id: booked.patient_id,
        };
        Ok(Self {
            target,
            practitioner: decision.load(parties.practitioner_id)?,
            patient: decision.load(parties.patient_id)?,
            appointment,
            parties,
        })
    }

    /// Decides a command on the appointment. A newly occupied time must be free.
    fn decide(&mut self, decision: &mut Decision<'_, '_>, command: AppointmentCommand) -> Result<(), Stop> {
        self.decide_to_hold(decision, command, None)
    }

    /// Like [`OpenAppointment::decide`], but `hold` tells whether the time may overlap others.
    fn decide_to_hold(
        &mut self,
        decision: &mut Decision<'_, '_>,
        command: AppointmentCommand,
        hold: Option<Hold>,
    ) -> Result<(), Stop> {
        let before = self.appointment.state();
        let events = before.decide(command).map_err(Refusal::Appointment)?;
        let mut after = before.clone();
        events.iter().for_each(|event| after.evolve(event));
        if let Some(period) = after.held().filter(|period| before.held() != Some(*period)) {
            hold.unwrap_or(Hold::free(period)).check(decision, self.parties)?;
        }
        Ok(decision.stage(&mut self.appointment, &events)?)
    }

    /// Checks the expected version and returns the answer.
    fn settle(self) -> Result<Answer, Stop> {
        self.target.check_version(&self.appointment)?;
        Ok(Answer::appointment(
            self.target.id,
            &self.appointment,
            &self.patient,
            &self.practitioner,
        )?)
    }
}
