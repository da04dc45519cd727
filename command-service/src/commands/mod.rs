//! The command path: a command says what it needs by asking for it, and decides purely; the journal stores what was decided.
//!
//! HTTP, gRPC, the reactors and the importers come in here alike, with values that have been parsed already. One file a
//! command.

mod accounts;
mod add_invoice_line;
mod add_time_off;
mod amend_prescription;
mod answer;
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
mod deactivate_patient;
mod deactivate_practitioner;
mod decide_refill;
mod draft_invoice;
mod emails;
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
mod patient_change;
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
mod replay;
mod request_refill;
mod resume_prescription;
mod set_availability;
mod settle_payment;
mod stop;
mod stop_prescription;
mod take_payment;
mod target;
mod time;

use std::sync::Arc;

pub use add_invoice_line::AddInvoiceLine;
pub use add_time_off::AddTimeOff;
pub use amend_prescription::AmendPrescription;
pub use answer::{Answer, Shown};
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
use domain::{Decider, privilege::Role, values::Invalid};
pub use draft_invoice::DraftInvoice;
pub use erase_patient::ErasePatient;
pub use error::{CommandError, Refusal};
pub use fulfil_appointment::FulfilAppointment;
pub use hold_prescription::HoldPrescription;
pub use issue_credit_note::IssueCreditNote;
pub use issue_invoice::IssueInvoice;
pub use issue_prescription::IssuePrescription;
use journal::{CommandContext, Context, Decision, Journal, Journaled, Loaded, RecordedEvent};
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

use self::{emails::Pepper, keyed::Settled, patient_ids::PatientIds, stop::Stop};

/// A command that has been carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What it is answered with: what it made, or what is there now.
    pub answer: Answer,
    /// The position of the commit that holds what it did, in its context's stream; where the stream stood, if it did nothing.
    pub position: u64,
}

/// A command.
trait Command: Clone + Send + Sync + 'static {
    /// The name it goes by in traces and metrics.
    const NAME: &'static str;
    /// The context whose stream its events go to.
    const CONTEXT: Context;

    /// Decides on what the log says now: stages events, and says what to answer once they are stored.
    fn decide(&self, rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop>;
}

/// What commands are decided by besides what the log says.
#[derive(Debug)]
struct Rules {
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

    #[tracing::instrument(name = "command", skip_all, fields(command = C::NAME))]
    async fn execute<C: Command>(&self, command: &C, caller: &Caller) -> Result<Done, CommandError> {
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
