//! Properties of the invoice: its lines add up to its total, it makes only allowed changes of status, and neither
//! payments nor credit notes exceed the charged amount.

use domain::{
    Decider as _,
    account::{Account, AccountEvent, Allocations, CapturedPayment, Entry, Payment, PaymentMethod, PaymentReceived},
    invoice::{
        Invoice, InvoiceCommand, InvoiceDrafted, InvoiceEvent, InvoiceIssued, InvoiceLine, InvoiceStatus,
        PaymentReleased, WrittenOff,
    },
    values::{LineDescription, PaymentReference},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    assert_way,
    fixtures::{PATIENT, amounts, ids, references, tax_rates, usd},
    fold_in_any_order, run,
};

const WAYS: &[(InvoiceStatus, InvoiceStatus)] = &[
    (InvoiceStatus::Draft, InvoiceStatus::Issued),
    (InvoiceStatus::Draft, InvoiceStatus::Cancelled),
    (InvoiceStatus::Issued, InvoiceStatus::Balanced),
    (InvoiceStatus::Balanced, InvoiceStatus::Issued),
    (InvoiceStatus::Issued, InvoiceStatus::Cancelled),
];

fn lines(id: impl Strategy<Value = Uuid>) -> impl Strategy<Value = InvoiceLine> {
    (id, 1_u32..5, amounts(usd()), tax_rates()).prop_filter_map("too much", |(id, quantity, price, rate)| {
        let description = LineDescription::parse("Consultation").expect("a description");
        InvoiceLine::parse(id, description, quantity, price, rate).ok()
    })
}

pub(crate) fn captured(reference: PaymentReference, amount: domain::values::Amount) -> CapturedPayment {
    let mut account = Account::default();
    account.evolve(&AccountEvent::PaymentReceived(PaymentReceived {
        payment: Payment {
            reference: reference.clone(),
            invoice_id: Some(PATIENT),
            amount,
            method: PaymentMethod::Cash,
            towards: Allocations::default(),
        },
        entry: Entry::parse(Vec::new()).expect("an entry"),
        allocations: Allocations::default(),
    }));
    account.captured(&reference, PATIENT).expect("received")
}

fn commands() -> impl Strategy<Value = Vec<InvoiceCommand>> {
    let allocations = (references(), amounts(usd()), amounts(usd()));
    let allocations = allocations.prop_map(|(reference, received, amount)| InvoiceCommand::AllocatePayment {
        payment: captured(reference, received),
        amount,
        movement_id: None,
    });
    let movements = (ids(), references(), amounts(usd()));
    let movements = movements.prop_map(|(movement_id, reference, amount)| {
        InvoiceCommand::ReleasePayment(PaymentReleased {
            movement_id,
            reference,
            amount,
        })
    });
    let write_offs = (ids(), amounts(usd()))
        .prop_map(|(adjustment_id, amount)| InvoiceCommand::WriteOff(WrittenOff { adjustment_id, amount }));
    let credit_notes = (ids(), amounts(usd())).prop_map(|(credit_note_id, amount)| InvoiceCommand::IssueCreditNote {
        credit_note_id,
        amount,
        reason: None,
    });
    let command = prop_oneof![
        3 => lines(ids()).prop_map(InvoiceCommand::AddLine),
        2 => Just(InvoiceCommand::Issue),
        6 => allocations,
        3 => movements,
        2 => write_offs,
        6 => credit_notes,
        1 => Just(InvoiceCommand::Cancel { reason: None }),
    ];
    (lines(ids()), prop::collection::vec(command, 0..30)).prop_map(|(line, mut commands)| {
        let drafted = InvoiceDrafted {
            patient_id: PATIENT,
            currency: usd(),
            appointment_id: None,
        };
        commands.splice(0..0, [InvoiceCommand::Draft(drafted), InvoiceCommand::AddLine(line)]);
        commands
    })
}

/// The exact tax on a line, in millionths of a minor unit.
fn exact_tax_ppm(line: &InvoiceLine) -> i128 {
    i128::from(line.net().minor()) * i128::from(line.tax_rate().ppm())
}

fn assert_agrees(invoice: &Invoice, issued: &InvoiceIssued) {
    let sum =
        |part: fn(&domain::values::TaxedAmount) -> i64| issued.lines.iter().map(|line| part(&line.amount)).sum::<i64>();
    assert_eq!(sum(|amount| amount.net().minor()), issued.amount.net().minor());
    assert_eq!(sum(|amount| amount.tax().minor()), issued.amount.tax().minor());
    assert_eq!(sum(|amount| amount.total().minor()), issued.amount.total().minor());
    let exact: i128 = invoice.lines().iter().map(exact_tax_ppm).sum();
    let rounded = i128::from(issued.amount.tax().minor()) * 1_000_000;
    assert!((rounded - exact).abs() <= 500_000, "rounded once");
    for (line, issued) in invoice.lines().iter().zip(&issued.lines) {
        let apart = i128::from(issued.amount.tax().minor()) * 1_000_000 - exact_tax_ppm(line);
        assert!(
            apart.abs() < 1_500_000,
            "a line's tax is its share of the rounded total, in whole minor units"
        );
    }
}

fn assert_within_bounds(before: &Invoice, event: &InvoiceEvent) {
    match event {
        InvoiceEvent::PaymentAllocated(allocated) => {
            assert!(i128::from(allocated.amount.money().minor()) <= before.open_minor());
        }
        InvoiceEvent::CreditNoteIssued(note) => {
            let charged = before.uncredited().expect("something to credit");
            assert!(note.amount.net().minor() <= charged.net().minor());
            assert!(note.amount.tax().minor() <= charged.tax().minor());
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn an_invoice_makes_only_allowed_changes_and_its_amounts_agree(
        commands in commands(),
        order in prop::collection::vec(any::<usize>(), 0..50),
    ) {
        let happened = run::<Invoice>(commands, |before, invoice, events| {
            events.iter().for_each(|event| assert_within_bounds(before, event));
            assert_way(WAYS, before.status(), invoice.status());
            if let Some(issued) = before.issued() {
                assert_eq!((before.lines(), Some(issued)), (invoice.lines(), invoice.issued()), "immutable if issued");
            }
            if let Some(issued) = invoice.issued() {
                assert_agrees(invoice, issued);
            }
            if invoice.status() == Some(InvoiceStatus::Balanced) {
                assert!(invoice.open_minor() <= 0);
            }
        });
        fold_in_any_order::<Invoice>(&happened, &order);
    }
}
