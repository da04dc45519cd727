//! Folds invoices into `invoice`.

use domain::{
    invoice::{CreditNote, Invoice, InvoiceDrafted, InvoiceEvent, InvoiceIssued, InvoiceLine, InvoiceStatus},
    values::PaymentReference,
};
use log_reader::RecordedEvent;
use read_models::invoice::{AllocationValue, CreditNoteValue, InvoiceRow, LineValue};

use crate::projector::{FoldError, Projector, aggregate_id, version};

/// Folds invoices into `invoice`.
#[derive(Debug)]
pub(crate) struct InvoiceProjector;

impl Projector for InvoiceProjector {
    const NAME: &'static str = "invoice";
    const VERSION: u32 = 2;
    type Aggregate = Invoice;
    type Row = InvoiceRow;

    fn fold(
        row: Option<InvoiceRow>,
        recorded: &RecordedEvent,
        invoice: &InvoiceEvent,
    ) -> Result<InvoiceRow, FoldError> {
        let InvoiceEvent::Drafted(drafted) = invoice else {
            let mut row = row.ok_or(FoldError::MissingRow)?;
            change(&mut row, invoice)?;
            row.updated_at = recorded.metadata.time;
            row.version = version(recorded);
            return Ok(row);
        };
        row_of(drafted, recorded)
    }
}

/// Applies an event to an existing row, except for the version.
fn change(row: &mut InvoiceRow, event: &InvoiceEvent) -> Result<(), FoldError> {
    let status = match event {
        InvoiceEvent::Drafted(_) => InvoiceStatus::Draft,
        InvoiceEvent::LineAdded(line) => {
            row.lines.push(line_of(line));
            return Ok(());
        }
        InvoiceEvent::Issued(issued) => {
            issue(row, issued);
            InvoiceStatus::Issued
        }
        InvoiceEvent::PaymentAllocated(allocated) => {
            return count(row, &allocated.reference, allocated.amount.money().minor());
        }
        InvoiceEvent::PaymentReleased(released) => {
            return count(row, &released.reference, -released.amount.money().minor());
        }
        InvoiceEvent::WrittenOff(written_off) => {
            let minor = written_off.amount.money().minor();
            row.open_minor = row.open_minor.checked_sub(minor).ok_or(FoldError::TooLarge)?;
            row.written_off_minor = row.written_off_minor.checked_add(minor).ok_or(FoldError::TooLarge)?;
            return Ok(());
        }
        InvoiceEvent::CreditNoteIssued(note) => {
            let minor = note.amount.total().minor();
            row.open_minor = row.open_minor.checked_sub(minor).ok_or(FoldError::TooLarge)?;
            row.credit_notes.push(note_of(note));
            row.credit_notes.sort_by_key(|note| note.id);
            return Ok(());
        }
        InvoiceEvent::Balanced(_) => InvoiceStatus::Balanced,
        InvoiceEvent::Reopened(_) => InvoiceStatus::Issued,
        InvoiceEvent::Cancelled(cancelled) => {
            row.open_minor = 0;
            row.cancel_reason = cancelled.reason.as_ref().map(|reason| reason.as_str().to_owned());
            InvoiceStatus::Cancelled
        }
    };
    row.status = status.code().to_owned();
    Ok(())
}

/// Allocates money of a payment to the invoice. A negative amount is deallocated.
fn count(row: &mut InvoiceRow, reference: &PaymentReference, minor: i64) -> Result<(), FoldError> {
    row.open_minor = row.open_minor.checked_sub(minor).ok_or(FoldError::TooLarge)?;
    match row
        .allocations
        .iter_mut()
        .find(|one| one.reference == reference.as_str())
    {
        Some(counted) => counted.minor = counted.minor.checked_add(minor).ok_or(FoldError::TooLarge)?,
        None => row.allocations.push(AllocationValue {
            reference: reference.as_str().to_owned(),
            minor,
        }),
    }
    row.allocations.retain(|one| one.minor > 0);
    row.allocations
        .sort_by(|one, other| one.reference.cmp(&other.reference));
    Ok(())
}

fn issue(row: &mut InvoiceRow, issued: &InvoiceIssued) {
    row.net_minor = Some(issued.amount.net().minor());
    row.tax_minor = Some(issued.amount.tax().minor());
    row.open_minor = issued.amount.total().minor();
    for line in &mut row.lines {
        let of_line = issued.lines.iter().find(|issued| issued.line_id == line.id);
        line.tax_minor = of_line.map(|issued| issued.amount.tax().minor());
    }
}

fn line_of(line: &InvoiceLine) -> LineValue {
    LineValue {
        id: line.line_id(),
        description: line.description().known().map(|text| text.as_str().to_owned()),
        quantity: line.quantity(),
        unit_minor: line.unit_price().money().minor(),
        tax_rate_ppm: line.tax_rate().ppm(),
        net_minor: line.net().minor(),
        tax_minor: None,
    }
}

fn note_of(note: &CreditNote) -> CreditNoteValue {
    CreditNoteValue {
        id: note.credit_note_id,
        net_minor: note.amount.net().minor(),
        tax_minor: note.amount.tax().minor(),
        reason: note.reason.as_ref().map(|reason| reason.as_str().to_owned()),
    }
}

fn row_of(drafted: &InvoiceDrafted, recorded: &RecordedEvent) -> Result<InvoiceRow, FoldError> {
    Ok(InvoiceRow {
        id: aggregate_id(recorded)?,
        patient_id: drafted.patient_id,
        appointment_id: drafted.appointment_id,
        status: InvoiceStatus::Draft.code().to_owned(),
        currency: drafted.currency.code().to_owned(),
        lines: Vec::new(),
        net_minor: None,
        tax_minor: None,
        open_minor: 0,
        written_off_minor: 0,
        allocations: Vec::new(),
        credit_notes: Vec::new(),
        cancel_reason: None,
        drafted_at: recorded.metadata.time,
        updated_at: recorded.metadata.time,
        version: version(recorded),
    })
}
