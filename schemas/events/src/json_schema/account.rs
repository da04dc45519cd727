//! The events of an account.

use domain::account::{
    AccountEvent, AccountOpened, Adjustment, AdjustmentPosted, Charge, ChargePosted, Entry, Payment, PaymentFailed,
    PaymentReceived, PaymentRefunded, Posting, Refund,
};
use serde_json::Value;

use super::{Described, describe_events, describe_object};

describe_events! {
    AccountEvent {
        "account.opened" => Opened, "A patient's account was opened.";
        "charge.posted" => ChargePosted, "The patient was charged.";
        "payment.initiated" => PaymentInitiated,
            "A payment is being attempted; its outcome is unknown until it is received or has failed.";
        "payment.received" => PaymentReceived, "Money came in.";
        "payment.failed" => PaymentFailed, "An attempt brought no money.";
        "payment.refunded" => PaymentRefunded, "Money was given back.";
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
        "invoiceId" => invoice_id, "The invoice that it is for.";
        "amount" => amount, "How much is paid.";
        "method" => method, "How it is paid.";
    }
}

describe_object! {
    PaymentReceived {
        ..payment;
        "entry" => entry, "How it stands in the ledger.";
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
    }
}

describe_object! {
    PaymentRefunded {
        ..refund;
        "entry" => entry, "How it stands in the ledger.";
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
