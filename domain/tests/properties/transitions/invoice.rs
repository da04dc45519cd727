//! The transitions of an invoice over 10.00.

use domain::{
    invoice::{Invoice, InvoiceCommand, InvoiceDrafted, InvoiceLine, InvoiceStatus, PaymentReleased, WrittenOff},
    values::{Amount, LineDescription, Money, PaymentReference, TaxRate},
};
use uuid::Uuid;

use super::after;
use crate::{
    fixtures::{PATIENT, usd},
    invoices::captured,
};

fn amount(minor: i64) -> Amount {
    Amount::parse(Money::new(minor, usd())).expect("an amount")
}

fn reference(text: &str) -> PaymentReference {
    PaymentReference::parse(text).expect("a reference")
}

fn draft() -> InvoiceCommand {
    InvoiceCommand::Draft(InvoiceDrafted {
        patient_id: PATIENT,
        currency: usd(),
        appointment_id: None,
    })
}

fn add_line(id: u128) -> InvoiceCommand {
    let description = LineDescription::parse("Consultation").expect("a description");
    let rate = TaxRate::parse(0).expect("a rate");
    let line = InvoiceLine::parse(Uuid::from_u128(id), description, 1, amount(1_000), rate);
    InvoiceCommand::AddLine(line.expect("a line"))
}

fn pay(text: &str, minor: i64) -> InvoiceCommand {
    InvoiceCommand::AllocatePayment {
        payment: captured(reference(text), amount(minor)),
        amount: amount(minor),
        movement_id: None,
    }
}

fn release(text: &str) -> InvoiceCommand {
    InvoiceCommand::ReleasePayment(PaymentReleased {
        movement_id: Uuid::from_u128(20),
        reference: reference(text),
        amount: amount(100),
    })
}

fn write_off() -> InvoiceCommand {
    InvoiceCommand::WriteOff(WrittenOff {
        adjustment_id: Uuid::from_u128(21),
        amount: amount(100),
    })
}

fn credit(minor: i64) -> InvoiceCommand {
    InvoiceCommand::IssueCreditNote {
        credit_note_id: Uuid::from_u128(22),
        amount: amount(minor),
        reason: None,
    }
}

const fn cancel() -> InvoiceCommand {
    InvoiceCommand::Cancel { reason: None }
}

const fn name(command: &InvoiceCommand) -> &'static str {
    match command {
        InvoiceCommand::Draft(_) => "draft",
        InvoiceCommand::AddLine(_) => "add a line",
        InvoiceCommand::Issue => "issue",
        InvoiceCommand::AllocatePayment { .. } => "count a payment",
        InvoiceCommand::ReleasePayment(_) => "count a payment no longer",
        InvoiceCommand::WriteOff(_) => "write off",
        InvoiceCommand::IssueCreditNote { .. } => "issue a credit note",
        InvoiceCommand::Cancel { .. } => "cancel",
    }
}

pub(super) fn table() -> String {
    let issued = [draft(), add_line(10), InvoiceCommand::Issue];
    let then = |deed| after(issued.iter().cloned().chain([deed]));
    let states = [
        ("none", Invoice::default()),
        ("draft", after(issued[..2].to_vec())),
        ("issued", after(issued.to_vec())),
        ("issued, paid in part", then(pay("first", 400))),
        ("balanced", then(pay("first", 1_000))),
        ("cancelled", then(cancel())),
    ];
    let rows = [
        ("", draft()),
        ("", add_line(11)),
        ("", InvoiceCommand::Issue),
        (" of a part of it", pay("second", 100)),
        ("", release("first")),
        (" a part of it", write_off()),
        (" over a part of it", credit(100)),
        (" over all of it", credit(1_000)),
        ("", cancel()),
    ];
    let rows = rows.map(|(what, command)| (format!("{}{what}", name(&command)), command));
    super::table("invoice", &states, rows.into(), |invoice| {
        invoice.status().map_or("none", InvoiceStatus::code)
    })
}
