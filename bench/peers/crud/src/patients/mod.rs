//! Patients.

mod list;
mod register;

use chrono::NaiveDate;
use serde::Serialize;
use sqlx::{FromRow, Row as _, postgres::PgRow};
use uuid::Uuid;

pub(crate) use list::list;
pub(crate) use register::register;

/// A patient, as stored and as shown.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Patient {
    id: Uuid,
    name: String,
    date_of_birth: NaiveDate,
    email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    gender: Option<String>,
    active: bool,
    version: i64,
}

impl FromRow<'_, PgRow> for Patient {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            date_of_birth: row.try_get("date_of_birth")?,
            email: row.try_get("email")?,
            phone: row.try_get("phone")?,
            address: row.try_get("address")?,
            gender: row.try_get("gender")?,
            active: row.try_get("active")?,
            version: row.try_get("version")?,
        })
    }
}
