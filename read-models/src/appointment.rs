//! The `appointment` table, and its rows joined with patient and practitioner.

use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{
    list::{Listed, Listing, PageRequest, SortKey},
    projected::PlainRow,
    scope::{Rows, Source},
    table,
    table::TableRow as _,
};

table! {
    name: "appointment", key: [id], about: patient(patient_id), owners: [patient(patient_id), practitioner(practitioner_id)];
    /// An appointment.
    pub struct AppointmentRow {
        /// The appointment's id.
        pub id: Uuid,
        /// The patient's id.
        pub patient_id: Uuid,
        /// The practitioner's id.
        pub practitioner_id: Uuid,
        /// The start.
        pub start_time: DateTime<Utc>,
        /// The end (exclusive).
        pub end_time: DateTime<Utc>,
        /// The practitioner's IANA time zone at the time of booking.
        pub time_zone: String => impersonal,
        /// The FHIR code of the status.
        pub status: String => impersonal,
        /// The reason for the appointment.
        pub reason: Option<String> => personal(null),
        /// Free text.
        pub notes: Option<String> => personal(null),
        /// The time of the patient's arrival.
        pub arrived_at: Option<DateTime<Utc>>,
        /// The time of the fulfilment.
        pub fulfilled_at: Option<DateTime<Utc>>,
        /// The reason for the cancellation, as a FHIR code.
        pub cancellation_reason_code: Option<String> => impersonal,
        /// The reason for the cancellation, as free text.
        pub cancellation_reason_text: Option<String> => personal(null),
        /// Whether it was booked despite the schedule.
        pub overbooked: bool,
        /// The reason for the overbooking. `None` after an erasure.
        pub overbooking_reason: Option<String> => personal(null),
        /// The time of the booking.
        pub booked_at: DateTime<Utc>,
        /// The time of the last change.
        pub updated_at: DateTime<Utc>,
        /// The version.
        pub version: i64,
    }
}

impl PlainRow for AppointmentRow {}

/// An appointment joined with its patient and practitioner. Their columns are `None` until their own events have been
/// projected: each stream is projected independently.
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
    /// The practitioner's specialty.
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

/// A filter of appointments. `None` matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppointmentFilter {
    /// The earliest start (inclusive).
    pub from: Option<DateTime<Utc>>,
    /// The latest start (exclusive).
    pub to: Option<DateTime<Utc>>,
    /// The patient's id.
    pub patient_id: Option<Uuid>,
    /// The practitioner's id.
    pub practitioner_id: Option<Uuid>,
    /// The status.
    pub status: Option<&'static str>,
}

/// The sort keys of appointments.
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
    source: Source {
        table: AppointmentRow::TABLE,
        alias: "a",
        joins: "LEFT JOIN cached_patient c ON c.id = a.patient_id LEFT JOIN practitioner p ON p.id = a.practitioner_id",
    },
    id: "a.id",
};

/// Finds an enriched appointment.
///
/// # Errors
/// The database cannot be queried.
pub async fn find(rows: Rows<'_>, id: Uuid) -> Result<Option<EnrichedAppointment>, sqlx::Error> {
    rows.find_in(&ENRICHED.source, ENRICHED.columns, id).await
}

/// Returns a page of enriched appointments.
///
/// # Errors
/// The database cannot be queried.
pub async fn list(
    rows: Rows<'_>,
    filter: &AppointmentFilter,
    request: &PageRequest<AppointmentSort>,
) -> Result<Listed<EnrichedAppointment>, sqlx::Error> {
    let filtered = |query: &mut QueryBuilder<Postgres>| push_filter(query, filter);
    ENRICHED.page(rows, filtered, request).await
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &AppointmentFilter) {
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

/// An appointment that has not begun, and its version in the read model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upcoming {
    /// The appointment's id.
    pub id: Uuid,
    /// The version.
    pub version: i64,
}

/// Returns a patient's booked appointments that start at or after an instant. They are ordered by id, start after the
/// id `after`, and are limited in number.
///
/// # Errors
/// The database cannot be queried.
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
