//! Moving an appointment to another time, together with the days of both parties, and changing its notes.

use domain::{
    appointment::{AppointmentCommand, AppointmentStatus},
    privilege::Overbooking,
    values::{Change, Notes, Period},
};
use journal::{CommandContext, Context, Freshness};

use super::{
    Attempted, Caller, Command, CommandError, Commands, Done, Refusal, Target, days::Hold,
    open_appointment::OpenAppointment,
};

/// Moves an appointment, changes its notes, or both.
#[derive(Clone, Debug)]
pub struct ChangeAppointment {
    /// Which appointment.
    pub target: Target,
    /// The new time, if it changes.
    pub reschedule: Option<Reschedule>,
    /// What becomes of the notes.
    pub notes: Change<Notes>,
}

/// A new time.
#[derive(Clone, Debug)]
pub struct Reschedule {
    /// When.
    pub period: Period,
    /// Whether the schedule may be departed from.
    pub overbooking: Option<Overbooking>,
}

impl Commands {
    /// Moves an appointment, changes its notes, or both. A change that changes nothing stores nothing.
    ///
    /// # Errors
    /// There is no such appointment, it is at another version than expected, its status does not allow this, either
    /// party is not free at the new time, or the log does not answer.
    pub async fn change_appointment(&self, command: &ChangeAppointment, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for ChangeAppointment {
    const NAME: &'static str = "change-appointment";
    const CONTEXT: Context = Context::Scheduling;

    async fn attempt(
        &self,
        commands: &Commands,
        context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut open = commands.open_appointment(self.target, freshness).await?;
        if let Some(reschedule) = &self.reschedule
            && !reschedule.is_in_place(&open)
        {
            self.move_to(reschedule, &mut open, context)?;
        }
        open.decide(AppointmentCommand::ChangeNotes(self.notes.clone()))?;
        open.settle(commands, freshness).await
    }
}

impl Reschedule {
    /// Whether the appointment is booked for this very time. It stays then, whatever has been said of the
    /// practitioner's hours since.
    fn is_in_place(&self, open: &OpenAppointment) -> bool {
        let appointment = open.appointment.state();
        appointment.status() == Some(AppointmentStatus::Booked) && appointment.held() == Some(self.period)
    }
}

impl ChangeAppointment {
    fn move_to(
        &self,
        reschedule: &Reschedule,
        open: &mut OpenAppointment,
        context: &CommandContext,
    ) -> Result<(), CommandError> {
        let id = open.practitioner_id();
        let practitioner = open.practitioner.state();
        let slot = match &reschedule.overbooking {
            Some(overbooking) => practitioner.overbooked(id, reschedule.period, overbooking.clone()),
            None => practitioner.available(id, reschedule.period),
        };
        let slot = slot.map_err(Refusal::Practitioner)?;
        open.hold = Some(Hold::slot(self.target.id, &slot));
        open.decide(AppointmentCommand::Reschedule { slot, now: context.now })
    }
}
