//! An account's state, and what it can prove to others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    command::{AccountRefusal, Adjustment, Charge, Payment, Refund},
    event::AccountOpened,
    ledger::{Balance, Ledger, LedgerAccount},
};
use crate::values::{Amount, Currency, PaymentReference, TaxedAmount, codes::codes};

/// An account's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Account {
    pub(super) opened: Option<AccountOpened>,
    pub(super) closed: bool,
    pub(super) ledger: Ledger,
    pub(super) charges: BTreeMap<Uuid, Charge>,
    pub(super) payments: BTreeMap<PaymentReference, (Payment, PaymentState)>,
    pub(super) refunds: BTreeMap<Uuid, Refund>,
    pub(super) adjustments: BTreeMap<Uuid, Adjustment>,
}

codes! {
    /// Whether an account takes entries.
    AccountStatus {
        /// It does.
        Open = "open";
        /// It does not any more.
        Closed = "closed";
    }
}

codes! {
    /// What is known of a payment's outcome.
    PaymentState {
        /// It is being attempted: nothing is known.
        Initiated = "initiated";
        /// The money is there.
        Captured = "captured";
        /// There is no money.
        Failed = "failed";
    }
}

/// Proof that a payment has been received: only [`Account::captured`] gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedPayment(Payment);

impl CapturedPayment {
    /// What tells it from every other payment.
    #[must_use]
    pub const fn reference(&self) -> &PaymentReference {
        &self.0.reference
    }

    /// How much was received.
    #[must_use]
    pub const fn amount(&self) -> Amount {
        self.0.amount
    }
}

impl Account {
    /// Whose it is; nobody's before it is opened.
    #[must_use]
    pub fn patient_id(&self) -> Option<Uuid> {
        self.opened.map(|opened| opened.patient_id)
    }

    /// Whether it takes entries.
    #[must_use]
    pub const fn status(&self) -> AccountStatus {
        match self.closed {
            true => AccountStatus::Closed,
            false => AccountStatus::Open,
        }
    }

    /// Whether it has been closed.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// What the postings to each account of the ledger have come to. In each currency they sum to zero.
    #[must_use]
    pub fn balances(&self) -> &[Balance] {
        self.ledger.balances()
    }

    /// What the postings to one account of the ledger have come to, in minor units of a currency. Of
    /// [`LedgerAccount::Receivable`] it is what the patient owes.
    #[must_use]
    pub fn balance_minor(&self, account: LedgerAccount, currency: Currency) -> i128 {
        let mut balances = self.balances().iter();
        balances
            .find(|balance| balance.account == account && balance.currency == currency)
            .map_or(0, |balance| balance.minor)
    }

    /// The payment whose outcome is not known.
    #[must_use]
    pub fn pending_payment(&self) -> Option<&Payment> {
        let mut payments = self.payments.values();
        payments
            .find(|(_, state)| *state == PaymentState::Initiated)
            .map(|(payment, _)| payment)
    }

    /// The references of all payments, received or not, in one order.
    pub fn payments(&self) -> impl Iterator<Item = &PaymentReference> {
        self.payments.keys()
    }

    /// A payment that has been attempted, and what is known of its outcome.
    #[must_use]
    pub fn payment(&self, reference: &PaymentReference) -> Option<(&Payment, PaymentState)> {
        let known = self.payments.get(reference);
        known.map(|(payment, state)| (payment, *state))
    }

    /// Checks that a payment has been received, and for this invoice.
    ///
    /// # Errors
    /// It has not, that is not known, or it was meant for another invoice.
    pub fn captured(&self, reference: &PaymentReference, invoice_id: Uuid) -> Result<CapturedPayment, AccountRefusal> {
        let payment = self.received(reference)?;
        if payment.invoice_id != invoice_id {
            return Err(AccountRefusal::PaymentForAnotherInvoice);
        }
        Ok(CapturedPayment(payment.clone()))
    }

    pub(super) fn received(&self, reference: &PaymentReference) -> Result<&Payment, AccountRefusal> {
        match self.payments.get(reference) {
            Some((payment, PaymentState::Captured)) => Ok(payment),
            Some((_, PaymentState::Initiated)) => Err(AccountRefusal::PaymentPending),
            Some((_, PaymentState::Failed)) => Err(AccountRefusal::PaymentFailed),
            None => Err(AccountRefusal::UnknownPayment),
        }
    }

    /// How much of a payment has been given back, in minor units.
    #[must_use]
    pub fn refunded_minor(&self, reference: &PaymentReference) -> i128 {
        let of_payment = self.refunds.values().filter(|refund| refund.reference == *reference);
        of_payment.map(|refund| i128::from(refund.amount.money().minor())).sum()
    }

    /// Whether so much, and so much tax, is left of what was charged without an invoice, and neither credited nor
    /// written off.
    pub(super) fn can_credit(&self, amount: TaxedAmount) -> bool {
        let currency = amount.total().currency();
        let sum = |amounts: &mut dyn Iterator<Item = TaxedAmount>| {
            let same = amounts.filter(|one| one.total().currency() == currency);
            same.fold((0, 0), |(net, tax), one| {
                (net + i128::from(one.net().minor()), tax + i128::from(one.tax().minor()))
            })
        };
        let charges = self.charges.values().filter(|charge| charge.invoice_id.is_none());
        let charged = sum(&mut charges.map(|charge| charge.amount));
        let lowered = self.adjustments.values().filter(|before| before.invoice_id.is_none());
        let credited = sum(&mut lowered.map(|before| before.amount).chain([amount]));
        credited.0 <= charged.0 && credited.1 <= charged.1
    }

    pub(super) fn put(&mut self, payment: &Payment, state: PaymentState) {
        self.payments
            .insert(payment.reference.clone(), (payment.clone(), state));
    }
}
