//! `appointment.booked` and `appointment.rescheduled`: an appointment that was made at the very moment its patient was
//! deactivated or erased is called off.
//!
//! A booking reads its patient and does not guard them, so it can be decided before a deactivation and stored after it.
//! Either the deactivation's reactor finds it in the read models, which it has waited for, or it was stored after that, and
//! then the deactivation is in the log when this reactor looks.

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

/// Looks at bookings once more.
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
            return Ok(Outcome::Nothing("the appointment is history that was brought in"));
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
            return Ok(Outcome::Nothing("the appointment does not lie ahead"));
        };
        if !care::has_ended(&self.commands, booked.patient_id).await? {
            return Ok(Outcome::Nothing("the patient is active"));
        }
        let target = Target {
            id: care::aggregate_id(event)?,
            expected_version: Some(appointment.version()),
        };
        let caller = self.commands.reacting(DESCRIPTION.name, &event.recorded);
        care::cancel(&self.commands, target, &caller).await?;
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
