//! The events of an invoice.

use domain::{
    invoice::{
        CreditNote, InvoiceCancelled, InvoiceDrafted, InvoiceEvent, InvoiceIssued, InvoiceLine, IssuedLine,
        PaymentAllocated, PaymentReleased, WrittenOff,
    },
    values::{LineDescription, Personal, Price, TaxRate},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Described, describe_events, describe_object, field, limited, object_of};

describe_events! {
    InvoiceEvent {
        "invoice.drafted" => Drafted, "An invoice was begun.";
        "invoice.line-added" => LineAdded, "A line was added.";
        "invoice.issued" => Issued,
            "It was issued, and its tax computed. The lines add up to the whole.";
        "invoice.payment-allocated" => PaymentAllocated, "A payment was counted towards it.";
        "invoice.payment-released" => PaymentReleased, "Money of a payment counts towards it no longer.";
        "invoice.written-off" => WrittenOff, "Some of what was open was given up.";
        "invoice.reopened" => Reopened, "Something is open again.";
        "invoice.credit-note-issued" => CreditNoteIssued, "Some of what was charged was taken back.";
        "invoice.balanced" => Balanced, "Nothing is open any more.";
        "invoice.cancelled" => Cancelled, "It was withdrawn.";
    }
}

describe_object! {
    InvoiceDrafted {
        "patientId" => patient_id, "Who is charged.";
        "currency" => currency, "The currency of every line (ISO 4217).";
        "appointmentId" => appointment_id, "The appointment that it is for.";
    }
}

impl Described for InvoiceLine {
    fn schema() -> Value {
        let quantity = json!({ "type": "integer", "minimum": 1, "maximum": 10_000, "examples": [2] });
        object_of(vec![
            field::<Uuid>("lineId", "What tells it from every other line of the invoice."),
            field::<Personal<LineDescription>>("description", "What it is for."),
            limited("quantity", "How many.", quantity),
            field::<Price>("unitPrice", "What one of it costs, before tax."),
            field::<TaxRate>("taxRatePpm", "The rate of the tax on it, in parts per million."),
        ])
    }
}

describe_object! {
    InvoiceIssued {
        "lines" => lines, "What each line comes to.";
        "amount" => amount, "What the invoice comes to.";
    }
}

describe_object! {
    IssuedLine {
        "lineId" => line_id, "Which line.";
        "amount" => amount, "What it comes to, with its share of the tax.";
    }
}

describe_object! {
    PaymentAllocated {
        "reference" => reference, "Which payment.";
        "amount" => amount, "How much of it.";
        "movementId" => movement_id, "The movement that brought it here, if it did not come with the payment itself.";
    }
}

describe_object! {
    PaymentReleased {
        "movementId" => movement_id, "The refund or the movement that took it away.";
        "reference" => reference, "Which payment.";
        "amount" => amount, "How much of it.";
    }
}

describe_object! {
    WrittenOff {
        "adjustmentId" => adjustment_id, "The adjustment of the account.";
        "amount" => amount, "How much.";
    }
}

describe_object! {
    CreditNote {
        "creditNoteId" => credit_note_id, "What tells it from every other credit note of the invoice.";
        "amount" => amount, "How much is taken back, and how much tax with it.";
        "reason" => reason, "Why.";
    }
}

describe_object! {
    InvoiceCancelled {
        "reason" => reason, "Why.";
    }
}
