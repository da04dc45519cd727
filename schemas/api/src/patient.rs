//! The patient, as the API shows them.

use chrono::NaiveDate;
use domain::{
    patient::{Patient, PatientStatus},
    values::Identifier,
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
    /// Their name; `null` once it has been erased.
    #[schema(example = "John Doe")]
    pub name: Option<String>,
    /// The day they were born; `null` once it has been erased.
    pub date_of_birth: Option<NaiveDate>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Their telephone number.
    pub phone: Option<String>,
    /// Their postal address.
    pub address: Option<String>,
    /// Their administrative gender: `male`, `female`, `other` or `unknown`.
    pub gender: Option<String>,
    /// Their business identifiers, such as a medical record number.
    pub identifiers: Vec<IdentifierResource>,
    /// Whether anything new is begun for them: not after they have been deactivated.
    pub active: bool,
    /// The version of the patient: how many events have shaped them.
    pub version: i64,
}

/// A patient who has been erased: that there was one is all that is left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasedPatientResource {
    /// The patient's id.
    pub id: Uuid,
    /// The version of the patient: how many events have shaped them.
    pub version: i64,
}

impl ErasedPatientResource {
    /// Shows what is left of a patient.
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
    /// Shows what the domain knows of a patient; nothing before they are registered and after they have been erased.
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
            version: i64::try_from(version).unwrap_or(i64::MAX),
        })
    }
}
