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
            "A payment is being attempted; its outcome is unknown until it is received or has failed.";
        "payment.received" => PaymentReceived, "Money came in.";
        "payment.failed" => PaymentFailed, "An attempt brought no money.";
        "payment.refunded" => PaymentRefunded, "Money was given back.";
        "payment.moved" => PaymentMoved, "Money of a payment counts towards something else.";
        "adjustment.posted" => AdjustmentPosted, "What the patient owes was lowered without money.";
        "account.closed" => Closed, "The account was closed.";
    }
}

describe_object! {
    AccountOpened {
        "patientId" => patient_id, "Whose it is.";
    }
}

describe_object! {
    Charge {
        "chargeId" => charge_id, "What tells it from every other charge of the account.";
        "invoiceId" => invoice_id, "The invoice that it is on.";
        "amount" => amount, "What is owed.";
    }
}

describe_object! {
    ChargePosted {
        ..charge;
        "entry" => entry, "How it stands in the ledger.";
    }
}

describe_object! {
    Payment {
        "reference" => reference, "What tells it from every other payment: the payer's or the provider's reference.";
        "invoiceId" => invoice_id, "The invoice that it is for; absent if it is paid to the account.";
        "amount" => amount, "How much is paid.";
        "method" => method, "How it is paid.";
        "towards" => towards, "What a payment to the account is meant for. The oldest debts, if it is absent.";
    }
}

describe_object! {
    PaymentReceived {
        ..payment;
        "entry" => entry, "How it stands in the ledger.";
        "allocations" => allocations,
            "What it counts towards. The rest counts towards nothing yet, and is the patient's.";
    }
}

describe_object! {
    PaymentFailed {
        "reference" => reference, "Which attempt.";
    }
}

describe_object! {
    Refund {
        "refundId" => refund_id, "What tells it from every other refund of the account.";
        "reference" => reference, "Which payment is given back, or a part of it.";
        "amount" => amount, "How much is given back.";
        "invoiceId" => invoice_id, "The invoice that it was asked for.";
    }
}

describe_object! {
    PaymentRefunded {
        ..refund;
        "entry" => entry, "How it stands in the ledger.";
        "released" => released, "What it does not count towards any more. The rest counted towards nothing.";
    }
}

describe_object! {
    Adjustment {
        "adjustmentId" => adjustment_id, "What tells it from every other adjustment of the account.";
        "kind" => kind, "What it is.";
        "amount" => amount, "What is not owed after all.";
        "invoiceId" => invoice_id, "The invoice that it is about.";
        "reason" => reason, "Why.";
    }
}

describe_object! {
    AdjustmentPosted {
        ..adjustment;
        "entry" => entry, "How it stands in the ledger.";
        "allocations" => allocations, "What is lowered, if no invoice is named.";
    }
}

describe_object! {
    Movement {
        "movementId" => movement_id, "What tells it from every other movement of the account.";
        "reference" => reference, "Which payment.";
        "from" => from, "What it has counted towards; absent for money that counts towards nothing yet.";
        "to" => to, "What it is to count towards; absent for money that is kept for later.";
        "amount" => amount, "How much.";
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
                "What it is: an invoice, or a charge that stands on none.",
                kinds,
            ),
            field::<Uuid>("id", "Its id."),
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
        "amount" => amount, "How much counts towards it.";
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
        "account" => account, "The ledger account.";
        "amount" => amount,
            "What is posted to it: a debit is positive, a credit negative. An entry's postings sum to zero.";
    }
}
