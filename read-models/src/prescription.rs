//! The `prescription` table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgConnection, PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow, types::Json};
use uuid::Uuid;

use crate::{
    ProjectedRow, erased,
    list::{Listed, Listing, PageRequest, SortKey},
};

/// A prescription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrescriptionRow {
    /// The prescription's id.
    pub id: Uuid,
    /// The patient.
    pub patient_id: Uuid,
    /// The practitioner.
    pub practitioner_id: Uuid,
    /// The appointment that it was prescribed at.
    pub appointment_id: Option<Uuid>,
    /// The prescription that it renews.
    pub prior_prescription_id: Option<Uuid>,
    /// Where it stands.
    pub status: String,
    /// What is taken; nothing once it has been erased.
    pub medicines: Option<Vec<MedicineValue>>,
    /// How often it can be filled again.
    pub refills_remaining: i16,
    /// What has become of each request for another filling, by id.
    pub refill_requests: Vec<RefillRequestValue>,
    /// Free text.
    pub notes: Option<String>,
    /// Why it was last held, stopped or cancelled, as a code.
    pub reason_code: Option<String>,
    /// The same, in words.
    pub reason_text: Option<String>,
    /// When it was written.
    pub prescribed_at: DateTime<Utc>,
    /// When anything about it last changed.
    pub updated_at: DateTime<Utc>,
    /// Its version.
    pub version: i64,
}

/// One medicine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MedicineValue {
    /// What it is called.
    pub name: String,
    /// How much is taken at a time.
    pub dosage: String,
    /// How long it is taken.
    pub duration: String,
    /// How it is taken.
    pub instructions: String,
    /// Its concept identifier in RxNorm.
    pub rx_norm_code: Option<String>,
}

/// A request for another filling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefillRequestValue {
    /// The request's id.
    pub id: Uuid,
    /// What has become of it.
    pub status: String,
}

impl FromRow<'_, PgRow> for PrescriptionRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            patient_id: row.try_get("patient_id")?,
            practitioner_id: row.try_get("practitioner_id")?,
            appointment_id: row.try_get("appointment_id")?,
            prior_prescription_id: row.try_get("prior_prescription_id")?,
            status: row.try_get("status")?,
            medicines: row.try_get::<Option<Json<_>>, _>("medicines")?.map(|json| json.0),
            refills_remaining: row.try_get("refills_remaining")?,
            refill_requests: row.try_get::<Json<_>, _>("refill_requests")?.0,
            notes: row.try_get("notes")?,
            reason_code: row.try_get("reason_code")?,
            reason_text: row.try_get("reason_text")?,
            prescribed_at: row.try_get("prescribed_at")?,
            updated_at: row.try_get("updated_at")?,
            version: row.try_get("version")?,
        })
    }
}

impl PrescriptionRow {
    /// Takes out what is personal: the row that a fold without the personal fields makes.
    fn blank(&mut self) {
        self.medicines = None;
        self.notes = None;
        self.reason_text = None;
    }
}

/// Which prescriptions are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrescriptionFilter {
    /// Those of this patient.
    pub patient_id: Option<Uuid>,
    /// Those prescribed at this appointment.
    pub appointment_id: Option<Uuid>,
    /// Those with this status.
    pub status: Option<String>,
}

/// What prescriptions can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrescriptionSort {
    /// By the time they were written.
    PrescribedAt,
    /// By status.
    Status,
}

impl SortKey for PrescriptionSort {
    fn column(self) -> &'static str {
        match self {
            Self::PrescribedAt => "prescribed_at",
            Self::Status => "status",
        }
    }
}

/// Finds a prescription.
///
/// # Errors
/// The database cannot be asked.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<PrescriptionRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM prescription WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await
}

/// A prescription that is being taken, or could be again, and the version that it was read at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The prescription's id.
    pub id: Uuid,
    /// Its version.
    pub version: i64,
}

/// A patient's prescriptions that are active or on hold, by id, after one, at most so many.
///
/// # Errors
/// The database cannot be asked.
pub async fn unfinished(
    connection: &mut PgConnection,
    patient_id: Uuid,
    after: Uuid,
    most: i64,
) -> Result<Vec<Unfinished>, sqlx::Error> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT id, version FROM prescription
         WHERE patient_id = $1 AND status IN ('active', 'on-hold') AND id > $2
         ORDER BY id LIMIT $3",
    )
    .bind(patient_id)
    .bind(after)
    .bind(most)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(id, version)| Unfinished { id, version })
        .collect())
}

/// A page of prescriptions.
///
/// # Errors
/// The database cannot be asked.
pub async fn list(
    pool: &PgPool,
    filter: &PrescriptionFilter,
    request: &PageRequest<PrescriptionSort>,
) -> Result<Listed<PrescriptionRow>, sqlx::Error> {
    let filtered = |query: &mut QueryBuilder<Postgres>| push_filter(query, filter);
    Listing::of("prescription").page(pool, filtered, request).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &PrescriptionFilter) {
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

impl ProjectedRow for PrescriptionRow {
    fn id(&self) -> Uuid {
        self.id
    }

    async fn load(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM prescription WHERE id = ANY($1)")
            .bind(ids)
            .fetch_all(transaction)
            .await
    }

    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        let people = rows.iter().map(|row| row.patient_id).collect();
        let erased = erased::among(transaction, erased::Table::Prescription, people).await?;
        let mut rows = rows.to_vec();
        for row in rows.iter_mut().filter(|row| erased.contains(&row.patient_id)) {
            row.blank();
        }
        sqlx::query(
            "INSERT INTO prescription (id, patient_id, practitioner_id, appointment_id, prior_prescription_id, status,
                                   medicines, refills_remaining, refill_requests, notes, reason_code, reason_text,
                                   prescribed_at, updated_at, version)
         SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::jsonb[],
                              $8::smallint[], $9::jsonb[], $10::text[], $11::text[], $12::text[],
                              $13::timestamptz[], $14::timestamptz[], $15::bigint[])
         ON CONFLICT (id) DO UPDATE SET
             patient_id = EXCLUDED.patient_id, practitioner_id = EXCLUDED.practitioner_id,
             appointment_id = EXCLUDED.appointment_id, prior_prescription_id = EXCLUDED.prior_prescription_id,
             status = EXCLUDED.status, medicines = EXCLUDED.medicines,
             refills_remaining = EXCLUDED.refills_remaining, refill_requests = EXCLUDED.refill_requests,
             notes = EXCLUDED.notes, reason_code = EXCLUDED.reason_code, reason_text = EXCLUDED.reason_text,
             prescribed_at = EXCLUDED.prescribed_at, updated_at = EXCLUDED.updated_at, version = EXCLUDED.version",
        )
        .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.patient_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.practitioner_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.appointment_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.prior_prescription_id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.status.as_str()).collect::<Vec<_>>())
        .bind(
            rows.iter()
                .map(|row| row.medicines.as_ref().map(Json))
                .collect::<Vec<_>>(),
        )
        .bind(rows.iter().map(|row| row.refills_remaining).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(&row.refill_requests)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.notes.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.reason_code.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.reason_text.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.prescribed_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.updated_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
        .execute(transaction)
        .await
        .map(drop)
    }
}
