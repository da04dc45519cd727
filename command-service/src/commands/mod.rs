//! The command path: load, decide, commit; on a conflict load again and decide again, a bounded number of times.
//!
//! HTTP and the importers come in here alike, with values that have been parsed already. One file a command.

mod accounts;
mod add_invoice_line;
mod add_time_off;
mod amend_prescription;
mod bill_appointment;
mod book_appointment;
mod cancel_appointment;
mod cancel_invoice;
mod cancel_prescription;
mod change_appointment;
mod change_patient;
mod change_practitioner;
mod close_account;
mod complete_prescription;
mod days;
mod deactivate_patient;
mod deactivate_practitioner;
mod decide_refill;
mod draft_invoice;
mod email_claims;
mod erase_patient;
mod error;
mod fulfil_appointment;
mod hold_prescription;
mod invoices;
mod issue_credit_note;
mod issue_invoice;
mod issue_prescription;
mod keyed;
mod mark_appointment_in_error;
mod open_account;
mod open_appointment;
mod open_patient;
mod patient_ids;
mod post_adjustment;
mod post_charge;
mod practitioner_change;
mod prescribe;
mod prescriptions;
mod reactivate_patient;
mod record_arrival;
mod record_no_show;
mod refund_payment;
mod register_patient;
mod register_practitioner;
mod remove_time_off;
mod reopen_appointment;
mod request_refill;
mod resume_prescription;
mod set_availability;
mod settle_payment;
mod stop_prescription;
mod take_payment;
mod target;

use std::{sync::Arc, time::Duration};

pub use add_invoice_line::AddInvoiceLine;
pub use add_time_off::AddTimeOff;
pub use amend_prescription::AmendPrescription;
pub use bill_appointment::BillAppointment;
pub use book_appointment::{AppointmentKind, BookAppointment};
pub use cancel_appointment::CancelAppointment;
pub use cancel_invoice::CancelInvoice;
pub use cancel_prescription::CancelPrescription;
pub use change_appointment::{ChangeAppointment, Reschedule};
pub use change_patient::ChangePatient;
pub use change_practitioner::ChangePractitioner;
use chrono::TimeDelta;
pub use close_account::CloseAccount;
pub use complete_prescription::CompletePrescription;
pub use deactivate_patient::DeactivatePatient;
pub use deactivate_practitioner::DeactivatePractitioner;
pub use decide_refill::{DecideRefill, RefillDecision};
use domain::{Decider, idempotency_key::RecordedAnswer, privilege::Role, values::Invalid};
pub use draft_invoice::DraftInvoice;
pub use erase_patient::ErasePatient;
pub use error::{CommandError, Refusal};
pub use fulfil_appointment::FulfilAppointment;
pub use hold_prescription::HoldPrescription;
pub use issue_credit_note::IssueCreditNote;
pub use issue_invoice::IssueInvoice;
pub use issue_prescription::IssuePrescription;
use journal::{
    AppendError, CommandContext, CommitError, Consistency, Context, Freshness, Journal, Journaled, Loaded,
    RecordedEvent, UnitOfWork,
};
pub use keyed::{Caller, RequestKey};
pub use mark_appointment_in_error::MarkAppointmentInError;
pub use open_account::OpenAccount;
use platform::{Clock, config::CommandSettings};
pub use post_adjustment::PostAdjustment;
pub use post_charge::PostCharge;
pub use prescribe::{Prescribe, PrescriptionKind};
pub use reactivate_patient::ReactivatePatient;
pub use record_arrival::RecordArrival;
pub use record_no_show::RecordNoShow;
pub use refund_payment::RefundPayment;
pub use register_patient::RegisterPatient;
pub use register_practitioner::RegisterPractitioner;
pub use remove_time_off::RemoveTimeOff;
pub use reopen_appointment::ReopenAppointment;
pub use request_refill::RequestRefill;
pub use resume_prescription::ResumePrescription;
pub use set_availability::SetAvailability;
pub use settle_payment::{PaymentOutcome, SettlePayment};
pub use stop_prescription::StopPrescription;
pub use take_payment::{PaymentCertainty, TakePayment};
pub use target::Target;

use serde::Serialize;
use uuid::Uuid;

use self::{email_claims::EmailPepper, patient_ids::PatientIds};

/// How long is waited after the second conflict; after each further one it is twice as long, up to a bound.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(128);

/// A command that has been carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What it is answered with: what it made, or what is there now.
    pub answer: RecordedAnswer,
    /// The position of the last event that belongs to it, in its context's stream.
    pub position: u64,
}

/// What one attempt at a command came to: events to store, and the answer once they are.
struct Attempted {
    work: UnitOfWork,
    answer: RecordedAnswer,
    /// Whose personal data the answer holds.
    data_subject: Option<Uuid>,
    /// The position that the loaded aggregate stood at, for a command that changes nothing.
    position: u64,
}

/// A command: one attempt at it, against what the log says now.
trait Command: Sync {
    /// The name it goes by in traces and metrics.
    const NAME: &'static str;
    /// The context whose stream its events go to.
    const CONTEXT: Context;

    fn attempt(
        &self,
        commands: &Commands,
        context: &CommandContext,
        freshness: Freshness,
    ) -> impl Future<Output = Result<Attempted, CommandError>> + Send;
}

/// Carries out commands. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Commands(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    journal: Journal,
    clock: Clock,
    email_pepper: EmailPepper,
    patient_ids: PatientIds,
    max_conflict_retries: u32,
    anonymous_roles: Vec<Role>,
    no_show_grace: TimeDelta,
}

/// The settings name a role that there is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("each of `commands.anonymous_roles` {0}")]
pub struct UnknownRole(Invalid);

impl Commands {
    /// Makes the command path over a journal.
    ///
    /// # Errors
    /// The settings name a role that there is not.
    pub fn new(journal: Journal, clock: Clock, settings: &CommandSettings) -> Result<Self, UnknownRole> {
        let roles = settings.anonymous_roles.iter().map(|role| Role::parse(role));
        Ok(Self(Arc::new(Inner {
            patient_ids: PatientIds::new(journal.clone()),
            journal,
            clock,
            email_pepper: EmailPepper::new(settings.email_pepper.expose()),
            max_conflict_retries: settings.max_conflict_retries,
            anonymous_roles: roles.collect::<Result<_, _>>().map_err(UnknownRole)?,
            no_show_grace: TimeDelta::minutes(settings.no_show_grace_minutes.into()),
        })))
    }

    /// The clock that commands are decided by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The caller of a command that `actor` gives now: an opaque id. Who they are has not been checked, so they have the
    /// roles of those who are not known.
    #[must_use]
    pub fn caller(&self, actor: &str, key: Option<RequestKey>) -> Caller {
        let context = CommandContext {
            now: self.0.clock.now(),
            actor: actor.to_owned(),
            correlation_id: platform::ambient::new_id(),
            causation_id: None,
            traceparent: platform::telemetry::traceparent::current(),
        };
        let roles = self.0.anonymous_roles.clone();
        Caller { context, key, roles }
    }

    /// The caller of a command that a reactor gives now, because of an event: its work goes on, under the same
    /// correlation id. It has no roles, and no key either: what a reactor does can be repeated as it is.
    pub(crate) fn reacting(&self, reactor: &str, event: &RecordedEvent) -> Caller {
        let context = CommandContext {
            now: self.0.clock.now(),
            actor: reactor.to_owned(),
            correlation_id: event.metadata.correlation_id,
            causation_id: Some(event.id),
            traceparent: platform::telemetry::traceparent::current(),
        };
        Caller {
            context,
            key: None,
            roles: Vec::new(),
        }
    }

    /// The log.
    pub(crate) fn journal(&self) -> &Journal {
        &self.0.journal
    }

    /// Loads an aggregate that the command looks at.
    async fn load<A: Journaled>(&self, id: &str, freshness: Freshness) -> Result<Loaded<A>, CommandError> {
        Ok(self.0.journal.load(id, freshness.consistency()).await?)
    }

    /// Loads an aggregate that the command writes. A command that writes several asks for its own first and for the
    /// guards after it, by id: whoever takes turns in one order never waits in a circle.
    async fn load_to_write<A: Journaled>(&self, id: &str, freshness: Freshness) -> Result<Loaded<A>, CommandError> {
        Ok(self.0.journal.load_to_write(A::CONTEXT, id, freshness).await?)
    }

    /// An aggregate that the command writes, and that is in all likelihood new.
    async fn expect_new<A: Journaled>(&self, id: &str, freshness: Freshness) -> Result<Loaded<A>, CommandError> {
        Ok(self.0.journal.expect_new(A::CONTEXT, id, freshness).await?)
    }

    #[tracing::instrument(name = "command", skip_all, fields(command = C::NAME))]
    async fn execute<C: Command>(&self, command: &C, caller: &Caller) -> Result<Done, CommandError> {
        let context = &caller.context;
        let mut freshness = Freshness::Remembered;
        for attempt in 0..=self.0.max_conflict_retries {
            pause_before(attempt).await;
            let mut attempted = self.attempt(command, caller, freshness).await;
            // What is remembered may be old, and so may what a replica showed. That may cost a conflict, but must not
            // be the reason for an answer.
            if freshness == Freshness::Remembered && !can_be_trusted(&attempted) {
                freshness = Freshness::Read(Consistency::Leader);
                attempted = self.attempt(command, caller, freshness).await;
            }
            let (work, done) = match attempted? {
                Attempt::Answered(done) => return Ok(done),
                Attempt::Decided { work, done } if work.is_empty() => return Ok(done),
                Attempt::Decided { work, done } => (work, done),
            };
            match self.0.journal.commit(work, context).await {
                Ok(position) => return Ok(Done { position, ..done }),
                Err(CommitError::Append(AppendError::Conflict)) => {
                    metrics::counter!("command_conflicts_total", "command" => C::NAME).increment(1);
                    freshness = Freshness::Read(Consistency::Leader);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(CommandError::Contended)
    }

    /// Makes one attempt: looks the key up, if the command carries one, decides, and records the key's use.
    async fn attempt<C: Command>(
        &self,
        command: &C,
        caller: &Caller,
        freshness: Freshness,
    ) -> Result<Attempt, CommandError> {
        let key = match &caller.key {
            None => None,
            Some(request) => match self.look_up(C::CONTEXT, request, freshness).await? {
                Ok(free) => Some(free),
                Err(done) => return Ok(Attempt::Answered(done)),
            },
        };
        let Attempted {
            mut work,
            answer,
            data_subject,
            position,
        } = command.attempt(self, &caller.context, freshness).await?;
        if let Some(key) = key {
            key.stage(&mut work, &answer, data_subject)?;
        }
        let done = Done { answer, position };
        Ok(Attempt::Decided { work, done })
    }
}

/// Waits before a further attempt at a command, from the second conflict on: the leader of a cluster refuses whoever comes
/// second as soon as it has taken what came first, and shows it only when the others have stored it, too.
async fn pause_before(attempt: u32) {
    if let Some(earlier) = attempt.checked_sub(2) {
        tokio::time::sleep(LONGEST_PAUSE.min(FIRST_PAUSE * 2_u32.saturating_pow(earlier))).await;
    }
}

/// What one attempt came to.
enum Attempt {
    /// The command was carried out before, under its key.
    Answered(Done),
    /// It has been decided: what to store, and what to answer then.
    Decided { work: UnitOfWork, done: Done },
}

/// Whether an attempt stands even if what it was decided on was old: its events are all guarded by an expected version,
/// and there is no other answer.
const fn can_be_trusted(attempted: &Result<Attempt, CommandError>) -> bool {
    match attempted {
        Ok(Attempt::Answered(_)) => true,
        Ok(Attempt::Decided { work, .. }) => !work.is_empty() && !work.leans_on_unwritten(),
        Err(_) => false,
    }
}

/// The answer to a command that made something.
fn created(location: String, version: u64, resource: &impl Serialize) -> Result<RecordedAnswer, CommandError> {
    Ok(RecordedAnswer {
        status: 201,
        location: Some(location),
        ..ok(version, resource)?
    })
}

/// The answer to a command that changed something, or found nothing to change.
fn ok(version: u64, resource: &impl Serialize) -> Result<RecordedAnswer, CommandError> {
    let body = serde_json::to_string(resource).map_err(|error| CommandError::Broken(error.to_string()))?;
    Ok(RecordedAnswer {
        status: 200,
        location: None,
        version,
        body: body.into(),
    })
}

/// Decides a command against an aggregate and stages what was decided.
fn decide<A: Decider>(work: &mut UnitOfWork, loaded: &mut Loaded<A>, command: A::Command) -> Result<(), CommandError>
where
    Refusal: From<A::Error>,
{
    let events = loaded.state().decide(command).map_err(Refusal::from)?;
    Ok(work.stage(loaded, &events)?)
}
