//! The `appointment` table, and its rows enriched with patient and practitioner.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{
    list::{Listed, Listing, PageRequest, SortKey},
    projected::PlainRow,
    table,
};

table! {
    name: "appointment", key: [id], about: patient(patient_id);
    /// An appointment.
    pub struct AppointmentRow {
        /// The appointment's id.
        pub id: Uuid,
        /// The patient's id.
        pub patient_id: Uuid,
        /// The practitioner's id.
        pub practitioner_id: Uuid,
        /// Its first instant.
        pub start_time: DateTime<Utc>,
        /// The first instant after it.
        pub end_time: DateTime<Utc>,
        /// The practitioner's IANA time zone when it was booked.
        pub time_zone: String => impersonal,
        /// Its status' FHIR code.
        pub status: String => impersonal,
        /// Why it was made.
        pub reason: Option<String> => personal(null),
        /// Free text.
        pub notes: Option<String> => personal(null),
        /// When the patient was there.
        pub arrived_at: Option<DateTime<Utc>>,
        /// When the patient had been seen.
        pub fulfilled_at: Option<DateTime<Utc>>,
        /// Why it was cancelled: a FHIR code.
        pub cancellation_reason_code: Option<String> => impersonal,
        /// Why it was cancelled, in words.
        pub cancellation_reason_text: Option<String> => personal(null),
        /// Whether it departs from the schedule deliberately.
        pub overbooked: bool,
        /// Why it does; nothing once that has been erased.
        pub overbooking_reason: Option<String> => personal(null),
        /// When it was booked.
        pub booked_at: DateTime<Utc>,
        /// When anything about it last changed.
        pub updated_at: DateTime<Utc>,
        /// Its version.
        pub version: i64,
    }
}

impl PlainRow for AppointmentRow {}

/// An appointment with what is known of the people who meet. They are missing while their own events are still to be
/// read: each stream is read at its own pace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrichedAppointment {
    /// The appointment.
    pub appointment: AppointmentRow,
    /// The patient's name.
    pub patient_name: Option<String>,
    /// The patient's e-mail address.
    pub patient_email: Option<String>,
    /// The patient's telephone number.
    pub patient_phone: Option<String>,
    /// The patient's postal address.
    pub patient_address: Option<String>,
    /// The practitioner's name.
    pub practitioner_name: Option<String>,
    /// The practitioner's field of work.
    pub practitioner_specialty: Option<String>,
}

impl FromRow<'_, PgRow> for EnrichedAppointment {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            appointment: AppointmentRow::from_row(row)?,
            patient_name: row.try_get("patient_name")?,
            patient_email: row.try_get("patient_email")?,
            patient_phone: row.try_get("patient_phone")?,
            patient_address: row.try_get("patient_address")?,
            practitioner_name: row.try_get("practitioner_name")?,
            practitioner_specialty: row.try_get("practitioner_specialty")?,
        })
    }
}

/// Which appointments are wanted. What is not named does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppointmentFilter {
    /// Those that start at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Those that start before this instant.
    pub to: Option<DateTime<Utc>>,
    /// Those of this patient.
    pub patient_id: Option<Uuid>,
    /// Those of this practitioner.
    pub practitioner_id: Option<Uuid>,
    /// Those with this status.
    pub status: Option<&'static str>,
}

/// What a list of appointments can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppointmentSort {
    /// By start.
    StartTime,
    /// By end.
    EndTime,
    /// By status.
    Status,
}

impl SortKey for AppointmentSort {
    fn column(self) -> &'static str {
        match self {
            Self::StartTime => "a.start_time",
            Self::EndTime => "a.end_time",
            Self::Status => "a.status",
        }
    }
}

const ENRICHED: Listing = Listing {
    columns: "a.*, c.name AS patient_name, c.email AS patient_email, c.phone AS patient_phone,
              c.address AS patient_address, p.name AS practitioner_name, p.specialty AS practitioner_specialty",
    from: "appointment a
           LEFT JOIN cached_patient c ON c.id = a.patient_id
           LEFT JOIN practitioner p ON p.id = a.practitioner_id",
    counted: "appointment a",
    id: "a.id",
    listed: None,
};

/// One appointment, enriched.
///
/// # Errors
/// The database cannot be asked.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<EnrichedAppointment>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new("SELECT ");
    query.push(ENRICHED.columns).push(" FROM ").push(ENRICHED.from);
    query.push(" WHERE a.id = ").push_bind(id);
    query.build_query_as().fetch_optional(pool).await
}

/// A page of appointments, enriched.
///
/// # Errors
/// The database cannot be asked.
pub async fn list(
    pool: &PgPool,
    filter: &AppointmentFilter,
    request: &PageRequest<AppointmentSort>,
) -> Result<Listed<EnrichedAppointment>, sqlx::Error> {
    let filtered = |query: &mut QueryBuilder<Postgres>| push_filter(query, filter);
    ENRICHED.page(pool, filtered, request).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &AppointmentFilter) {
    query.push(" WHERE TRUE");
    if let Some(from) = filter.from {
        query.push(" AND a.start_time >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        query.push(" AND a.start_time < ").push_bind(to);
    }
    if let Some(patient_id) = filter.patient_id {
        query.push(" AND a.patient_id = ").push_bind(patient_id);
    }
    if let Some(practitioner_id) = filter.practitioner_id {
        query.push(" AND a.practitioner_id = ").push_bind(practitioner_id);
    }
    if let Some(status) = filter.status {
        query.push(" AND a.status = ").push_bind(status);
    }
}

/// An appointment that has not begun, and the version that it was read at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upcoming {
    /// The appointment's id.
    pub id: Uuid,
    /// Its version.
    pub version: i64,
}

/// A patient's appointments that are booked and start at an instant or later, by id, after one, at most so many.
///
/// # Errors
/// The database cannot be asked.
pub async fn upcoming(
    connection: &mut PgConnection,
    patient_id: Uuid,
    from: DateTime<Utc>,
    after: Uuid,
    most: i64,
) -> Result<Vec<Upcoming>, sqlx::Error> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT id, version FROM appointment
         WHERE patient_id = $1 AND status = 'booked' AND start_time >= $2 AND id > $3
         ORDER BY id LIMIT $4",
    )
    .bind(patient_id)
    .bind(from)
    .bind(after)
    .bind(most)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(id, version)| Upcoming { id, version }).collect())
}
