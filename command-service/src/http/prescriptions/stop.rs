//! `POST /api/prescriptions/{id}/stop`

use api::PrescriptionResource;
use commands::StopPrescription;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::reason;
use crate::http::{
    endpoint::{Given, Route},
    nouns::PRESCRIPTIONS,
};

/// The reason for stopping a prescription. The body is optional.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PrescriptionStop {
    /// A code of FHIR's `medicationrequest-status-reason`, such as `salg` (an allergy) or `sddi` (an interaction).
    #[schema(example = "salg")]
    reason_code: Option<String>,
    /// The reason as free text, at most 500 characters.
    reason_text: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .post("/{id}/stop")
        .summary("Stop a prescription: the patient ends the treatment early.")
        .description("Its medicines can then be prescribed at its appointment again.")
        .answers::<PrescriptionResource>("Stopped, or already stopped")
        .refuses(
            409,
            "The prescription's status does not allow this, or it is already stopped for another reason",
        )
        .body_if_any(|body: PrescriptionStop, request: &Given<'_, Uuid>| {
            Ok(StopPrescription {
                target: request.target(),
                reason: reason::parse(body.reason_code, body.reason_text)?,
            })
        })
}
