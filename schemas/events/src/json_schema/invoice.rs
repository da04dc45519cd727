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
        "invoice.drafted" => Drafted, "An invoice was drafted.";
        "invoice.line-added" => LineAdded, "A line was added.";
        "invoice.issued" => Issued,
            "The invoice was issued and its tax computed. The amounts of the lines add up to the total.";
        "invoice.payment-allocated" => PaymentAllocated, "Money of a payment was allocated to the invoice.";
        "invoice.payment-released" => PaymentReleased, "A refund or movement took allocated money away.";
        "invoice.written-off" => WrittenOff, "A part of the open amount was written off.";
        "invoice.reopened" => Reopened, "The invoice has an open amount again.";
        "invoice.credit-note-issued" => CreditNoteIssued, "A part of the charged amount was credited.";
        "invoice.balanced" => Balanced, "The open amount became zero.";
        "invoice.cancelled" => Cancelled, "The invoice was cancelled.";
    }
}

describe_object! {
    InvoiceDrafted {
        "patientId" => patient_id, "Id of the charged patient.";
        "currency" => currency, "Currency of every line (ISO 4217).";
        "appointmentId" => appointment_id, "Id of the billed appointment.";
    }
}

impl Described for InvoiceLine {
    fn schema() -> Value {
        let quantity = json!({ "type": "integer", "minimum": 1, "maximum": 10_000, "examples": [2] });
        object_of(vec![
            field::<Uuid>("lineId", "Id of the line, unique within the invoice."),
            field::<Personal<LineDescription>>("description", "Description of the goods or service."),
            limited("quantity", "Quantity.", quantity),
            field::<Price>("unitPrice", "Price of one unit, before tax."),
            field::<TaxRate>("taxRatePpm", "Tax rate, in parts per million."),
        ])
    }
}

describe_object! {
    InvoiceIssued {
        "lines" => lines, "Amount of each line.";
        "amount" => amount, "Total of the invoice.";
    }
}

describe_object! {
    IssuedLine {
        "lineId" => line_id, "Id of the line.";
        "amount" => amount, "Net amount of the line and its share of the tax.";
    }
}

describe_object! {
    PaymentAllocated {
        "reference" => reference, "Reference of the payment.";
        "amount" => amount, "Allocated amount.";
        "movementId" => movement_id, "Id of the movement that allocated the money; absent if the payment itself did.";
    }
}

describe_object! {
    PaymentReleased {
        "movementId" => movement_id, "Id of the refund or movement that took the money away.";
        "reference" => reference, "Reference of the payment.";
        "amount" => amount, "Released amount.";
    }
}

describe_object! {
    WrittenOff {
        "adjustmentId" => adjustment_id, "Id of the account's adjustment.";
        "amount" => amount, "Amount that was written off.";
    }
}

describe_object! {
    CreditNote {
        "creditNoteId" => credit_note_id, "Id of the credit note, unique within the invoice.";
        "amount" => amount, "Credited amount and its tax.";
        "reason" => reason, "Reason.";
    }
}

describe_object! {
    InvoiceCancelled {
        "reason" => reason, "Reason.";
    }
}
