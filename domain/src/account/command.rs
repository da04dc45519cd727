//! What can be asked of an account, and why it turns a command down.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ledger::LedgerError;
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

/// A payment towards an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// What tells it from every other payment: its idempotency key.
    pub reference: PaymentReference,
    /// The invoice that it is meant for.
    pub invoice_id: Uuid,
    /// How much.
    pub amount: Amount,
    /// How it is paid.
    pub method: PaymentMethod,
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
    /// More would be written off than is owed.
    #[error("a write-off must not exceed what is owed")]
    WriteOffExceedsDebt,
    /// More would be credited than is left of what was charged without an invoice.
    #[error("a credit note must not exceed what is left of the charges without an invoice, nor its tax their tax")]
    CreditExceedsCharges,
    /// Something is owed, or would have to be given back.
    #[error("an account with a balance cannot be closed")]
    NotBalanced,
    /// The entry cannot be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
