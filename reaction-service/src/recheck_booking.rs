//! `appointment.booked` and `appointment.rescheduled`: cancels an appointment that was made while its patient was being
//! recorded as deceased, deactivated or erased.
//!
//! A booking reads its patient without guarding against concurrent changes, so it can be decided before the end of
//! the patient's care and stored after it. Either the other reactor finds the booking in the read models, which it waits
//! for, or the booking was stored later; in that case the end of care is in the log when this reactor looks.

use commands::{Commands, Target};
use domain::appointment::{Appointment, AppointmentEvent, AppointmentStatus, Origin};
use events::Event;
use futures_util::future::{BoxFuture, FutureExt as _};
use journal::{Context, JournalEvent};

use crate::{Description, Fault, Outcome, Reactor, care};

pub(crate) static DESCRIPTION: Description = Description {
    name: "recheck-booking",
    check: "reactor recheck-booking",
    context: Context::Scheduling,
    event_types: &["appointment.booked", "appointment.rescheduled"],
};

/// Rechecks bookings.
#[derive(Debug)]
pub(crate) struct RecheckBookings {
    commands: Commands,
}

impl RecheckBookings {
    pub(crate) const fn new(commands: Commands) -> Self {
        Self { commands }
    }

    async fn recheck(&self, event: &JournalEvent) -> Result<Outcome, Fault> {
        if let Event::Appointment(AppointmentEvent::Booked(booked)) = &event.event
            && booked.origin == Origin::History
        {
            return Ok(Outcome::Nothing("the appointment is imported history"));
        }
        let appointment = self
            .commands
            .journal()
            .load_latest::<Appointment>(&event.recorded.aggregate_id)
            .await?;
        let (state, now) = (appointment.state(), self.commands.clock().now());
        let is_ahead = state.status() == Some(AppointmentStatus::Booked);
        let ahead = state.booked().filter(|booked| is_ahead && booked.period.start() >= now);
        let Some(booked) = ahead else {
            return Ok(Outcome::Nothing("the appointment is not upcoming"));
        };
        let Some(ending) = care::ending(&self.commands, booked.patient_id).await? else {
            return Ok(Outcome::Nothing("the patient is active"));
        };
        let target = Target {
            id: care::aggregate_id(event)?,
            expected_version: Some(appointment.version()),
        };
        let caller = self.commands.reacting(DESCRIPTION.name, &event.recorded);
        care::cancel(&self.commands, target, ending, &caller).await?;
        Ok(Outcome::Done)
    }
}

impl Reactor for RecheckBookings {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn react<'a>(&'a self, event: &'a JournalEvent) -> BoxFuture<'a, Result<Outcome, Fault>> {
        self.recheck(event).boxed()
    }
}
