//! The command path: a command says what it needs by asking for it, and decides purely; the journal stores what was decided.
//!
//! HTTP, gRPC, the reactors and the importers come in by one door, [`Commands::execute`], with values that have been parsed
//! already, and render what they are given. Nothing here knows a transport. One folder a noun, one file a command.

mod accounts;
mod answer;
mod appointments;
mod error;
mod invoices;
mod keyed;
mod patients;
mod pepper;
mod practitioners;
mod prescriptions;
mod receipt;
mod stop;
mod target;

use std::sync::Arc;

pub use accounts::{
    CloseAccount, MovePayment, OpenAccount, PostAdjustment, PostCharge, RefundAccountPayment, SettleAccountPayment,
    TakeAccountPayment,
};
pub use answer::{Answer, Seen, State};
pub use appointments::{
    AppointmentKind, BookAppointment, CancelAppointment, ChangeAppointment, FulfilAppointment, MarkAppointmentInError,
    RecordArrival, RecordNoShow, ReopenAppointment, Reschedule,
};
use chrono::TimeDelta;
use domain::{Decider, privilege::Role, values::Invalid};
pub use error::{CommandError, Refusal};
pub use invoices::{
    AddInvoiceLine, BillAppointment, CancelInvoice, DraftInvoice, IssueCreditNote, IssueInvoice, PaymentCertainty,
    PaymentOutcome, RefundPayment, SettlePayment, TakePayment,
};
use journal::{CommandContext, Context, Decision, Journal, Journaled, Loaded, RecordedEvent};
pub use keyed::{Caller, RequestKey};
pub use patients::{ChangePatient, DeactivatePatient, ErasePatient, ReactivatePatient, RegisterPatient};
use platform::{Clock, config::CommandSettings};
pub use practitioners::{
    AddTimeOff, ChangePractitioner, DeactivatePractitioner, RegisterPractitioner, RemoveTimeOff, SetAvailability,
};
pub use prescriptions::{
    AmendPrescription, CancelPrescription, CompletePrescription, DecideRefill, HoldPrescription, IssuePrescription,
    Prescribe, PrescriptionKind, RefillDecision, RequestRefill, ResumePrescription, StopPrescription,
};
pub use target::Target;

use self::{keyed::Settled, patients::PatientIds, pepper::Pepper, stop::Stop};

/// A command that has been carried out.
#[derive(Clone, Debug)]
pub struct Done {
    /// What it is answered with: what it made, or what is there now.
    pub answer: Answer,
    /// The position of the commit that holds what it did, in its context's stream; where the stream stood, if it did nothing.
    pub position: u64,
}

/// A command.
pub trait Command: Clone + Send + Sync + 'static {
    /// The name it goes by in traces, metrics and the description of the API.
    const NAME: &'static str;
    /// The context whose stream its events go to.
    const CONTEXT: Context;

    /// Decides on what the log says now: stages events, and says what to answer once they are stored.
    ///
    /// # Errors
    /// It breaks a rule, or something that it needs is not in memory yet.
    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop>;

    /// Carries it out: decides, and stores what was decided. A command does more only where something beside the log has to
    /// be done for it.
    ///
    /// # Errors
    /// As [`Commands::execute`].
    fn carry_out(
        &self,
        commands: &Commands,
        caller: &Caller,
    ) -> impl Future<Output = Result<Done, CommandError>> + Send {
        commands.store(self, caller)
    }
}

/// What commands are decided by besides what the log says.
#[derive(Debug)]
pub struct Rules {
    pepper: Pepper,
    no_show_grace: TimeDelta,
}

/// Carries out commands. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Commands(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    journal: Journal,
    clock: Clock,
    rules: Arc<Rules>,
    patient_ids: PatientIds,
    anonymous_roles: Vec<Role>,
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
            rules: Arc::new(Rules {
                pepper: Pepper::new(settings.email_pepper.expose()),
                no_show_grace: TimeDelta::minutes(settings.no_show_grace_minutes.into()),
            }),
            anonymous_roles: roles.collect::<Result<_, _>>().map_err(UnknownRole)?,
        })))
    }

    /// Ends deciding, and writes the local indexes to their files. What is asked for afterwards is refused.
    pub async fn close(self) {
        self.0.journal.clone().close().await;
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
    #[must_use]
    pub fn reacting(&self, reactor: &str, event: &RecordedEvent) -> Caller {
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
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.0.journal
    }

    /// Carries out a command.
    ///
    /// # Errors
    /// It breaks a rule, what it names is at another version than the caller insists on, its key has been used for another
    /// request, or the log does not answer.
    #[tracing::instrument(name = "command", skip_all, fields(command = C::NAME))]
    pub async fn execute<C: Command>(&self, command: &C, caller: &Caller) -> Result<Done, CommandError> {
        command.carry_out(self, caller).await
    }

    /// Decides a command, and stores what was decided.
    async fn store<C: Command>(&self, command: &C, caller: &Caller) -> Result<Done, CommandError> {
        let (command, rules) = (command.clone(), Arc::clone(&self.0.rules));
        let key = caller.key.as_ref().map(|key| key.of(&rules, &caller.context.actor));
        let decide = move |decision: &mut Decision<'_, '_>| {
            let decided = keyed::decide(&command, &rules, key.as_ref(), decision);
            stop::sort(decided)
        };
        let decided = self
            .0
            .journal
            .decide(C::CONTEXT, caller.context.clone(), decide)
            .await?;
        let position = decided.position;
        match decided.outcome? {
            Settled::Now(answer) => Ok(Done { answer, position }),
            Settled::Before(used) => self.replay(&used).await,
        }
    }
}

/// Decides a command against an aggregate and stages what was decided.
fn decide<A: Journaled>(
    decision: &mut Decision<'_, '_>,
    loaded: &mut Loaded<A>,
    command: A::Command,
) -> Result<(), Stop>
where
    Refusal: From<A::Error>,
{
    let events = Decider::decide(loaded.state(), command).map_err(Refusal::from)?;
    Ok(decision.stage(loaded, &events)?)
}
