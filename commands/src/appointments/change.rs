//! Rescheduling an appointment and changing its notes.

use domain::{
    appointment::{AppointmentCommand, AppointmentStatus, Overbooked},
    privilege::Overbooking,
    values::{Change, Notes, Period},
};
use journal::{Context, Decision};

use crate::{
    Answer, Command, Refusal, Rules, Target, appointments::OpenAppointment, appointments::time::Hold, stop::Stop,
};

/// Reschedules an appointment, changes its notes, or both. If both stay the same, nothing is stored.
#[derive(Clone, Debug)]
pub struct ChangeAppointment {
    /// The appointment and its expected version.
    pub target: Target,
    /// The new time, if it changes.
    pub reschedule: Option<Reschedule>,
    /// The change to the notes.
    pub notes: Change<Notes>,
}

/// A new time.
#[derive(Clone, Debug)]
pub struct Reschedule {
    /// The new period.
    pub period: Period,
    /// The deliberate departure from the schedule, if there is one.
    pub overbooking: Option<Overbooking>,
}

impl Command for ChangeAppointment {
    const NAME: &'static str = "change-appointment";
    const CONTEXT: Context = Context::Scheduling;

    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let mut open = OpenAppointment::load(self.target, decision)?;
        if let Some(reschedule) = &self.reschedule
            && !reschedule.is_in_place(&open)
        {
            reschedule.decide(&mut open, rules, decision)?;
        }
        open.decide(decision, AppointmentCommand::ChangeNotes(self.notes.clone()))?;
        open.settle()
    }
}

impl Reschedule {
    /// Whether the appointment already has this period, and no other reason for an overbooking is given. It then keeps
    /// the period, even if the practitioner's hours have changed since.
    fn is_in_place(&self, open: &OpenAppointment) -> bool {
        let appointment = open.appointment.state();
        let recorded = appointment.booked().and_then(|booked| booked.overbooking.as_ref());
        let told = self.overbooking.as_ref().map(Overbooked::from);
        appointment.status() == Some(AppointmentStatus::Booked)
            && appointment.held() == Some(self.period)
            && (told.is_none() || told.as_ref() == recorded)
    }

    fn decide(&self, open: &mut OpenAppointment, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<(), Stop> {
        let id = open.parties.practitioner_id;
        let practitioner = open.practitioner.state();
        let slot = match &self.overbooking {
            Some(overbooking) => practitioner.overbooked(id, self.period, overbooking.clone()),
            None => practitioner.available(id, self.period),
        };
        let slot = slot.map_err(Refusal::Practitioner)?;
        let hold = Hold::slot(&slot);
        let reschedule = AppointmentCommand::Reschedule {
            slot,
            now: decision.now(),
            horizon: rules.booking_horizon,
        };
        open.decide_to_hold(decision, reschedule, Some(hold))
    }
}
