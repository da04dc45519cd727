//! What can be asked of an account, and why it turns a command down.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    items::{Allocations, Item},
    ledger::LedgerError,
};
use crate::values::{Amount, PaymentReference, Reason, TaxedAmount, codes::codes};

/// What can be asked of an account. Each of them can be asked again: what has been carried out is not carried out twice.
#[derive(Clone, Debug)]
pub enum AccountCommand {
    /// Open it.
    Open {
        /// Whose it is.
        patient_id: Uuid,
    },
    /// Charge the patient.
    PostCharge(Charge),
    /// Note that a payment is about to be attempted. From now on its outcome is unknown.
    InitiatePayment(Payment),
    /// Record that money has come in: of an attempt, or of a payment that was never in doubt, such as cash.
    ReceivePayment(Payment),
    /// Note that an attempt has brought no money, for certain.
    FailPayment {
        /// Which.
        reference: PaymentReference,
    },
    /// Record that money was given back.
    RefundPayment(Refund),
    /// Count money of a payment towards something else.
    MovePayment(Movement),
    /// Lower what the patient owes, without money.
    PostAdjustment(Adjustment),
    /// Close it for good.
    Close,
}

/// Something that the patient owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// What tells it from every other charge of the account.
    pub charge_id: Uuid,
    /// The invoice that it is charged by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Uuid>,
    /// How much.
    pub amount: TaxedAmount,
}

impl Charge {
    /// What is owed by it: the invoice, if it is charged by one.
    #[must_use]
    pub fn item(&self) -> Item {
        self.invoice_id.map_or(Item::Charge(self.charge_id), Item::Invoice)
    }
}

/// A payment towards an invoice, or to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// What tells it from every other payment: its idempotency key.
    pub reference: PaymentReference,
    /// The invoice that it is meant for; nothing, if it is paid to the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Uuid>,
    /// How much.
    pub amount: Amount,
    /// How it is paid.
    pub method: PaymentMethod,
    /// What a payment to the account is meant for. If it is meant for nothing, the oldest debts are paid first.
    #[serde(default, skip_serializing_if = "Allocations::is_none")]
    pub towards: Allocations,
}

impl Payment {
    /// The most items that a payment can count towards.
    pub const MOST_ALLOCATIONS: usize = 100;
}

codes! {
    /// How a payment is made.
    PaymentMethod {
        /// In coins and notes.
        Cash = "cash";
        /// By credit or debit card.
        Card = "card";
        /// By transfer from a bank account.
        BankTransfer = "bank-transfer";
        /// By direct debit from a bank account.
        DirectDebit = "direct-debit";
        /// By cheque.
        Cheque = "cheque";
        /// By the patient's insurance.
        Insurance = "insurance";
    }
}

/// Money that is given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// What tells it from every other refund of the account.
    pub refund_id: Uuid,
    /// The payment that it is taken from.
    pub reference: PaymentReference,
    /// How much.
    pub amount: Amount,
    /// The invoice that it is asked for: what counts towards it is taken first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Uuid>,
}

/// Money of a payment that is to count towards something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Movement {
    /// What tells it from every other movement of the account.
    pub movement_id: Uuid,
    /// The payment.
    pub reference: PaymentReference,
    /// What it has counted towards; nothing for money that counts towards nothing yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Item>,
    /// What it is to count towards; nothing for money that is kept for later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Item>,
    /// How much.
    pub amount: Amount,
}

/// Something that the patient does not owe after all, or will not be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Adjustment {
    /// What tells it from every other adjustment of the account.
    pub adjustment_id: Uuid,
    /// Of which kind it is.
    pub kind: AdjustmentKind,
    /// How much.
    pub amount: TaxedAmount,
    /// The invoice that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Uuid>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

codes! {
    /// The kinds of adjustment.
    AdjustmentKind {
        /// A credit note: it was charged in error, so revenue and tax go back.
        CreditNote = "credit-note";
        /// It was rightly charged, and will not be collected.
        WriteOff = "write-off";
    }
}

/// Why an account turned a command down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// There is no such account.
    #[error("no account has this id")]
    Unknown,
    /// The patient has an account.
    #[error("the account is already open")]
    AlreadyOpened,
    /// It is closed.
    #[error("the account is closed")]
    Closed,
    /// A charge, refund or adjustment of this id was another one.
    #[error("the id belongs to another entry of the account")]
    IdUsed,
    /// The payment of this reference was another one.
    #[error("the reference belongs to another payment")]
    ReferenceUsed,
    /// The outcome of an earlier payment is unknown.
    #[error("the outcome of another payment is not known yet")]
    PaymentPending,
    /// This attempt is known to have failed; another one needs a reference of its own.
    #[error("the payment has failed; another attempt needs another reference")]
    PaymentFailed,
    /// The payment has been made.
    #[error("the payment has been received")]
    PaymentCaptured,
    /// No payment of this reference has been received.
    #[error("no payment with this reference has been received")]
    UnknownPayment,
    /// The payment was meant for another invoice.
    #[error("the payment is for another invoice")]
    PaymentForAnotherInvoice,
    /// More would be given back than was taken.
    #[error("the refunds would exceed what was received")]
    RefundExceedsCaptured,
    /// Money goes back in the currency it came in.
    #[error("a refund must be in the currency of its payment")]
    RefundInAnotherCurrency,
    /// More would be counted towards something than is owed for it.
    #[error("more than what is owed for it cannot be allocated")]
    ExceedsOwed,
    /// More would be allocated than the payment comes to.
    #[error("the parts must not come to more than the payment")]
    ExceedsPayment,
    /// More would be moved than counts towards what it is moved from.
    #[error("so much of the payment does not count towards what it is moved from")]
    ExceedsAllocated,
    /// Nothing would be moved.
    #[error("the money already counts towards that")]
    MovedNowhere,
    /// The same thing is named twice.
    #[error("an invoice or a charge must be named once")]
    NamedTwice,
    /// It would count towards too many things.
    #[error("it would be spread over more than 100 invoices and charges; take less at once")]
    TooManyAllocations,
    /// What is to be paid was never charged to this account.
    #[error("the account was not charged with it")]
    UnknownItem,
    /// A payment counts towards what is owed in its currency.
    #[error("a payment counts towards what is owed in its currency")]
    PaymentInAnotherCurrency,
    /// More would be written off than is owed.
    #[error("a write-off must not exceed what is owed")]
    WriteOffExceedsDebt,
    /// More would be credited than is left of what was charged without an invoice.
    #[error("a credit note must not exceed what is left of the charges without an invoice, nor its tax their tax")]
    CreditExceedsCharges,
    /// Something is owed, or would have to be given back.
    #[error("an account with a balance, or something unpaid or unallocated, cannot be closed")]
    NotBalanced,
    /// The entry cannot be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
