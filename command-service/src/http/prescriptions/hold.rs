//! `POST /api/prescriptions/{id}/hold`

use api::PrescriptionResource;
use commands::HoldPrescription;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reason;
use crate::http::{
    endpoint::{Given, Route},
    nouns::PRESCRIPTIONS,
};

/// The reason for putting a prescription on hold. The body is optional.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PrescriptionHold {
    /// A code of FHIR's `medicationrequest-status-reason`, such as `salg` (an allergy) or `sddi` (an interaction).
    #[schema(example = "salg")]
    reason_code: Option<String>,
    /// The reason as free text, at most 500 characters.
    reason_text: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .post("/{id}/hold")
        .summary("Put a prescription on hold: the patient pauses the treatment.")
        .answers::<PrescriptionResource>("On hold, or already on hold")
        .refuses(409, "The prescription's status does not allow this")
        .body_if_any(|body: PrescriptionHold, request: &Given<'_, Uuid>| {
            Ok(HoldPrescription {
                target: request.target(),
                reason: reason::parse(body.reason_code, body.reason_text)?,
            })
        })
}
