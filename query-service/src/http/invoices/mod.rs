//! Queries on invoices.

mod get;
mod list;
mod payments;

use api::{
    AllocationResource, CreditNoteResource, INVOICES, InvoiceLineResource, InvoiceResource, MoneyResource,
    PaymentAllocationResource, PaymentResource, TaxedAmountResource,
};
use read_models::{invoice::InvoiceRow, payment::PaymentRow};

use super::endpoint::{Endpoint, Route};

/// The projections behind an invoice.
const PROJECTIONS: &[&str] = &["invoice", "cached_patient"];

/// The routes of all queries.
pub(super) fn routes() -> Vec<Route> {
    vec![
        list::route(),
        get::route(),
        Endpoint::history(&INVOICES).tells(InvoiceResource::of),
        payments::route(),
    ]
}

fn show(row: InvoiceRow) -> InvoiceResource {
    let money = |minor: i64| MoneyResource::new(minor, &row.currency);
    let taxed = |net: i64, tax: i64| TaxedAmountResource {
        net: money(net),
        tax: money(tax),
        total: money(net.saturating_add(tax)),
    };
    let lines = row.lines.into_iter().map(|line| InvoiceLineResource {
        id: line.id,
        description: line.description,
        quantity: line.quantity,
        unit_price: money(line.unit_minor),
        tax_rate_ppm: line.tax_rate_ppm,
        net: money(line.net_minor),
        tax: line.tax_minor.map(money),
    });
    let allocations = row.allocations.into_iter().map(|allocation| AllocationResource {
        reference: allocation.reference,
        amount: money(allocation.minor),
    });
    let credit_notes = row.credit_notes.into_iter().map(|note| CreditNoteResource {
        id: note.id,
        amount: taxed(note.net_minor, note.tax_minor),
        reason: note.reason,
    });
    InvoiceResource {
        id: row.id,
        patient_id: row.patient_id,
        appointment_id: row.appointment_id,
        status: row.status,
        lines: lines.collect(),
        totals: row.net_minor.zip(row.tax_minor).map(|(net, tax)| taxed(net, tax)),
        open: money(row.open_minor.max(0)),
        overpaid: money(row.open_minor.min(0).saturating_neg()),
        written_off: money(row.written_off_minor),
        allocations: allocations.collect(),
        credit_notes: credit_notes.collect(),
        version: row.version,
        currency: row.currency.clone(),
    }
}

/// Maps a row to a payment resource.
pub(crate) fn show_payment(row: PaymentRow) -> PaymentResource {
    PaymentResource {
        reference: row.reference,
        account_id: row.account_id,
        invoice_id: row.invoice_id,
        amount: MoneyResource::new(row.minor, &row.currency),
        method: row.method,
        status: row.status,
        refunded: MoneyResource::new(row.refunded_minor, &row.currency),
        allocations: row
            .allocations
            .into_iter()
            .map(|part| PaymentAllocationResource {
                invoice_id: part.invoice_id,
                charge_id: part.charge_id,
                amount: MoneyResource::new(part.minor, &row.currency),
            })
            .collect(),
        unallocated: MoneyResource::new(row.unallocated_minor, &row.currency),
    }
}
