//! The `prescription` table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{
    list::{Listed, Listing, PageRequest, SortKey},
    projected::PlainRow,
    table,
    table::TableRow as _,
};

table! {
    name: "prescription", key: [id], about: patient(patient_id);
    /// A prescription.
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
        pub status: String => impersonal,
        /// What is taken; nothing once it has been erased.
        pub medicines: Option<Vec<MedicineValue>> => personal(null),
        /// How often it can be filled again.
        pub refills_remaining: i16,
        /// What has become of each request for another filling, by id.
        pub refill_requests: Vec<RefillRequestValue> => impersonal,
        /// Free text.
        pub notes: Option<String> => personal(null),
        /// Why it was last held, stopped or cancelled, as a code.
        pub reason_code: Option<String> => impersonal,
        /// The same, in words.
        pub reason_text: Option<String> => personal(null),
        /// When it was written.
        pub prescribed_at: DateTime<Utc>,
        /// When anything about it last changed.
        pub updated_at: DateTime<Utc>,
        /// Its version.
        pub version: i64,
    }
}

impl PlainRow for PrescriptionRow {}

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

/// Which prescriptions are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrescriptionFilter {
    /// Those of this patient.
    pub patient_id: Option<Uuid>,
    /// Those prescribed at this appointment.
    pub appointment_id: Option<Uuid>,
    /// Those with this status.
    pub status: Option<&'static str>,
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
    table::find(pool, id).await
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
    Listing::of(PrescriptionRow::TABLE).page(pool, filtered, request).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &PrescriptionFilter) {
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
