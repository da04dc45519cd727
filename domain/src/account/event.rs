//! Events of an account.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    command::{Adjustment, Charge, Movement, Payment, Refund},
    items::Allocations,
    ledger::Entry,
};
use crate::{Bare, aggregate::events, values::PaymentReference};

events! {
    /// An event of an account.
    AccountEvent {
        /// The account was opened.
        Opened(AccountOpened) = "account.opened", version 1;
        /// The patient was charged.
        ChargePosted(ChargePosted) = "charge.posted", version 1;
        /// A payment attempt started. Its outcome is unknown until it is received or fails.
        PaymentInitiated(Payment) = "payment.initiated", version 2;
        /// A payment was received.
        PaymentReceived(PaymentReceived) = "payment.received", version 2;
        /// A payment attempt failed.
        PaymentFailed(PaymentFailed) = "payment.failed", version 1;
        /// A payment was refunded.
        PaymentRefunded(PaymentRefunded) = "payment.refunded", version 1;
        /// Money of a payment was moved to another item.
        PaymentMoved(Movement) = "payment.moved", version 1;
        /// The patient's debt was lowered without a payment.
        AdjustmentPosted(AdjustmentPosted) = "adjustment.posted", version 1;
        /// The account was closed.
        Closed(Bare) = "account.closed", version 1;
    }
}

/// The body of `account.opened`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountOpened {
    /// The account's patient.
    pub patient_id: Uuid,
}

/// The body of `charge.posted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargePosted {
    /// The charge.
    #[serde(flatten)]
    pub charge: Charge,
    /// The ledger entry.
    pub entry: Entry,
}

/// The body of `payment.received`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReceived {
    /// The payment.
    #[serde(flatten)]
    pub payment: Payment,
    /// The ledger entry.
    pub entry: Entry,
    /// The allocations. The rest of the payment is unallocated.
    #[serde(default, skip_serializing_if = "Allocations::is_none")]
    pub allocations: Allocations,
}

/// The body of `payment.failed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFailed {
    /// The reference of the failed attempt.
    pub reference: PaymentReference,
}

/// The body of `payment.refunded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRefunded {
    /// The refund.
    #[serde(flatten)]
    pub refund: Refund,
    /// The ledger entry.
    pub entry: Entry,
    /// The released allocations. The rest of the refund comes from unallocated money.
    #[serde(default, skip_serializing_if = "Allocations::is_none")]
    pub released: Allocations,
}

/// The body of `adjustment.posted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentPosted {
    /// The adjustment.
    #[serde(flatten)]
    pub adjustment: Adjustment,
    /// The ledger entry.
    pub entry: Entry,
    /// The lowered items, if the adjustment names no invoice.
    #[serde(default, skip_serializing_if = "Allocations::is_none")]
    pub allocations: Allocations,
}
