//! The `prescription` table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::{
    Rows,
    list::{Listed, Listing, PageRequest, SortKey},
    projected::PlainRow,
    table,
    table::TableRow as _,
};

table! {
    name: "prescription", key: [id], about: patient(patient_id), owners: [patient(patient_id), practitioner(practitioner_id)];
    /// A prescription.
    pub struct PrescriptionRow {
        /// The prescription's id.
        pub id: Uuid,
        /// The patient's id.
        pub patient_id: Uuid,
        /// The practitioner's id.
        pub practitioner_id: Uuid,
        /// The id of the appointment at which it was prescribed.
        pub appointment_id: Option<Uuid>,
        /// The id of the renewed prescription.
        pub prior_prescription_id: Option<Uuid>,
        /// The status.
        pub status: String => impersonal,
        /// The medicines. `None` after an erasure.
        pub medicines: Option<Vec<MedicineValue>> => personal(null),
        /// The remaining refills.
        pub refills_remaining: i16,
        /// The refill requests, by id.
        pub refill_requests: Vec<RefillRequestValue> => impersonal,
        /// Free text.
        pub notes: Option<String> => personal(null),
        /// The reason for the last hold, stop or cancellation, as a code.
        pub reason_code: Option<String> => impersonal,
        /// The same reason as free text.
        pub reason_text: Option<String> => personal(null),
        /// The time of the prescription.
        pub prescribed_at: DateTime<Utc>,
        /// The time of the last change.
        pub updated_at: DateTime<Utc>,
        /// The version.
        pub version: i64,
    }
}

impl PlainRow for PrescriptionRow {}

/// One medicine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MedicineValue {
    /// The name.
    pub name: String,
    /// The dose.
    pub dosage: String,
    /// The duration of the treatment.
    pub duration: String,
    /// The instructions.
    pub instructions: String,
    /// The RxNorm concept identifier.
    pub rx_norm_code: Option<String>,
}

/// A refill request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefillRequestValue {
    /// The request's id.
    pub id: Uuid,
    /// The request's status.
    pub status: String,
}

/// A filter of prescriptions. `None` matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrescriptionFilter {
    /// The patient's id.
    pub patient_id: Option<Uuid>,
    /// The id of the appointment at which they were prescribed.
    pub appointment_id: Option<Uuid>,
    /// The status.
    pub status: Option<&'static str>,
}

/// The sort keys of prescriptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrescriptionSort {
    /// By the time of the prescription.
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
/// The database cannot be queried.
pub async fn find(rows: Rows<'_>, id: Uuid) -> Result<Option<PrescriptionRow>, sqlx::Error> {
    rows.find(id).await
}

/// Whose prescriptions are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PrescriptionsOf {
    /// Those of a patient.
    Patient(Uuid),
    /// Those of an appointment.
    Appointment(Uuid),
}

/// A prescription that is a draft, active or on hold, and its version in the read model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Live {
    /// The prescription's id.
    pub id: Uuid,
    /// The version.
    pub version: i64,
    /// Whether it is a draft.
    pub is_draft: bool,
}

/// Returns live prescriptions. They are ordered by id, start after the id `after`, and are limited in number.
///
/// # Errors
/// The database cannot be queried.
pub async fn live(
    connection: &mut PgConnection,
    of: PrescriptionsOf,
    after: Uuid,
    most: i64,
) -> Result<Vec<Live>, sqlx::Error> {
    let mut query = QueryBuilder::new("SELECT id, version, status = 'draft' FROM prescription WHERE ");
    match of {
        PrescriptionsOf::Patient(id) => query.push("patient_id = ").push_bind(id),
        PrescriptionsOf::Appointment(id) => query.push("appointment_id = ").push_bind(id),
    };
    query.push(" AND status IN ('draft', 'active', 'on-hold') AND id > ");
    query.push_bind(after).push(" ORDER BY id LIMIT ").push_bind(most);
    let rows: Vec<(Uuid, i64, bool)> = query.build_query_as().fetch_all(connection).await?;
    let live = rows
        .into_iter()
        .map(|(id, version, is_draft)| Live { id, version, is_draft });
    Ok(live.collect())
}

/// Returns a page of prescriptions.
///
/// # Errors
/// The database cannot be queried.
pub async fn list(
    rows: Rows<'_>,
    filter: &PrescriptionFilter,
    request: &PageRequest<PrescriptionSort>,
) -> Result<Listed<PrescriptionRow>, sqlx::Error> {
    let filtered = |query: &mut QueryBuilder<Postgres>| push_filter(query, filter);
    Listing::of(PrescriptionRow::TABLE).page(rows, filtered, request).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &PrescriptionFilter) {
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
