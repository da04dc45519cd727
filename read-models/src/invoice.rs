//! The `invoice` table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{
    list::{Listed, Listing, PageRequest, SortKey},
    projected::PlainRow,
    table,
    table::TableRow as _,
};

table! {
    name: "invoice", key: [id], about: patient(patient_id);
    /// An invoice.
    pub struct InvoiceRow {
        /// The invoice's id.
        pub id: Uuid,
        /// Who is charged.
        pub patient_id: Uuid,
        /// The appointment that it is for.
        pub appointment_id: Option<Uuid>,
        /// Where it stands.
        pub status: String => impersonal,
        /// The currency of every amount.
        pub currency: String => impersonal,
        /// Its lines.
        pub lines: Vec<LineValue> => personal(null description),
        /// What it comes to before tax; nothing before it is issued.
        pub net_minor: Option<i64>,
        /// The tax on it; nothing before it is issued.
        pub tax_minor: Option<i64>,
        /// What is still to be paid. Below zero it is what was paid too much.
        pub open_minor: i64,
        /// What was given up.
        pub written_off_minor: i64,
        /// Which payments were counted towards it, by reference.
        pub allocations: Vec<AllocationValue> => impersonal,
        /// What was taken back of what was charged, by id.
        pub credit_notes: Vec<CreditNoteValue> => personal(null reason),
        /// Why it was cancelled.
        pub cancel_reason: Option<String> => personal(null),
        /// When it was drafted.
        pub drafted_at: DateTime<Utc>,
        /// When anything about it last changed.
        pub updated_at: DateTime<Utc>,
        /// Its version.
        pub version: i64,
    }
}

impl PlainRow for InvoiceRow {}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineValue {
    /// The line's id.
    pub id: Uuid,
    /// What it is for; nothing once it has been erased.
    pub description: Option<String>,
    /// How many.
    pub quantity: u32,
    /// What one of it costs, before tax.
    pub unit_minor: i64,
    /// The rate of the tax on it, in parts per million.
    pub tax_rate_ppm: u32,
    /// What all of it costs, before tax.
    pub net_minor: i64,
    /// Its share of the invoice's tax; nothing before the invoice is issued.
    pub tax_minor: Option<i64>,
}

/// How much of a payment was counted towards an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocationValue {
    /// The payment.
    pub reference: String,
    /// How much of it.
    pub minor: i64,
}

/// What was taken back of what was charged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditNoteValue {
    /// The credit note's id.
    pub id: Uuid,
    /// How much, before tax.
    pub net_minor: i64,
    /// The tax on it.
    pub tax_minor: i64,
    /// Why.
    pub reason: Option<String>,
}

/// Which invoices are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceFilter {
    /// Those of this patient.
    pub patient_id: Option<Uuid>,
    /// Those for this appointment.
    pub appointment_id: Option<Uuid>,
    /// Those with this status.
    pub status: Option<&'static str>,
}

/// What invoices can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvoiceSort {
    /// By the time they were drafted.
    DraftedAt,
    /// By what is open.
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
/// The database cannot be asked.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<InvoiceRow>, sqlx::Error> {
    table::find(pool, id).await
}

/// A page of invoices.
///
/// # Errors
/// The database cannot be asked.
pub async fn list(
    pool: &PgPool,
    filter: &InvoiceFilter,
    request: &PageRequest<InvoiceSort>,
) -> Result<Listed<InvoiceRow>, sqlx::Error> {
    let filtered = |query: &mut QueryBuilder<Postgres>| push_filter(query, filter);
    Listing::of(InvoiceRow::TABLE).page(pool, filtered, request).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &InvoiceFilter) {
    query.push(" WHERE TRUE");
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
