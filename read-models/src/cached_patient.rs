//! The `cached_patient` table: what an appointment's answer needs to know of its patient.

use sqlx::{FromRow, PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{ProjectedRow, erased};

/// A patient, as appointments show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedPatientRow {
    /// The patient's id.
    pub id: Uuid,
    /// Their name; nothing once it has been erased.
    pub name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Their postal address.
    pub address: Option<String>,
    /// Whether they have been erased.
    pub erased: bool,
    /// Their version.
    pub version: i64,
}

impl FromRow<'_, PgRow> for CachedPatientRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            email: row.try_get("email")?,
            phone: row.try_get("phone")?,
            address: row.try_get("address")?,
            erased: row.try_get("erased")?,
            version: row.try_get("version")?,
        })
    }
}

impl ProjectedRow for CachedPatientRow {
    fn id(&self) -> Uuid {
        self.id
    }

    async fn load(transaction: &mut PgConnection, ids: &[Uuid]) -> Result<Vec<Self>, sqlx::Error> {
        sqlx::query_as("SELECT * FROM cached_patient WHERE id = ANY($1)")
            .bind(ids)
            .fetch_all(transaction)
            .await
    }

    async fn store(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        let gone: Vec<Uuid> = rows.iter().filter(|row| row.erased).map(|row| row.id).collect();
        if !gone.is_empty() {
            erased::forget_texts(&mut *transaction, &gone).await?;
        }
        Self::write(transaction, rows).await
    }

    async fn write(transaction: &mut PgConnection, rows: &[Self]) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO cached_patient (id, name, email, phone, address, version, erased)
         SELECT * FROM UNNEST($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::boolean[])
         ON CONFLICT (id) DO UPDATE SET
             name = EXCLUDED.name, email = EXCLUDED.email, phone = EXCLUDED.phone, address = EXCLUDED.address,
             version = EXCLUDED.version, erased = EXCLUDED.erased",
        )
        .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.name.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.email.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.phone.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.address.as_deref()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.version).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.erased).collect::<Vec<_>>())
        .execute(transaction)
        .await
        .map(drop)
    }
}
