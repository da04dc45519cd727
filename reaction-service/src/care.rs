//! Shared parts of the reactors that end care: whether a patient's care has ended, and which appointments and prescriptions
//! remain. The read models answer that, once they reflect the whole log.

use std::time::Duration;

use commands::{
    Caller, CancelAppointment, CancelPrescription, Command, CommandError, Commands, Refusal, StopPrescription, Target,
};
use domain::{
    appointment::{AppointmentRefusal, Cancelled},
    patient::{Patient, PatientStatus},
    prescription::{PrescriptionRefusal, StatusReason},
    values::CancellationReason,
};
use journal::{Context, JournalEvent};
use read_models::{
    PgPool, PooledConnection, appointment, checkpoint,
    position::Positions,
    prescription::{self, PrescriptionsOf},
};
use uuid::Uuid;

use crate::Fault;

/// The page size of reads.
const PAGE_ROWS: i64 = 200;

/// Finds and ends the remaining care of a patient.
#[derive(Clone, Debug)]
pub(crate) struct Care {
    commands: Commands,
    pool: PgPool,
    positions: Positions,
    max_wait: Duration,
}

impl Care {
    pub(crate) fn new(commands: Commands, pool: PgPool, max_wait: Duration) -> Self {
        Self {
            commands,
            positions: Positions::listen(pool.clone()),
            pool,
            max_wait,
        }
    }

    /// Cancels a patient's upcoming appointments.
    pub(crate) async fn cancel_appointments(
        &self,
        patient_id: Uuid,
        ending: Ending,
        caller: &Caller,
    ) -> Result<(), Fault> {
        let end = self.end(Context::Scheduling).await?;
        let now = self.commands.clock().now();
        let mut after = Uuid::nil();
        loop {
            let mut reading = self.reading("appointment", Context::Scheduling, end).await?;
            let page = appointment::upcoming(&mut reading, patient_id, now, after, PAGE_ROWS).await?;
            drop(reading);
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.id;
            for upcoming in &page {
                let target = Target {
                    id: upcoming.id,
                    // If the appointment has changed, the patient may have arrived, and it must be read again.
                    expected_version: Some(upcoming.version.unsigned_abs()),
                };
                cancel(&self.commands, target, ending, caller).await?;
            }
        }
    }

    /// Ends the prescriptions of a patient or an appointment: those that are active or on hold are stopped. Drafts of an
    /// appointment are cancelled. Drafts of a patient stay, because they can no longer be issued.
    pub(crate) async fn end_prescriptions(
        &self,
        of: PrescriptionsOf,
        reason: &StatusReason,
        caller: &Caller,
    ) -> Result<(), Fault> {
        let end = self.end(Context::Prescribing).await?;
        let mut after = Uuid::nil();
        loop {
            let mut reading = self.reading("prescription", Context::Prescribing, end).await?;
            let page = prescription::live(&mut reading, of, after, PAGE_ROWS).await?;
            drop(reading);
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.id;
            for live in &page {
                let target = Target {
                    id: live.id,
                    expected_version: Some(live.version.unsigned_abs()),
                };
                let reason = reason.clone();
                match (of, live.is_draft) {
                    (_, false) => {
                        end_prescription(&self.commands, &StopPrescription { target, reason }, caller).await?;
                    }
                    (PrescriptionsOf::Appointment(_), true) => {
                        end_prescription(&self.commands, &CancelPrescription { target, reason }, caller).await?;
                    }
                    (PrescriptionsOf::Patient(_), true) => {}
                }
            }
        }
    }

    /// The current end of a stream.
    async fn end(&self, context: Context) -> Result<u64, Fault> {
        let status = self.commands.journal().status(context).await;
        Ok(status.map_err(|error| Fault::Away(error.to_string()))?.last_position)
    }

    /// Returns a connection on which a projection's rows have reached `end`. It checks the position on that same
    /// connection: a crash of the database can lose the last commits, but breaks the connection too.
    async fn reading(&self, projection: &str, context: Context, end: u64) -> Result<PooledConnection, Fault> {
        let is_announced = self
            .positions
            .wait(&[projection], context.name(), end, self.max_wait)
            .await;
        if is_announced {
            let mut connection = self.pool.acquire().await?;
            if checkpoint::position(&mut connection, projection).await? >= end {
                return Ok(connection);
            }
        }
        Err(Fault::Away(format!("the read model {projection} is behind {context}")))
    }
}

/// The reason why a patient's care has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The patient is deceased.
    Deceased,
    /// The patient is deactivated or erased.
    Left,
}

/// Cancels an appointment of a patient whose care has ended. An appointment that is no longer upcoming stays unchanged.
pub(crate) async fn cancel(commands: &Commands, target: Target, ending: Ending, caller: &Caller) -> Result<(), Fault> {
    let command = CancelAppointment {
        target,
        cancelled: Cancelled {
            reason_code: match ending {
                Ending::Deceased => CancellationReason::PatientDeceased,
                // FHIR's "member terminated".
                Ending::Left => CancellationReason::PatientMembershipEnded,
            },
            // Texts about erased people are not written.
            reason_text: None,
        },
    };
    match commands.execute(&command, caller).await {
        Ok(_)
        | Err(CommandError::Refused(Refusal::Appointment(
            AppointmentRefusal::InStatus(_) | AppointmentRefusal::AnotherReason(_),
        ))) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Carries out a command that ends a prescription. A prescription that has already ended stays unchanged.
pub(crate) async fn end_prescription(commands: &Commands, ending: &impl Command, caller: &Caller) -> Result<(), Fault> {
    match commands.execute(ending, caller).await {
        Ok(_)
        | Err(CommandError::Refused(Refusal::Prescription(
            PrescriptionRefusal::InStatus(_) | PrescriptionRefusal::AnotherReason(_),
        ))) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Returns why a patient's care has ended, according to the log; `None` if it has not. It asks the stream's leader, which
/// knows every acknowledged death and deactivation.
pub(crate) async fn ending(commands: &Commands, patient_id: Uuid) -> Result<Option<Ending>, Fault> {
    let id = patient_id.to_string();
    let patient = commands.journal().load_latest::<Patient>(&id).await?;
    let (state, left) = (patient.state(), [PatientStatus::Inactive, PatientStatus::Erased]);
    let has_left = state.status().is_some_and(|status| left.contains(&status));
    Ok(match state.deceased() {
        Some(_) => Some(Ending::Deceased),
        None => has_left.then_some(Ending::Left),
    })
}

/// Parses the id of the event's aggregate.
pub(crate) fn aggregate_id(event: &JournalEvent) -> Result<Uuid, Fault> {
    let id = event.recorded.aggregate_id.parse();
    id.map_err(|_| Fault::Lasting("the id of the event's aggregate is not a UUID".to_owned()))
}
