//! What can have happened to an account.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    command::{Adjustment, Charge, Movement, Payment, Refund},
    items::Allocations,
    ledger::Entry,
};
use crate::{Bare, aggregate::events, values::PaymentReference};

events! {
    /// What can have happened to an account.
    AccountEvent {
        /// It was opened.
        Opened(AccountOpened) = "account.opened", version 1;
        /// The patient was charged.
        ChargePosted(ChargePosted) = "charge.posted", version 1;
        /// A payment is being attempted; its outcome is unknown until it is received or has failed.
        PaymentInitiated(Payment) = "payment.initiated", version 2;
        /// Money came in.
        PaymentReceived(PaymentReceived) = "payment.received", version 2;
        /// An attempt brought no money.
        PaymentFailed(PaymentFailed) = "payment.failed", version 1;
        /// Money was given back.
        PaymentRefunded(PaymentRefunded) = "payment.refunded", version 1;
        /// Money of a payment counts towards something else.
        PaymentMoved(Movement) = "payment.moved", version 1;
        /// What the patient owes was lowered without money.
        AdjustmentPosted(AdjustmentPosted) = "adjustment.posted", version 1;
        /// It was closed.
        Closed(Bare) = "account.closed", version 1;
    }
}

/// The content of `account.opened`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountOpened {
    /// Whose it is.
    pub patient_id: Uuid,
}

/// The content of `charge.posted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargePosted {
    /// What is owed.
    #[serde(flatten)]
    pub charge: Charge,
    /// How it stands in the ledger.
    pub entry: Entry,
}

/// The content of `payment.received`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentReceived {
    /// What was paid.
    #[serde(flatten)]
    pub payment: Payment,
    /// How it stands in the ledger.
    pub entry: Entry,
    /// What it counts towards. The rest counts towards nothing yet, and is the patient's.
    #[serde(default, skip_serializing_if = "Allocations::is_none")]
    pub allocations: Allocations,
}

/// The content of `payment.failed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentFailed {
    /// Which attempt.
    pub reference: PaymentReference,
}

/// The content of `payment.refunded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentRefunded {
    /// What was given back.
    #[serde(flatten)]
    pub refund: Refund,
    /// How it stands in the ledger.
    pub entry: Entry,
    /// What it does not count towards any more. The rest counted towards nothing.
    #[serde(default, skip_serializing_if = "Allocations::is_none")]
    pub released: Allocations,
}

/// The content of `adjustment.posted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustmentPosted {
    /// What is not owed after all.
    #[serde(flatten)]
    pub adjustment: Adjustment,
    /// How it stands in the ledger.
    pub entry: Entry,
    /// What is lowered, if no invoice is named.
    #[serde(default, skip_serializing_if = "Allocations::is_none")]
    pub allocations: Allocations,
}
