//! The account: what one patient owes and has paid, as a double-entry ledger. There is one for each patient, and its id
//! is the patient's. Nothing in it is ever deleted or changed; what was wrong is put right by another entry.

mod command;
mod event;
mod ledger;
mod posted;
mod state;

#[cfg(test)]
mod scenarios;

pub use command::{AccountCommand, AccountRefusal, Adjustment, AdjustmentKind, Charge, Payment, PaymentMethod, Refund};
pub use event::{
    AccountEvent, AccountOpened, AdjustmentPosted, ChargePosted, PaymentFailed, PaymentReceived, PaymentRefunded,
};
pub use ledger::{Balance, Entry, LedgerAccount, LedgerError, Posting};
pub use posted::Posted;
pub use state::{Account, AccountStatus, CapturedPayment, PaymentState};

use crate::{
    Bare, Decider,
    aggregate::{aggregate, folded_by},
    values::PaymentReference,
};

aggregate!(Account = "account", AccountCommand => AccountEvent, AccountRefusal);

type Decision = Result<Vec<AccountEvent>, AccountRefusal>;

/// What to answer to a command that has been carried out before: nothing changes. The same id or reference on
/// something else is a mistake.
fn repeated<T: PartialEq>(before: &T, wanted: &T, mistake: AccountRefusal) -> Decision {
    if before == wanted { Ok(vec![]) } else { Err(mistake) }
}

impl Decider for Account {
    /// It lives as long as the patient stays: each visit, payment and refund is an event of it.
    const FOLDED_BY: Option<u64> = Some(folded_by(&[
        include_str!("mod.rs"),
        include_str!("state.rs"),
        include_str!("event.rs"),
        include_str!("command.rs"),
        include_str!("ledger.rs"),
        include_str!("posted.rs"),
        include_str!("../values/money.rs"),
        include_str!("../values/taxed_amount.rs"),
        include_str!("../values/tax_rate.rs"),
        include_str!("../values/text.rs"),
    ]));

    fn decide(&self, command: AccountCommand) -> Decision {
        match (&self.opened, command) {
            (Some(_), AccountCommand::Open { .. }) => Err(AccountRefusal::AlreadyOpened),
            (None, AccountCommand::Open { patient_id }) => Ok(vec![AccountEvent::Opened(AccountOpened { patient_id })]),
            (None, _) => Err(AccountRefusal::Unknown),
            (Some(_), AccountCommand::Close) if self.closed => Ok(vec![]),
            (Some(_), _) if self.closed => Err(AccountRefusal::Closed),
            (Some(_), AccountCommand::PostCharge(charge)) => self.post_charge(charge),
            (Some(_), AccountCommand::InitiatePayment(payment)) => self.initiate(payment),
            (Some(_), AccountCommand::ReceivePayment(payment)) => self.receive(payment),
            (Some(_), AccountCommand::FailPayment { reference }) => self.fail(reference),
            (Some(_), AccountCommand::RefundPayment(refund)) => self.refund(refund),
            (Some(_), AccountCommand::PostAdjustment(adjustment)) => self.post_adjustment(adjustment),
            (Some(_), AccountCommand::Close) => self.close(),
        }
    }

    fn evolve(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Opened(opened) => self.opened = Some(*opened),
            AccountEvent::ChargePosted(posted) => {
                self.ledger.post(&posted.entry);
                self.charges.insert(posted.charge.charge_id, posted.charge);
            }
            AccountEvent::PaymentInitiated(payment) => self.put(payment, PaymentState::Initiated),
            AccountEvent::PaymentReceived(received) => {
                self.ledger.post(&received.entry);
                self.put(&received.payment, PaymentState::Captured);
            }
            AccountEvent::PaymentFailed(failed) => {
                if let Some((_, state)) = self.payments.get_mut(&failed.reference) {
                    *state = PaymentState::Failed;
                }
            }
            AccountEvent::PaymentRefunded(refunded) => {
                self.ledger.post(&refunded.entry);
                self.refunds.insert(refunded.refund.refund_id, refunded.refund.clone());
            }
            AccountEvent::AdjustmentPosted(posted) => {
                self.ledger.post(&posted.entry);
                self.adjustments
                    .insert(posted.adjustment.adjustment_id, posted.adjustment.clone());
            }
            AccountEvent::Closed(_) => self.closed = true,
        }
    }

    fn data_subject(&self, _own_id: &str) -> Option<String> {
        self.patient_id().map(|patient| patient.to_string())
    }
}

impl Account {
    fn post_charge(&self, charge: Charge) -> Decision {
        if let Some(before) = self.charges.get(&charge.charge_id) {
            return repeated(before, &charge, AccountRefusal::IdUsed);
        }
        let entry = Entry::of_charge(charge.amount)?;
        Ok(vec![AccountEvent::ChargePosted(ChargePosted { charge, entry })])
    }

    /// A payment whose outcome is not known yet stands in the way of every other: the money may have been taken.
    fn initiate(&self, payment: Payment) -> Decision {
        match self.payments.get(&payment.reference) {
            Some((before, _)) if *before != payment => Err(AccountRefusal::ReferenceUsed),
            Some((_, PaymentState::Failed)) => Err(AccountRefusal::PaymentFailed),
            Some((_, PaymentState::Initiated | PaymentState::Captured)) => Ok(vec![]),
            None if self.pending_payment().is_some() => Err(AccountRefusal::PaymentPending),
            None => Ok(vec![AccountEvent::PaymentInitiated(payment)]),
        }
    }

    /// Money that has come in is recorded whatever was known of the attempt before: even one that was held to have
    /// failed. Only an attempt that nobody has heard of waits for the one whose outcome is open.
    fn receive(&self, payment: Payment) -> Decision {
        match self.payments.get(&payment.reference) {
            Some((before, _)) if *before != payment => Err(AccountRefusal::ReferenceUsed),
            Some((_, PaymentState::Captured)) => Ok(vec![]),
            None if self.pending_payment().is_some() => Err(AccountRefusal::PaymentPending),
            Some((_, PaymentState::Initiated | PaymentState::Failed)) | None => {
                let entry = Entry::of_payment(payment.amount)?;
                Ok(vec![AccountEvent::PaymentReceived(PaymentReceived { payment, entry })])
            }
        }
    }

    fn fail(&self, reference: PaymentReference) -> Decision {
        match self.payments.get(&reference) {
            None => Err(AccountRefusal::UnknownPayment),
            Some((_, PaymentState::Captured)) => Err(AccountRefusal::PaymentCaptured),
            Some((_, PaymentState::Failed)) => Ok(vec![]),
            Some((_, PaymentState::Initiated)) => Ok(vec![AccountEvent::PaymentFailed(PaymentFailed { reference })]),
        }
    }

    fn refund(&self, refund: Refund) -> Decision {
        if let Some(before) = self.refunds.get(&refund.refund_id) {
            return repeated(before, &refund, AccountRefusal::IdUsed);
        }
        let captured = self.received(&refund.reference)?.amount.money();
        let wanted = refund.amount.money();
        if wanted.currency() != captured.currency() {
            return Err(AccountRefusal::RefundInAnotherCurrency);
        }
        if self.refunded_minor(&refund.reference) + i128::from(wanted.minor()) > i128::from(captured.minor()) {
            return Err(AccountRefusal::RefundExceedsCaptured);
        }
        let entry = Entry::of_refund(refund.amount)?;
        Ok(vec![AccountEvent::PaymentRefunded(PaymentRefunded { refund, entry })])
    }

    fn post_adjustment(&self, adjustment: Adjustment) -> Decision {
        if let Some(before) = self.adjustments.get(&adjustment.adjustment_id) {
            return repeated(before, &adjustment, AccountRefusal::IdUsed);
        }
        let total = adjustment.amount.total();
        match adjustment.kind {
            AdjustmentKind::WriteOff
                if i128::from(total.minor()) > self.balance_minor(LedgerAccount::Receivable, total.currency()) =>
            {
                return Err(AccountRefusal::WriteOffExceedsDebt);
            }
            // Of what is on an invoice, the invoice knows what has been credited.
            AdjustmentKind::CreditNote if adjustment.invoice_id.is_none() && !self.can_credit(adjustment.amount) => {
                return Err(AccountRefusal::CreditExceedsCharges);
            }
            AdjustmentKind::WriteOff | AdjustmentKind::CreditNote => {}
        }
        let entry = match adjustment.kind {
            AdjustmentKind::CreditNote => Entry::of_credit_note(adjustment.amount),
            AdjustmentKind::WriteOff => Entry::of_write_off(adjustment.amount),
        }?;
        Ok(vec![AccountEvent::AdjustmentPosted(AdjustmentPosted {
            adjustment,
            entry,
        })])
    }

    fn close(&self) -> Decision {
        if self.pending_payment().is_some() {
            return Err(AccountRefusal::PaymentPending);
        }
        let mut owed = self.balances().iter();
        if owed.any(|balance| balance.account == LedgerAccount::Receivable && balance.minor != 0) {
            return Err(AccountRefusal::NotBalanced);
        }
        Ok(vec![AccountEvent::Closed(Bare {})])
    }
}
