//! What the reactors to the end of a patient's care share: whether it has ended, and what is left of it. What is left is
//! found in the read models, once they show everything that the log holds.

use std::time::Duration;

use commands::{Caller, CancelAppointment, CommandError, Commands, Refusal, StopPrescription, Target};
use domain::{
    appointment::{AppointmentRefusal, Cancelled},
    patient::{Patient, PatientStatus},
    prescription::{PrescriptionRefusal, StatusReason},
    values::CancellationReason,
};
use journal::{Context, JournalEvent};
use read_models::{PgPool, PooledConnection, appointment, checkpoint, position::Positions, prescription};
use uuid::Uuid;

use crate::Fault;

/// How many rows are asked for at once.
const PAGE_ROWS: i64 = 200;

/// Finds and ends what is left of a patient's care.
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

    /// Cancels the appointments that a patient has ahead of them.
    pub(crate) async fn cancel_appointments(&self, patient_id: Uuid, caller: &Caller) -> Result<(), Fault> {
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
                    // Should it have changed, the patient may be there by now: it is looked at again.
                    expected_version: Some(upcoming.version.unsigned_abs()),
                };
                cancel(&self.commands, target, caller).await?;
            }
        }
    }

    /// Stops the prescriptions that a patient takes. A draft stays: it cannot be given out any more.
    pub(crate) async fn stop_prescriptions(&self, patient_id: Uuid, caller: &Caller) -> Result<(), Fault> {
        let end = self.end(Context::Prescribing).await?;
        let mut after = Uuid::nil();
        loop {
            let mut reading = self.reading("prescription", Context::Prescribing, end).await?;
            let page = prescription::unfinished(&mut reading, patient_id, after, PAGE_ROWS).await?;
            drop(reading);
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.id;
            for unfinished in &page {
                let target = Target {
                    id: unfinished.id,
                    expected_version: Some(unfinished.version.unsigned_abs()),
                };
                stop(&self.commands, target, caller).await?;
            }
        }
    }

    /// Where a stream ends now.
    async fn end(&self, context: Context) -> Result<u64, Fault> {
        let status = self.commands.journal().status(context).await;
        Ok(status.map_err(|error| Fault::Away(error.to_string()))?.last_position)
    }

    /// A connection that reads a projection's rows, once they show its stream up to `end`. That is asked of this very
    /// connection: a crash of the database takes back what was committed last, and the connection with it.
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

/// Cancels an appointment of a patient who is not seen any more. One that does not lie ahead any more stays as it is.
pub(crate) async fn cancel(commands: &Commands, target: Target, caller: &Caller) -> Result<(), Fault> {
    let command = CancelAppointment {
        target,
        cancelled: Cancelled {
            // FHIR's "member terminated". A text would be personal data, and none is written
            // about an erased person.
            reason_code: CancellationReason::PatientMembershipEnded,
            reason_text: None,
        },
    };
    match commands.execute(&command, caller).await {
        Ok(_) | Err(CommandError::Refused(Refusal::Appointment(AppointmentRefusal::InStatus(_)))) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Stops a prescription of a patient who is not seen any more. One that is not taken any more stays as it is.
pub(crate) async fn stop(commands: &Commands, target: Target, caller: &Caller) -> Result<(), Fault> {
    let command = StopPrescription {
        target,
        // FHIR's codes are all about the medicine. The actor and the cause of the event tell why.
        reason: StatusReason::default(),
    };
    match commands.execute(&command, caller).await {
        Ok(_) | Err(CommandError::Refused(Refusal::Prescription(PrescriptionRefusal::InStatus(_)))) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether a patient is not seen any more, as the log says now. It is asked of the stream's leader, which knows every
/// deactivation that was answered.
pub(crate) async fn has_ended(commands: &Commands, patient_id: Uuid) -> Result<bool, Fault> {
    let id = patient_id.to_string();
    let patient = commands.journal().load_latest::<Patient>(&id).await?;
    Ok(matches!(
        patient.state().status(),
        Some(PatientStatus::Inactive | PatientStatus::Erased)
    ))
}

/// The id of the event's aggregate.
pub(crate) fn aggregate_id(event: &JournalEvent) -> Result<Uuid, Fault> {
    let id = event.recorded.aggregate_id.parse();
    id.map_err(|_| Fault::Lasting("the id of the event's aggregate is not a UUID".to_owned()))
}
