//! What the commands on an appointment that is there share: they load it with both parties, decide, check the time that it
//! takes then, and answer with the whole of it.

use domain::{
    Decider as _,
    appointment::{Appointment, AppointmentCommand, AppointmentRefusal},
    patient::Patient,
    practitioner::Practitioner,
};
use journal::{Decision, Loaded};

use super::{
    Answer, Refusal, Target,
    stop::Stop,
    time::{Hold, Parties},
};

/// An appointment that is there, and those who meet.
#[derive(Debug)]
pub(super) struct OpenAppointment {
    target: Target,
    pub(super) appointment: Loaded<Appointment>,
    pub(super) practitioner: Loaded<Practitioner>,
    patient: Loaded<Patient>,
    pub(super) parties: Parties,
}

impl OpenAppointment {
    /// Loads an appointment that is there, and those who meet.
    pub(super) fn load(target: Target, decision: &Decision<'_, '_>) -> Result<Self, Stop> {
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

    /// Decides a command about the appointment. Time that it did not take before has to be free.
    pub(super) fn decide(&mut self, decision: &mut Decision<'_, '_>, command: AppointmentCommand) -> Result<(), Stop> {
        self.decide_to_hold(decision, command, None)
    }

    /// As [`OpenAppointment::decide`], saying how the time is asked for.
    pub(super) fn decide_to_hold(
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

    /// Ends the decision: the answer shows the appointment.
    pub(super) fn settle(self) -> Result<Answer, Stop> {
        self.target.check_version(&self.appointment)?;
        Ok(Answer::appointment(
            self.target.id,
            &self.appointment,
            &self.patient,
            &self.practitioner,
        )?)
    }
}
