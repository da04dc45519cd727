//! The `patient` table.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, PgConnection, PgPool, Postgres, QueryBuilder, Row as _, postgres::PgRow, types::Json};
use uuid::Uuid;

use crate::{
    ProjectedRow,
    list::{Listed, Listing, PageRequest, SortKey},
};

/// A patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientRow {
    /// The patient's id.
    pub id: Uuid,
    /// Their name; nothing once it has been erased.
    pub name: Option<String>,
    /// The day they were born; nothing once it has been erased.
    pub date_of_birth: Option<NaiveDate>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Their postal address.
    pub address: Option<String>,
    /// Their gender's FHIR code.
    pub gender: Option<String>,
    /// Their business identifiers.
    pub identifiers: Vec<IdentifierValue>,
    /// Where they stand: `active`, `inactive` or `erased`.
    pub status: String,
    /// When they were registered.
    pub registered_at: DateTime<Utc>,
    /// When anything about them last changed.
    pub updated_at: DateTime<Utc>,
    /// Their version.
    pub version: i64,
}

/// A business identifier, as it stands in the table's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierValue {
    /// The URI of the system that assigns the value.
    pub system: String,
    /// The value.
    pub value: String,
}

impl FromRow<'_, PgRow> for PatientRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            date_of_birth: row.try_get("date_of_birth")?,
            email: row.try_get("email")?,
            phone: row.try_get("phone")?,
            address: row.try_get("address")?,
            gender: row.try_get("gender")?,
            identifiers: row.try_get::<Json<_>, _>("identifiers")?.0,
            status: row.try_get("status")?,
            registered_at: row.try_get("registered_at")?,
            updated_at: row.try_get("updated_at")?,
            version: row.try_get("version")?,
        })
    }
}

/// What a list of patients can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatientSort {
    /// By name.
    Name,
    /// By date of birth.
    DateOfBirth,
    /// By e-mail address.
    Email,
    /// By the time of registration.
    RegisteredAt,
}

impl SortKey for PatientSort {
    fn column(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::DateOfBirth => "date_of_birth",
            Self::Email => "email",
            Self::RegisteredAt => "registered_at",
        }
    }
}

/// One patient; also one who has been erased.
///
/// # Errors
/// The database cannot be asked.
pub async fn find(pool: &PgPool, id: Uuid) -> Result<Option<PatientRow>, sqlx::Error> {
    sqlx::query_as("SELECT * FROM patient WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await
}

/// Which patients are listed.
macro_rules! listed {
    () => {
        "status <> 'erased'"
    };
}

/// Writes patients.
macro_rules! insert {
    () => {
        "INSERT INTO patient (id, name, date_of_birth, email, phone, address, gender, identifiers, registered_at,
                              updated_at, version, status)
         SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[], $7::text[],
                              $8::jsonb[], $9::timestamptz[], $10::timestamptz[], $11::bigint[], $12::text[])
         ON CONFLICT (id) DO UPDATE SET
             name = EXCLUDED.name, date_of_birth = EXCLUDED.date_of_birth, email = EXCLUDED.email,
             phone = EXCLUDED.phone, address = EXCLUDED.address, gender = EXCLUDED.gender,
             identifiers = EXCLUDED.identifiers, registered_at = EXCLUDED.registered_at,
             updated_at = EXCLUDED.updated_at, version = EXCLUDED.version, status = EXCLUDED.status"
    };
}

/// Writes patients, and counts on how many are listed: as many as are now among those who are written, less as many as were.
const WRITE_AND_COUNT: &str = concat!(
    "WITH counted AS (
         UPDATE projection_checkpoint
         SET listed = listed + (SELECT count(*) FROM UNNEST($12::text[]) AS written (status) WHERE ",
    listed!(),
    ") - (SELECT count(*) FROM patient WHERE id = ANY($1) AND ",
    listed!(),
    ") WHERE projection = 'patient') ",
    insert!()
);

/// A page of patients. Those who have been erased are not listed.
///
/// # Errors
/// The database cannot be asked.
pub async fn list(pool: &PgPool, request: &PageRequest<PatientSort>) -> Result<Listed<PatientRow>, sqlx::Error> {
    let listed = |query: &mut QueryBuilder<Postgres>| {
        query.push(concat!(" WHERE ", listed!()));
    };
    Listing::of_counted("patient").page(pool, listed, request).await
}

impl ProjectedRow for PatientRow {
    const LISTED: Option<&'static str> = Some(listed!());

    fn id(&self) -> Uuid {
        self.id
    }

    async fn load(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM patient WHERE id = ANY($1)")
            .bind(ids)
            .fetch_all(transaction)
            .await
    }

    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        run(insert!(), transaction, rows).await
    }

    async fn store(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        run(WRITE_AND_COUNT, transaction, rows).await
    }
}

/// Runs a statement that writes rows.
async fn run(statement: &'static str, transaction: &mut PgConnection, rows: &[PatientRow]) -> Result<(), sqlx::Error> {
    sqlx::query(statement)
        .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.name.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.date_of_birth).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.email.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.phone.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.address.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.gender.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| Json(&row.identifiers)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.registered_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.updated_at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.status.as_str()).collect::<Vec<_>>())
        .execute(transaction)
        .await
        .map(drop)
}
