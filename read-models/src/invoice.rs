//! The `invoice` table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{
    Rows,
    list::{Listed, Listing, PageRequest, SortKey},
    projected::PlainRow,
    table,
    table::TableRow as _,
};

table! {
    name: "invoice", key: [id], about: patient(patient_id), owners: [patient(patient_id)];
    /// An invoice.
    pub struct InvoiceRow {
        /// The invoice's id.
        pub id: Uuid,
        /// The id of the patient who is charged.
        pub patient_id: Uuid,
        /// The id of the invoiced appointment.
        pub appointment_id: Option<Uuid>,
        /// The status.
        pub status: String => impersonal,
        /// The ISO 4217 currency of all amounts.
        pub currency: String => impersonal,
        /// The lines.
        pub lines: Vec<LineValue> => personal(null description),
        /// The total before tax. `None` until the invoice is issued.
        pub net_minor: Option<i64>,
        /// The total tax. `None` until the invoice is issued.
        pub tax_minor: Option<i64>,
        /// The open amount. A negative amount is an overpayment.
        pub open_minor: i64,
        /// The amount written off.
        pub written_off_minor: i64,
        /// The allocated payments, by reference.
        pub allocations: Vec<AllocationValue> => impersonal,
        /// The credit notes, by id.
        pub credit_notes: Vec<CreditNoteValue> => personal(null reason),
        /// The reason for the cancellation.
        pub cancel_reason: Option<String> => personal(null),
        /// The time of the draft.
        pub drafted_at: DateTime<Utc>,
        /// The time of the last change.
        pub updated_at: DateTime<Utc>,
        /// The version.
        pub version: i64,
    }
}

impl PlainRow for InvoiceRow {}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineValue {
    /// The line's id.
    pub id: Uuid,
    /// The description. `None` after an erasure.
    pub description: Option<String>,
    /// The quantity.
    pub quantity: u32,
    /// The unit price before tax, in minor units.
    pub unit_minor: i64,
    /// The tax rate in parts per million.
    pub tax_rate_ppm: u32,
    /// The price of the line before tax, in minor units.
    pub net_minor: i64,
    /// The line's share of the invoice's tax. `None` until the invoice is issued.
    pub tax_minor: Option<i64>,
}

/// The part of a payment that is allocated to an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationValue {
    /// The payment's reference.
    pub reference: String,
    /// The allocated amount in minor units.
    pub minor: i64,
}

/// A credit note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteValue {
    /// The credit note's id.
    pub id: Uuid,
    /// The credited amount before tax, in minor units.
    pub net_minor: i64,
    /// The credited tax, in minor units.
    pub tax_minor: i64,
    /// The reason.
    pub reason: Option<String>,
}

/// A filter of invoices. `None` matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceFilter {
    /// The patient's id.
    pub patient_id: Option<Uuid>,
    /// The appointment's id.
    pub appointment_id: Option<Uuid>,
    /// The status.
    pub status: Option<&'static str>,
}

/// The sort keys of invoices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceSort {
    /// By the time of the draft.
    DraftedAt,
    /// By the open amount.
    Open,
    /// By status.
    Status,
}

impl SortKey for InvoiceSort {
    fn column(self) -> &'static str {
        match self {
            Self::DraftedAt => "drafted_at",
            Self::Open => "open_minor",
            Self::Status => "status",
        }
    }
}

/// Finds an invoice.
///
/// # Errors
/// The database cannot be queried.
pub async fn find(rows: Rows<'_>, id: Uuid) -> Result<Option<InvoiceRow>, sqlx::Error> {
    rows.find(id).await
}

/// Returns a page of invoices.
///
/// # Errors
/// The database cannot be queried.
pub async fn list(
    rows: Rows<'_>,
    filter: &InvoiceFilter,
    request: &PageRequest<InvoiceSort>,
) -> Result<Listed<InvoiceRow>, sqlx::Error> {
    let filtered = |query: &mut QueryBuilder<Postgres>| push_filter(query, filter);
    Listing::of(InvoiceRow::TABLE).page(rows, filtered, request).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &InvoiceFilter) {
    if let Some(patient_id) = filter.patient_id {
        query.push(" AND patient_id = ").push_bind(patient_id);
    }
    if let Some(appointment_id) = filter.appointment_id {
        query.push(" AND appointment_id = ").push_bind(appointment_id);
    }
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(status);
    }
}
