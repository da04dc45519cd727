//! Refunding a payment of an invoice. Refunds never exceed the payment.

use domain::{
    account::{AccountCommand, Refund},
    invoice::Invoice,
};
use journal::{Context, Decision};

use crate::{
    Answer, Command, Refusal, Rules, Target,
    accounts::{charged_account, enter},
    invoices::drafted_invoice,
    stop::Stop,
};

/// Refunds a payment in full or in part.
#[derive(Clone, Debug)]
pub struct RefundPayment {
    /// The invoice and its expected version.
    pub target: Target,
    /// The refund.
    pub refund: Refund,
}

impl Command for RefundPayment {
    const NAME: &'static str = "refund-payment";
    const CONTEXT: Context = Context::Billing;

    fn decide(&self, _rules: &Rules, decision: &mut Decision<'_, '_>) -> Result<Answer, Stop> {
        let (_, drafted) = drafted_invoice(self.target, decision)?;
        let mut account = charged_account(drafted.patient_id, decision)?;
        let reference = &self.refund.reference;
        let captured = account.state().captured(reference, self.target.id);
        captured.map_err(Refusal::Account)?;
        let refund = AccountCommand::RefundPayment(self.refund.clone());
        enter(decision, &mut account, refund)?;
        let invoice = decision.load::<Invoice>(self.target.id)?;
        let answer = Answer::payment(self.target.id, invoice.version(), &account, reference)?.made();
        Ok(answer.about(drafted.patient_id, decision)?)
    }
}
