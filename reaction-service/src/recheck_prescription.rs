//! `prescription.issued`: stops a prescription that was issued while its patient was being recorded as deceased,
//! deactivated or erased, or its appointment was being marked as entered in error. It closes the same gap as the recheck of
//! bookings.

use commands::{Commands, StopPrescription, Target};
use domain::prescription::{Prescribed, Prescription, PrescriptionStatus, StatusReason};
use futures_util::future::{BoxFuture, FutureExt as _};
use journal::{Context, JournalEvent};

use crate::{Description, Fault, Outcome, Reactor, care, in_error};

pub(crate) static DESCRIPTION: Description = Description {
    name: "recheck-prescription",
    check: "reactor recheck-prescription",
    context: Context::Prescribing,
    event_types: &["prescription.issued"],
};

/// Rechecks prescriptions.
#[derive(Debug)]
pub(crate) struct RecheckPrescriptions {
    commands: Commands,
}

impl RecheckPrescriptions {
    pub(crate) const fn new(commands: Commands) -> Self {
        Self { commands }
    }

    async fn recheck(&self, event: &JournalEvent) -> Result<Outcome, Fault> {
        let journal = self.commands.journal();
        let prescription = journal
            .load_latest::<Prescription>(&event.recorded.aggregate_id)
            .await?;
        let state = prescription.state();
        let is_taken = matches!(
            state.status(),
            Some(PrescriptionStatus::Active | PrescriptionStatus::OnHold)
        );
        let Some(prescribed) = state.prescribed().filter(|_| is_taken) else {
            return Ok(Outcome::Nothing("the prescription has ended"));
        };
        let Some(reason) = self.reason_to_stop(prescribed).await? else {
            return Ok(Outcome::Nothing("the patient is active"));
        };
        let target = Target {
            id: care::aggregate_id(event)?,
            expected_version: Some(prescription.version()),
        };
        let caller = self.commands.reacting(DESCRIPTION.name, &event.recorded);
        care::end_prescription(&self.commands, &StopPrescription { target, reason }, &caller).await?;
        Ok(Outcome::Done)
    }

    async fn reason_to_stop(&self, prescribed: &Prescribed) -> Result<Option<StatusReason>, Fault> {
        if care::ending(&self.commands, prescribed.patient_id).await?.is_some() {
            return Ok(Some(StatusReason::default()));
        }
        let Some(appointment_id) = prescribed.appointment_id else {
            return Ok(None);
        };
        let in_error = in_error::look(&self.commands, appointment_id).await?;
        Ok(in_error.map(|in_error| in_error.of_prescription()))
    }
}

impl Reactor for RecheckPrescriptions {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn react<'a>(&'a self, event: &'a JournalEvent) -> BoxFuture<'a, Result<Outcome, Fault>> {
        self.recheck(event).boxed()
    }
}
