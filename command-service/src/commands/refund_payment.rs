//! Giving back money that was received for an invoice: never more of a payment than came in.

use domain::account::{AccountCommand, Refund};
use journal::{CommandContext, Context, Freshness, UnitOfWork};
use schemas::api::PaymentResource;

use super::{Attempted, Caller, Command, CommandError, Commands, Done, Refusal, Target, created, decide};

/// Refunds a payment, or a part of it.
#[derive(Clone, Debug)]
pub struct RefundPayment {
    /// The invoice.
    pub target: Target,
    /// What is given back.
    pub refund: Refund,
}

impl Commands {
    /// Refunds a payment.
    ///
    /// # Errors
    /// No such payment was received for the invoice, less than the refund is left of it, or the log does not answer.
    pub async fn refund_payment(&self, command: &RefundPayment, caller: &Caller) -> Result<Done, CommandError> {
        self.execute(command, caller).await
    }
}

impl Command for RefundPayment {
    const NAME: &'static str = "refund-payment";
    const CONTEXT: Context = Context::Billing;

    async fn attempt(
        &self,
        commands: &Commands,
        _context: &CommandContext,
        freshness: Freshness,
    ) -> Result<Attempted, CommandError> {
        let mut work = UnitOfWork::new(Self::CONTEXT);
        let (invoice, drafted) = commands.drafted_invoice(self.target, freshness).await?;
        let mut account = commands.charged_account(drafted.patient_id, freshness).await?;
        let reference = &self.refund.reference;
        account
            .state()
            .captured(reference, self.target.id)
            .map_err(Refusal::Account)?;
        decide(
            &mut work,
            &mut account,
            AccountCommand::RefundPayment(self.refund.clone()),
        )?;
        let state = account.state();
        let (payment, outcome) = state
            .payment(reference)
            .ok_or_else(|| CommandError::Broken("a payment that was refunded is not there".to_owned()))?;
        let refunded = state.refunded_minor(reference);
        let resource = PaymentResource::new(drafted.patient_id, payment, outcome, refunded);
        let location = format!("/api/invoices/{}/payments", self.target.id);
        Ok(Attempted {
            work,
            answer: created(location, invoice.version(), &resource)?,
            data_subject: commands.data_subject(drafted.patient_id, freshness).await?,
            position: account.head().position,
        })
    }
}
