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

/// Why a prescription is stopped. The body can be left out.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PrescriptionStop {
    /// A code of FHIR's `medicationrequest-status-reason`, such as `salg` (an allergy) or `sddi` (an interaction).
    #[schema(example = "salg")]
    reason_code: Option<String>,
    /// In words, at most 500 characters.
    reason_text: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .post("/{id}/stop")
        .summary("Stop a prescription: the patient does not take it any more.")
        .description("It does not stand in the way of another one at its appointment then.")
        .answers::<PrescriptionResource>("Stopped, or stopped before")
        .refuses(409, "Its status does not allow this")
        .body_if_any(|body: PrescriptionStop, request: &Given<'_, Uuid>| {
            Ok(StopPrescription {
                target: request.target(),
                reason: reason::parse(body.reason_code, body.reason_text)?,
            })
        })
}
