//! The practitioner, as the API shows them.

use domain::practitioner::PractitionerDetails;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A practitioner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PractitionerResource {
    /// The practitioner's id.
    pub id: Uuid,
    /// Their name; `null` once it has been erased.
    #[schema(example = "Dr Ada Ruiz")]
    pub name: Option<String>,
    /// Their field of work.
    #[schema(example = "Cardiology")]
    pub specialty: Option<String>,
    /// The IANA time zone they see patients in.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// The version of the practitioner: how many events have shaped them.
    pub version: i64,
}

impl PractitionerResource {
    /// Shows what the domain knows of a practitioner.
    #[must_use]
    pub fn new(id: Uuid, version: u64, details: &PractitionerDetails) -> Self {
        Self {
            id,
            name: details.name.known().map(|name| name.as_str().to_owned()),
            specialty: details
                .specialty
                .as_ref()
                .map(|specialty| specialty.as_str().to_owned()),
            time_zone: details.time_zone.name().to_owned(),
            email: details.email.as_ref().map(|email| email.as_str().to_owned()),
            version: i64::try_from(version).unwrap_or(i64::MAX),
        }
    }
}
