//! The `patient` table.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    list::{Listed, Listing, PageRequest, SortKey},
    projected::PlainRow,
    table,
    table::TableRow as _,
};

table! {
    name: "patient", key: [id], about: itself(id), unlisted: status = "erased";
    /// A patient.
    pub struct PatientRow {
        /// The patient's id.
        pub id: Uuid,
        /// Their name; nothing once it has been erased.
        pub name: Option<String> => personal(null),
        /// The day they were born; nothing once it has been erased.
        pub date_of_birth: Option<NaiveDate> => personal(null),
        /// Their e-mail address.
        pub email: Option<String> => personal(null),
        /// Their telephone number.
        pub phone: Option<String> => personal(null),
        /// Their postal address.
        pub address: Option<String> => personal(null),
        /// Their gender's FHIR code.
        pub gender: Option<String> => personal(null),
        /// Their business identifiers.
        pub identifiers: Vec<IdentifierValue> => personal(empty),
        /// Where they stand: `active`, `inactive` or `erased`.
        pub status: String => impersonal,
        /// When they were registered.
        pub registered_at: DateTime<Utc>,
        /// When anything about them last changed.
        pub updated_at: DateTime<Utc>,
        /// Their version.
        pub version: i64,
    }
}

impl PlainRow for PatientRow {}

/// A business identifier, as it stands in the table's JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentifierValue {
    /// The URI of the system that assigns the value.
    pub system: String,
    /// The value.
    pub value: String,
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
    table::find(pool, id).await
}

/// A page of patients. Those who have been erased are not listed.
///
/// # Errors
/// The database cannot be asked.
pub async fn list(pool: &PgPool, request: &PageRequest<PatientSort>) -> Result<Listed<PatientRow>, sqlx::Error> {
    Listing::of(PatientRow::TABLE).all(pool, request).await
}
