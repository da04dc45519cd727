//! The patient as an API resource.

use domain::{
    patient::{Patient, PatientStatus},
    values::{Identifier, PartialDate},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PatientResource {
    /// The patient's id.
    pub id: Uuid,
    /// The name; `null` after an erasure.
    #[schema(example = "John Doe")]
    pub name: Option<String>,
    /// The date of birth, possibly only its month or year; `null` after an erasure.
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", example = "1990-01-01")]
    pub date_of_birth: Option<PartialDate>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The postal address.
    pub address: Option<String>,
    /// The administrative gender: `male`, `female`, `other` or `unknown`.
    pub gender: Option<String>,
    /// Business identifiers, such as a medical record number.
    pub identifiers: Vec<IdentifierResource>,
    /// Whether the patient is active. It is `false` after a deactivation. Only active patients who are not deceased can have
    /// new bookings and prescriptions.
    pub active: bool,
    /// Whether the patient is deceased.
    pub deceased: bool,
    /// The time of death, if it is known: an instant, a day, a month or a year.
    #[schema(example = "2020-01-31")]
    pub deceased_at: Option<String>,
    /// The version of the patient: the number of its events.
    pub version: i64,
}

/// An erased patient. Only the id and the version remain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedPatientResource {
    /// The patient's id.
    pub id: Uuid,
    /// The version of the patient: the number of its events.
    pub version: i64,
}

impl ErasedPatientResource {
    /// Creates the resource.
    #[must_use]
    pub fn new(id: Uuid, version: u64) -> Self {
        Self {
            id,
            version: i64::try_from(version).unwrap_or(i64::MAX),
        }
    }
}

/// A business identifier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentifierResource {
    /// The URI of the system that assigns the value.
    #[schema(example = "urn:mrn")]
    pub system: String,
    /// The value.
    #[schema(example = "A-17")]
    pub value: String,
}

impl From<&Identifier> for IdentifierResource {
    fn from(identifier: &Identifier) -> Self {
        Self {
            system: identifier.system().to_owned(),
            value: identifier.value().to_owned(),
        }
    }
}

impl PatientResource {
    /// Creates the resource from the patient's state: `None` before registration and after erasure.
    #[must_use]
    pub fn of(id: Uuid, version: u64, patient: &Patient) -> Option<Self> {
        let demographics = patient.demographics()?;
        Some(Self {
            id,
            name: demographics.name.known().map(|name| name.as_str().to_owned()),
            date_of_birth: demographics.date_of_birth.known().map(|born| born.date()),
            email: demographics.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: demographics.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            address: demographics.address.as_ref().map(|address| address.as_str().to_owned()),
            gender: demographics.gender.map(|gender| gender.code().to_owned()),
            identifiers: demographics
                .identifiers
                .as_slice()
                .iter()
                .map(IdentifierResource::from)
                .collect(),
            active: patient.status() == Some(PatientStatus::Active),
            deceased: patient.deceased().is_some(),
            deceased_at: patient
                .deceased()
                .and_then(|deceased| deceased.deceased_at)
                .map(|at| at.time().to_string()),
            version: i64::try_from(version).unwrap_or(i64::MAX),
        })
    }
}

#[cfg(feature = "rows")]
impl From<read_models::patient::PatientRow> for PatientResource {
    fn from(row: read_models::patient::PatientRow) -> Self {
        let identifiers = row.identifiers.into_iter();
        let born = row.date_of_birth.zip(row.date_of_birth_latest);
        Self {
            id: row.id,
            name: row.name,
            date_of_birth: born.and_then(|(earliest, latest)| PartialDate::spanning(earliest, latest)),
            email: row.email,
            phone: row.phone,
            address: row.address,
            gender: row.gender,
            identifiers: identifiers
                .map(|given| IdentifierResource {
                    system: given.system,
                    value: given.value,
                })
                .collect(),
            active: row.status == PatientStatus::Active.code(),
            deceased: row.deceased,
            deceased_at: row.deceased_at,
            version: row.version,
        }
    }
}
