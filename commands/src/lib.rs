//! The command path: a command loads what it needs and decides, and the journal stores the decision.
//!
//! HTTP, gRPC, reactors and importers all call [`Commands::execute`] with parsed values and render the result. Nothing
//! here knows a transport. Each noun has a folder, and each command a file.

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
    AppointmentKind, BookAppointment, CancelAppointment, ChangeAppointment, FulfilAppointment, History,
    MarkAppointmentInError, RecordArrival, RecordNoShow, ReopenAppointment, Reschedule,
};
use chrono::TimeDelta;
use domain::{Decider, access::Role, unique_identifiers::UniqueSystems, values::Invalid};
pub use error::{CommandError, Refusal};
pub use invoices::{
    AddInvoiceLine, BillAppointment, CancelInvoice, DraftInvoice, IssueCreditNote, IssueInvoice, PaymentCertainty,
    PaymentOutcome, RefundPayment, SettlePayment, TakePayment, WithdrawBill,
};
use journal::{CommandContext, Context, Decision, Journal, Journaled, Loaded, RecordedEvent};
pub use keyed::{Caller, RequestKey};
pub use patients::{
    ChangePatient, DeactivatePatient, ErasePatient, ReactivatePatient, RecordDeath, RegisterPatient, RevokeDeath,
};
use platform::Clock;
pub use practitioners::{
    AddTimeOff, ChangePractitioner, DeactivatePractitioner, RegisterPractitioner, RemoveTimeOff, SetAvailability,
};
pub use prescriptions::{
    AmendPrescription, CancelPrescription, CompletePrescription, DecideRefill, HoldPrescription, IssuePrescription,
    Prescribe, PrescriptionKind, RefillDecision, RequestRefill, ResumePrescription, StopPrescription,
};
use settings::CommandSettings;
pub use target::Target;

use self::{keyed::Settled, patients::PatientIds, pepper::Pepper, stop::Stop};

/// The result of an executed command.
#[derive(Clone, Debug)]
pub struct Done {
    /// The answer: the resource that the command created, changed or left as it is.
    pub answer: Answer,
    /// The position of the command's commit in its context's stream. If the command changed nothing, the position of
    /// the stream at the decision.
    pub position: u64,
}

/// A command.
pub trait Command: Clone + Send + Sync + 'static {
    /// The command's name in traces, metrics and the API description.
    const NAME: &'static str;
    /// The context of the stream that its events go to.
    const CONTEXT: Context;

    /// Decides from the present state of the log: stages events and returns the answer to give once they are stored.
    ///
    /// # Errors
    /// The command breaks a rule, or needs something that is not in memory yet.
    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop>;

    /// Decides and stores the command. A command overrides this only to do work outside the log.
    ///
    /// # Errors
    /// See [`Commands::execute`].
    fn carry_out(
        &self,
        commands: &Commands,
        caller: &Caller,
    ) -> impl Future<Output = Result<Done, CommandError>> + Send {
        commands.store(self, caller)
    }
}

/// The settings that decisions use besides the log.
#[derive(Debug)]
pub struct Rules {
    pepper: Pepper,
    booking_horizon: TimeDelta,
    early_arrival: TimeDelta,
    early_fulfilment: TimeDelta,
    unique_systems: UniqueSystems,
    no_show_grace: TimeDelta,
}

/// Executes commands. It is cheap to clone.
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

/// An invalid setting of the command side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSetting {
    /// An unknown role.
    #[error("each of `commands.anonymous_roles` {0}")]
    Role(Invalid),
    /// A system that is not a URI.
    #[error("each of `commands.unique_identifier_systems` {0}")]
    System(Invalid),
}

impl Commands {
    /// Creates the command path on a journal.
    ///
    /// # Errors
    /// A setting is invalid.
    pub fn new(journal: Journal, clock: Clock, settings: &CommandSettings) -> Result<Self, InvalidSetting> {
        let unique_systems = UniqueSystems::parse(&settings.unique_identifier_systems);
        let roles = settings.anonymous_roles.iter().map(|role| Role::parse(role));
        Ok(Self(Arc::new(Inner {
            patient_ids: PatientIds::new(journal.clone()),
            journal,
            clock,
            rules: Arc::new(Rules {
                pepper: Pepper::new(settings.email_pepper.expose()),
                booking_horizon: TimeDelta::days(settings.booking_horizon_days.into()),
                early_arrival: TimeDelta::minutes(settings.early_arrival_minutes.into()),
                early_fulfilment: TimeDelta::minutes(settings.early_fulfilment_minutes.into()),
                unique_systems: unique_systems.map_err(InvalidSetting::System)?,
                no_show_grace: TimeDelta::minutes(settings.no_show_grace_minutes.into()),
            }),
            anonymous_roles: roles.collect::<Result<_, _>>().map_err(InvalidSetting::Role)?,
        })))
    }

    /// Stops deciding and writes the local indexes to their files. Later commands are refused.
    pub async fn close(self) {
        self.0.journal.clone().close().await;
    }

    /// The clock of the command path.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The caller for a command of `actor`, an opaque id, at the present time. Since the actor is not authenticated,
    /// the caller has the roles of anonymous users.
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

    /// The caller for a command of a reactor because of an event. It keeps the event's correlation id. It has no roles
    /// and needs no key, because a reactor's commands are idempotent.
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

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.0.journal
    }

    /// Executes a command.
    ///
    /// # Errors
    /// The command breaks a rule, expects another version, reuses the key of another request, or the log is
    /// unavailable.
    #[tracing::instrument(name = "command", skip_all, fields(command = C::NAME))]
    pub async fn execute<C: Command>(&self, command: &C, caller: &Caller) -> Result<Done, CommandError> {
        command.carry_out(self, caller).await
    }

    /// Decides a command and stores the decision.
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

/// Decides a command on an aggregate and stages its events.
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
