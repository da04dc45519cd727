//! The people who meet, as an appointment shows them.

use serde::Serialize;
use sqlx::{FromRow, Row as _, postgres::PgRow};
use uuid::Uuid;

/// The columns of [`Parties`]: of the patient `p` and the practitioner `d`.
macro_rules! columns {
    () => {
        "p.id AS patient_id, p.name AS patient_name, p.email AS patient_email, p.phone AS patient_phone, \
         p.address AS patient_address, d.id AS practitioner_id, d.name AS practitioner_name, \
         d.specialty AS practitioner_specialty, d.time_zone"
    };
}
pub(super) use columns;

/// Who meets whom, and in which time zone.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parties {
    patient: Patient,
    practitioner: Practitioner,
    time_zone: String,
}

#[derive(Debug, Serialize)]
struct Patient {
    id: Uuid,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
}

#[derive(Debug, Serialize)]
struct Practitioner {
    id: Uuid,
    name: String,
    specialty: Option<String>,
}

impl FromRow<'_, PgRow> for Parties {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            patient: Patient {
                id: row.try_get("patient_id")?,
                name: row.try_get("patient_name")?,
                email: row.try_get("patient_email")?,
                phone: row.try_get("patient_phone")?,
                address: row.try_get("patient_address")?,
            },
            practitioner: Practitioner {
                id: row.try_get("practitioner_id")?,
                name: row.try_get("practitioner_name")?,
                specialty: row.try_get("practitioner_specialty")?,
            },
            time_zone: row.try_get("time_zone")?,
        })
    }
}
