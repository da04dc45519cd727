//! The `invoice` table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgConnection, PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow, types::Json};
use uuid::Uuid;

use crate::{
    ProjectedRow, erased,
    list::{Listed, Listing, PageRequest, SortKey},
};

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceRow {
    /// The invoice's id.
    pub id: Uuid,
    /// Who is charged.
    pub patient_id: Uuid,
    /// The appointment that it is for.
    pub appointment_id: Option<Uuid>,
    /// Where it stands.
    pub status: String,
    /// The currency of every amount.
    pub currency: String,
    /// Its lines.
    pub lines: Vec<LineValue>,
    /// What it comes to before tax; nothing before it is issued.
    pub net_minor: Option<i64>,
    /// The tax on it; nothing before it is issued.
    pub tax_minor: Option<i64>,
    /// What is still to be paid.
    pub open_minor: i64,
    /// Which payments were counted towards it, by reference.
    pub allocations: Vec<AllocationValue>,
    /// What was taken back of what was charged, by id.
    pub credit_notes: Vec<CreditNoteValue>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// When it was drafted.
    pub drafted_at: DateTime<Utc>,
    /// When anything about it last changed.
    pub updated_at: DateTime<Utc>,
    /// Its version.
    pub version: i64,
}

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

impl FromRow<'_, PgRow> for InvoiceRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            patient_id: row.try_get("patient_id")?,
            appointment_id: row.try_get("appointment_id")?,
            status: row.try_get("status")?,
            currency: row.try_get("currency")?,
            lines: row.try_get::<Json<_>, _>("lines")?.0,
            net_minor: row.try_get("net_minor")?,
            tax_minor: row.try_get("tax_minor")?,
            open_minor: row.try_get("open_minor")?,
            allocations: row.try_get::<Json<_>, _>("allocations")?.0,
            credit_notes: row.try_get::<Json<_>, _>("credit_notes")?.0,
            cancel_reason: row.try_get("cancel_reason")?,
            drafted_at: row.try_get("drafted_at")?,
            updated_at: row.try_get("updated_at")?,
            version: row.try_get("version")?,
        })
    }
}

impl InvoiceRow {
    /// Takes out what is personal: the row that a fold without the personal fields makes.
    fn blank(&mut self) {
        self.lines.iter_mut().for_each(|line| line.description = None);
        self.credit_notes.iter_mut().for_each(|note| note.reason = None);
        self.cancel_reason = None;
    }
}

/// Which invoices are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceFilter {
    /// Those of this patient.
    pub patient_id: Option<Uuid>,
    /// Those for this appointment.
    pub appointment_id: Option<Uuid>,
    /// Those with this status.
    pub status: Option<String>,
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
    sqlx::query_as("SELECT * FROM invoice WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await
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
    Listing::of("invoice").page(pool, filtered, request).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &InvoiceFilter) {
    query.push(" WHERE TRUE");
    if let Some(patient_id) = filter.patient_id {
        query.push(" AND patient_id = ").push_bind(patient_id);
    }
    if let Some(appointment_id) = filter.appointment_id {
        query.push(" AND appointment_id = ").push_bind(appointment_id);
    }
    if let Some(status) = &filter.status {
        query.push(" AND status = ").push_bind(status.clone());
    }
}

impl ProjectedRow for InvoiceRow {
    fn id(&self) -> Uuid {
        self.id
    }

    async fn load(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM invoice WHERE id = ANY($1)")
            .bind(ids)
            .fetch_all(transaction)
            .await
    }

    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        let people = rows.iter().map(|row| row.patient_id).collect();
        let erased = erased::among(transaction, erased::Table::Invoice, people).await?;
        let mut rows = rows.to_vec();
        for row in rows.iter_mut().filter(|row| erased.contains(&row.patient_id)) {
            row.blank();
        }
        sqlx::query(
            "INSERT INTO invoice (id, patient_id, appointment_id, status, currency, lines, net_minor, tax_minor,
                              open_minor, allocations, credit_notes, cancel_reason, drafted_at, updated_at, version)
         SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::bigint[],
                              $8::bigint[], $9::bigint[], $10::jsonb[], $11::jsonb[], $12::text[],
                              $13::timestamptz[], $14::timestamptz[], $15::bigint[])
         ON CONFLICT (id) DO UPDATE SET
             patient_id = EXCLUDED.patient_id, appointment_id = EXCLUDED.appointment_id, status = EXCLUDED.status,
             currency = EXCLUDED.currency, lines = EXCLUDED.lines, net_minor = EXCLUDED.net_minor,
             tax_minor = EXCLUDED.tax_minor, open_minor = EXCLUDED.open_minor, allocations = EXCLUDED.allocations,
             credit_notes = EXCLUDED.credit_notes, cancel_reason = EXCLUDED.cancel_reason,
             drafted_at = EXCLUDED.drafted_at, updated_at = EXCLUDED.updated_at, version = EXCLUDED.version",
        )
        .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.patient_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.appointment_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.status.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.currency.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(&row.lines)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.net_minor).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.tax_minor).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.open_minor).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(&row.allocations)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(&row.credit_notes)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.cancel_reason.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.drafted_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.updated_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
        .execute(transaction)
        .await
        .map(drop)
    }
}
