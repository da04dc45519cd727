//! The `practitioner` table.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgConnection, PgPool, Row as _, postgres::PgRow, types::Json};
use uuid::Uuid;

use crate::{
    ProjectedRow,
    list::{Listed, Listing, PageRequest, SortKey},
};

/// A practitioner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PractitionerRow {
    /// The practitioner's id.
    pub id: Uuid,
    /// Their name; nothing once it has been erased.
    pub name: Option<String>,
    /// Their field of work.
    pub specialty: Option<String>,
    /// The IANA time zone they see patients in.
    pub time_zone: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Whether they see anybody new.
    pub active: bool,
    /// When they see patients, in the order of the days that it holds from.
    pub availability: Vec<AvailabilityValue>,
    /// When they are away.
    pub time_off: Vec<TimeOffValue>,
    /// When they were registered.
    pub registered_at: DateTime<Utc>,
    /// When anything about them last changed.
    pub updated_at: DateTime<Utc>,
    /// Their version.
    pub version: i64,
}

/// When a practitioner sees patients, from a day on, as it stands in the table's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityValue {
    /// How long a slot is.
    pub slot_minutes: u16,
    /// The first day that it holds on.
    pub effective_from: NaiveDate,
    /// The rules.
    pub weekly: Vec<WeeklyRuleValue>,
}

/// A weekly rule, on the clock on the practitioner's wall.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyRuleValue {
    /// The day of the week, such as `monday`.
    pub day: String,
    /// When it begins, such as `09:00`.
    pub from: String,
    /// When it ends.
    pub to: String,
}

/// A span of time in which a practitioner is away, as it stands in the table's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeOffValue {
    /// Its id.
    pub id: Uuid,
    /// The first instant away.
    pub start_time: DateTime<Utc>,
    /// The first instant back.
    pub end_time: DateTime<Utc>,
}

impl FromRow<'_, PgRow> for PractitionerRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            specialty: row.try_get("specialty")?,
            time_zone: row.try_get("time_zone")?,
            email: row.try_get("email")?,
            active: row.try_get("active")?,
            availability: row.try_get::<Json<_>, _>("availability")?.0,
            time_off: row.try_get::<Json<_>, _>("time_off")?.0,
            registered_at: row.try_get("registered_at")?,
            updated_at: row.try_get("updated_at")?,
            version: row.try_get("version")?,
        })
    }
}

/// What a list of practitioners can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PractitionerSort {
    /// By name.
    Name,
    /// By field of work.
    Specialty,
}

impl SortKey for PractitionerSort {
    fn column(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Specialty => "specialty",
        }
    }
}

/// One practitioner.
///
/// # Errors
/// The database cannot be asked.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<PractitionerRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM practitioner WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await
}

/// A page of practitioners.
///
/// # Errors
/// The database cannot be asked.
pub async fn list(
    pool: &PgPool,
    request: &PageRequest<PractitionerSort>,
) -> Result<Listed<PractitionerRow>, sqlx::Error> {
    Listing::of("practitioner").page(pool, |_| {}, request).await
}

impl ProjectedRow for PractitionerRow {
    fn id(&self) -> Uuid {
        self.id
    }

    async fn load(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM practitioner WHERE id = ANY($1)")
            .bind(ids)
            .fetch_all(transaction)
            .await
    }

    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO practitioner (id, name, specialty, time_zone, email, registered_at, updated_at, version,
                                   active, availability, time_off)
         SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
                              $7::timestamptz[], $8::bigint[], $9::boolean[], $10::jsonb[], $11::jsonb[])
         ON CONFLICT (id) DO UPDATE SET
             name = EXCLUDED.name, specialty = EXCLUDED.specialty, time_zone = EXCLUDED.time_zone,
             email = EXCLUDED.email, registered_at = EXCLUDED.registered_at, updated_at = EXCLUDED.updated_at,
             version = EXCLUDED.version, active = EXCLUDED.active, availability = EXCLUDED.availability,
             time_off = EXCLUDED.time_off",
        )
        .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.name.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.specialty.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.time_zone.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.email.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.registered_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.updated_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.active).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(&row.availability)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(&row.time_off)).collect::<Vec<_>>())
        .execute(transaction)
        .await
        .map(drop)
    }
}
