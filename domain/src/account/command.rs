//! Commands of an account and its refusals.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    items::{Allocations, Item},
    ledger::LedgerError,
};
use crate::values::{Amount, PaymentReference, Reason, TaxedAmount, codes::codes};

/// A command on an account. A repeated command never takes effect twice.
#[derive(Clone, Debug)]
pub enum AccountCommand {
    /// Open the account.
    Open {
        /// The account's patient.
        patient_id: Uuid,
    },
    /// Charge the patient.
    PostCharge(Charge),
    /// Record the start of a payment attempt. Its outcome is unknown until it is received or fails.
    InitiatePayment(Payment),
    /// Record received money: of an attempt, or of a payment without one, such as cash.
    ReceivePayment(Payment),
    /// Record that an attempt has definitely failed.
    FailPayment {
        /// The payment's reference.
        reference: PaymentReference,
    },
    /// Record a refund.
    RefundPayment(Refund),
    /// Move allocated or unallocated money of a payment.
    MovePayment(Movement),
    /// Lower the patient's debt without a payment.
    PostAdjustment(Adjustment),
    /// Close the account for good.
    Close,
}

/// A charge to the patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Charge {
    /// The id of the charge, unique within the account.
    pub charge_id: Uuid,
    /// The charge's invoice, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Uuid>,
    /// The amount.
    pub amount: TaxedAmount,
}

impl Charge {
    /// The item that the charge is owed for: its invoice, or the charge itself.
    #[must_use]
    pub fn item(&self) -> Item {
        self.invoice_id.map_or(Item::Charge(self.charge_id), Item::Invoice)
    }
}

/// A payment towards an invoice or to the account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// The payment's reference, which is its idempotency key.
    pub reference: PaymentReference,
    /// The payment's invoice: `None` for a payment to the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Uuid>,
    /// The amount.
    pub amount: Amount,
    /// The method of payment.
    pub method: PaymentMethod,
    /// The wanted allocations of a payment to the account. If there are none, the oldest debts are paid first.
    #[serde(default, skip_serializing_if = "Allocations::is_none")]
    pub towards: Allocations,
}

impl Payment {
    /// The limit of items that one payment is allocated to.
    pub const MOST_ALLOCATIONS: usize = 100;
}

codes! {
    /// A method of payment.
    PaymentMethod {
        /// Coins and notes.
        Cash = "cash";
        /// Credit or debit card.
        Card = "card";
        /// Bank transfer.
        BankTransfer = "bank-transfer";
        /// Direct debit.
        DirectDebit = "direct-debit";
        /// Cheque.
        Cheque = "cheque";
        /// The patient's insurance.
        Insurance = "insurance";
    }
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// The id of the refund, unique within the account.
    pub refund_id: Uuid,
    /// The reference of the refunded payment.
    pub reference: PaymentReference,
    /// The amount.
    pub amount: Amount,
    /// The invoice that the refund is for. Its allocation is released before others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Uuid>,
}

/// A movement of a payment's money to another item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Movement {
    /// The id of the movement, unique within the account.
    pub movement_id: Uuid,
    /// The payment's reference.
    pub reference: PaymentReference,
    /// The source: `None` for unallocated money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Item>,
    /// The target: `None` leaves the money unallocated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Item>,
    /// The amount.
    pub amount: Amount,
}

/// An adjustment that lowers the patient's debt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Adjustment {
    /// The id of the adjustment, unique within the account.
    pub adjustment_id: Uuid,
    /// The kind of adjustment.
    pub kind: AdjustmentKind,
    /// The amount.
    pub amount: TaxedAmount,
    /// The invoice that it adjusts, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_id: Option<Uuid>,
    /// The reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

codes! {
    /// A kind of adjustment.
    AdjustmentKind {
        /// A correction of a wrong charge. It reverses revenue and tax.
        CreditNote = "credit-note";
        /// A correct charge that will not be collected.
        WriteOff = "write-off";
    }
}

/// The reason an account refuses a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountRefusal {
    /// No account with this id exists.
    #[error("no account has this id")]
    Unknown,
    /// The account is already open.
    #[error("the account is already open")]
    AlreadyOpened,
    /// The account is closed.
    #[error("the account is closed")]
    Closed,
    /// The id belongs to a different entry.
    #[error("the id belongs to another entry of the account")]
    IdUsed,
    /// The reference belongs to a different payment.
    #[error("the reference belongs to another payment")]
    ReferenceUsed,
    /// The outcome of another payment is unknown.
    #[error("the outcome of another payment is unknown")]
    PaymentPending,
    /// The attempt has failed. A new attempt needs a new reference.
    #[error("the payment has failed; another attempt needs another reference")]
    PaymentFailed,
    /// The payment is already received.
    #[error("the payment has been received")]
    PaymentCaptured,
    /// No payment with this reference has been received.
    #[error("no payment with this reference has been received")]
    UnknownPayment,
    /// The payment is for another invoice.
    #[error("the payment is for another invoice")]
    PaymentForAnotherInvoice,
    /// The refunds would exceed the payment.
    #[error("the refunds would exceed the received amount")]
    RefundExceedsCaptured,
    /// The currency of the refund differs from that of the payment.
    #[error("a refund must be in the currency of its payment")]
    RefundInAnotherCurrency,
    /// The allocation exceeds the amount owed for the item.
    #[error("the allocation exceeds the amount owed for the item")]
    ExceedsOwed,
    /// The allocations exceed the payment.
    #[error("the allocations must not exceed the payment")]
    ExceedsPayment,
    /// The movement exceeds the money allocated to its source.
    #[error("the amount exceeds the part of the payment allocated to the source")]
    ExceedsAllocated,
    /// Source and target of the movement are the same.
    #[error("the source and the target of the movement are the same")]
    MovedNowhere,
    /// An item occurs twice in the allocations.
    #[error("each invoice or charge can be named only once")]
    NamedTwice,
    /// The amount would cover too many items.
    #[error("the amount would cover more than 100 invoices and charges; use a smaller amount")]
    TooManyAllocations,
    /// The account has no such invoice or charge.
    #[error("the account has no such invoice or charge")]
    UnknownItem,
    /// The item is in another currency than the payment.
    #[error("a payment can be allocated only to items in its currency")]
    PaymentInAnotherCurrency,
    /// The write-off exceeds the debt.
    #[error("a write-off must not exceed the amount owed")]
    WriteOffExceedsDebt,
    /// The credit note exceeds the remaining charges without an invoice.
    #[error("a credit note and its tax must not exceed the remaining charges without an invoice")]
    CreditExceedsCharges,
    /// The account has reached [`Account::MOST_ENTRIES`](super::Account::MOST_ENTRIES), or the limit for settling.
    #[error("an account takes no charges beyond 10000 entries, and 2000 more entries to settle it")]
    TooManyEntries,
    /// The account has a balance, unpaid items or unallocated money.
    #[error("an account with a balance, unpaid items or unallocated money cannot be closed")]
    NotBalanced,
    /// The entry is invalid.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}
