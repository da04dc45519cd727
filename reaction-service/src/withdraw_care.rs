//! `patient.deceased`, `patient.deactivated` and `patient.erased`: cancels the patient's upcoming appointments and stops
//! their prescriptions. For an erased person, it also destroys the key, in case the erasure was interrupted before that.

use commands::{Caller, CommandError, Commands, ErasePatient, Refusal, Target};
use domain::{
    patient::{PatientEvent, PatientRefusal},
    prescription::StatusReason,
};
use events::Event;
use futures_util::future::{BoxFuture, FutureExt as _};
use journal::{Context, JournalEvent};
use read_models::prescription::PrescriptionsOf;
use uuid::Uuid;

use crate::{
    Description, Fault, Outcome, Reactor,
    care::{self, Care},
};

pub(crate) static DESCRIPTION: Description = Description {
    name: "withdraw-care",
    check: "reactor withdraw-care",
    context: Context::Patients,
    event_types: &["patient.deceased", "patient.deactivated", "patient.erased"],
};

/// Ends the remaining care of a patient.
#[derive(Debug)]
pub(crate) struct WithdrawCare {
    commands: Commands,
    care: Care,
}

impl WithdrawCare {
    pub(crate) const fn new(commands: Commands, care: Care) -> Self {
        Self { commands, care }
    }

    async fn withdraw(&self, event: &JournalEvent) -> Result<Outcome, Fault> {
        let patient_id = care::aggregate_id(event)?;
        let caller = self.commands.reacting(DESCRIPTION.name, &event.recorded);
        if matches!(event.event, Event::Patient(PatientEvent::Erased(_))) {
            self.forget(patient_id, &caller).await?;
        }
        let Some(ending) = care::ending(&self.commands, patient_id).await? else {
            return Ok(Outcome::Nothing("the patient is active again"));
        };
        self.care.cancel_appointments(patient_id, ending, &caller).await?;
        // FHIR's codes are all about the medicine. The actor and the cause of the event tell why.
        let reason = StatusReason::default();
        let of = PrescriptionsOf::Patient(patient_id);
        self.care.end_prescriptions(of, &reason, &caller).await?;
        Ok(Outcome::Done)
    }

    /// Repeats the erasure, which destroys the key if that is still to do. Once the key is destroyed, a repetition is
    /// refused.
    async fn forget(&self, patient_id: Uuid, caller: &Caller) -> Result<(), Fault> {
        let target = Target {
            id: patient_id,
            expected_version: None,
        };
        match self.commands.execute(&ErasePatient { target }, caller).await {
            Ok(_) | Err(CommandError::Refused(Refusal::Patient(PatientRefusal::Erased))) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Reactor for WithdrawCare {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn react<'a>(&'a self, event: &'a JournalEvent) -> BoxFuture<'a, Result<Outcome, Fault>> {
        self.withdraw(event).boxed()
    }
}
