//! `appointment.entered-in-error`: ends the prescriptions of the appointment, and withdraws its bill.
//!
//! A prescription or bill can be decided before the marking and stored after this reaction. The reactors
//! `recheck-prescription` and `bill-appointment` find those: they look at the appointment once more.

use commands::Commands;
use futures_util::future::{BoxFuture, FutureExt as _};
use journal::{Context, JournalEvent};
use read_models::prescription::PrescriptionsOf;

use crate::{
    Description, Fault, Outcome, Reactor, bill,
    care::{self, Care},
    in_error,
};

pub(crate) static DESCRIPTION: Description = Description {
    name: "undo-visit",
    check: "reactor undo-visit",
    context: Context::Scheduling,
    event_types: &["appointment.entered-in-error"],
};

/// Undoes the effects of appointments entered in error.
#[derive(Debug)]
pub(crate) struct UndoVisits {
    commands: Commands,
    care: Care,
}

impl UndoVisits {
    pub(crate) const fn new(commands: Commands, care: Care) -> Self {
        Self { commands, care }
    }

    async fn undo(&self, event: &JournalEvent) -> Result<Outcome, Fault> {
        let appointment_id = care::aggregate_id(event)?;
        let Some(reason) = in_error::look(&self.commands, appointment_id).await? else {
            return Ok(Outcome::Nothing("the appointment was not entered in error"));
        };
        let caller = self.commands.reacting(DESCRIPTION.name, &event.recorded);
        let of = PrescriptionsOf::Appointment(appointment_id);
        self.care
            .end_prescriptions(of, &reason.of_prescription(), &caller)
            .await?;
        bill::withdraw(&self.commands, appointment_id, reason.text(), &caller).await?;
        Ok(Outcome::Done)
    }
}

impl Reactor for UndoVisits {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn react<'a>(&'a self, event: &'a JournalEvent) -> BoxFuture<'a, Result<Outcome, Fault>> {
        self.undo(event).boxed()
    }
}
