//! `DELETE /api/prescriptions/{id}`

use api::PrescriptionResource;
use commands::CancelPrescription;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reason;
use crate::http::{
    endpoint::{Given, Route},
    nouns::PRESCRIPTIONS,
};

/// The reason for cancelling a prescription. The body is optional.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PrescriptionCancellation {
    /// A code of FHIR's `medicationrequest-status-reason`, such as `salg` (an allergy) or `sddi` (an interaction).
    #[schema(example = "salg")]
    reason_code: Option<String>,
    /// The reason as free text, at most 500 characters.
    reason_text: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .delete("/{id}")
        .summary("Cancel a prescription before any medicine has been taken.")
        .description("Its medicines can then be prescribed at its appointment again.")
        .answers::<PrescriptionResource>("Cancelled, or already cancelled")
        .refuses(
            409,
            "The prescription's status does not allow this, or it is already cancelled for another reason",
        )
        .body_if_any(|body: PrescriptionCancellation, request: &Given<'_, Uuid>| {
            Ok(CancelPrescription {
                target: request.target(),
                reason: reason::parse(body.reason_code, body.reason_text)?,
            })
        })
}
