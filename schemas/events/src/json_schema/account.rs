//! The events of an account.

use domain::account::{
    AccountEvent, AccountOpened, Adjustment, AdjustmentPosted, Allocation, Allocations, Charge, ChargePosted, Entry,
    Item, Movement, Payment, PaymentFailed, PaymentReceived, PaymentRefunded, Posting, Refund,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Described, DescribedObject, Property, describe_events, describe_object, field, limited, object_of};

describe_events! {
    AccountEvent {
        "account.opened" => Opened, "A patient's account was opened.";
        "charge.posted" => ChargePosted, "The patient was charged.";
        "payment.initiated" => PaymentInitiated,
            "A payment attempt started. Its outcome is unknown until it is received or fails.";
        "payment.received" => PaymentReceived, "A payment was received.";
        "payment.failed" => PaymentFailed, "A payment attempt failed.";
        "payment.refunded" => PaymentRefunded, "A payment was refunded, in whole or in part.";
        "payment.moved" => PaymentMoved, "Money of a payment was moved to another item.";
        "adjustment.posted" => AdjustmentPosted, "The patient's debt was lowered without a payment.";
        "account.closed" => Closed, "The account was closed.";
    }
}

describe_object! {
    AccountOpened {
        "patientId" => patient_id, "Id of the patient.";
    }
}

describe_object! {
    Charge {
        "chargeId" => charge_id, "Id of the charge, unique within the account.";
        "invoiceId" => invoice_id, "Id of the charged invoice; absent for a charge without an invoice.";
        "amount" => amount, "Charged amount and its tax.";
    }
}

describe_object! {
    ChargePosted {
        ..charge;
        "entry" => entry, "Ledger entry.";
    }
}

describe_object! {
    Payment {
        "reference" => reference, "Reference of the payer or the provider, unique within the account.";
        "invoiceId" => invoice_id, "Id of the paid invoice; absent for a payment to the account.";
        "amount" => amount, "Paid amount.";
        "method" => method, "Payment method.";
        "towards" => towards, "Items that a payment to the account pays; absent for the oldest debts.";
    }
}

describe_object! {
    PaymentReceived {
        ..payment;
        "entry" => entry, "Ledger entry.";
        "allocations" => allocations,
            "Invoices and charges that the payment covers. The rest is unallocated and belongs to the patient.";
    }
}

describe_object! {
    PaymentFailed {
        "reference" => reference, "Reference of the failed attempt.";
    }
}

describe_object! {
    Refund {
        "refundId" => refund_id, "Id of the refund, unique within the account.";
        "reference" => reference, "Reference of the refunded payment.";
        "amount" => amount, "Refunded amount.";
        "invoiceId" => invoice_id, "Id of the invoice that the refund was requested for.";
    }
}

describe_object! {
    PaymentRefunded {
        ..refund;
        "entry" => entry, "Ledger entry.";
        "released" => released, "Allocations that the refund releases. The rest comes from unallocated money.";
    }
}

describe_object! {
    Adjustment {
        "adjustmentId" => adjustment_id, "Id of the adjustment, unique within the account.";
        "kind" => kind, "Kind of adjustment.";
        "amount" => amount, "Amount by which the debt is lowered, and its tax.";
        "invoiceId" => invoice_id, "Id of the adjusted invoice.";
        "reason" => reason, "Reason.";
    }
}

describe_object! {
    AdjustmentPosted {
        ..adjustment;
        "entry" => entry, "Ledger entry.";
        "allocations" => allocations, "Invoices and charges whose debt is lowered, if the adjustment names no invoice.";
    }
}

describe_object! {
    Movement {
        "movementId" => movement_id, "Id of the movement, unique within the account.";
        "reference" => reference, "Reference of the payment.";
        "from" => from, "Item that the money is moved from; absent for unallocated money.";
        "to" => to, "Item that the money is moved to; absent if it becomes unallocated.";
        "amount" => amount, "Moved amount.";
    }
}

impl DescribedObject for Item {
    fn properties() -> Vec<Property> {
        // An unlisted kind of item does not compile here.
        const _: fn(Item) = |item| match item {
            Item::Invoice(_) | Item::Charge(_) => (),
        };
        let kinds = json!({ "type": "string", "enum": ["invoice", "charge"] });
        vec![
            limited(
                "kind",
                "Kind of item: an invoice, or a charge without an invoice.",
                kinds,
            ),
            field::<Uuid>("id", "Id of the invoice or charge."),
        ]
    }
}

impl Described for Item {
    fn schema() -> Value {
        object_of(Self::properties())
    }
}

describe_object! {
    Allocation {
        ..item;
        "amount" => amount, "Allocated amount.";
    }
}

impl Described for Allocations {
    const REQUIRED: bool = false;

    fn schema() -> Value {
        Vec::<Allocation>::schema()
    }
}

impl Described for Entry {
    fn schema() -> Value {
        Vec::<Posting>::schema()
    }
}

describe_object! {
    Posting {
        "account" => account, "Ledger account.";
        "amount" => amount,
            "Posted amount: positive for a debit, negative for a credit. The postings of an entry sum to zero.";
    }
}
