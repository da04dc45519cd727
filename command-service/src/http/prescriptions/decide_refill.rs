//! `POST /api/prescriptions/{id}/refill-requests/{rid}/decision`

use api::PrescriptionResource;
use commands::{DecideRefill, RefillDecision};
use domain::values::{Invalid, Reason};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::PRESCRIPTIONS,
};

/// The decision on a refill request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefillVerdict {
    /// `approved` or `denied`.
    #[schema(example = "approved")]
    decision: String,
    /// The reason for a denial, at most 500 characters.
    reason: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    PRESCRIPTIONS
        .post("/{id}/refill-requests/{rid}/decision")
        .summary("Approve or deny a refill request.")
        .description("A decision is final. Repeating it changes nothing.")
        .answers::<PrescriptionResource>("Decided, or already decided the same way")
        .parameter("rid", "The request's id")
        .refuses(404, "The prescription or the request does not exist")
        .refuses(
            409,
            "The request was decided differently or for another reason, or the prescription's status does not allow this",
        )
        .body(|body: RefillVerdict, request: &Given<'_, (Uuid, Uuid)>| {
            Ok(DecideRefill {
                target: request.target(),
                request_id: request.path.1,
                decision: parse(body)?,
            })
        })
}

fn parse(body: RefillVerdict) -> Result<RefillDecision, Problem> {
    let mut fields = Fields::default();
    let denied = match body.decision.as_str() {
        "approved" => Ok(false),
        "denied" => Ok(true),
        _ => Err(Invalid("must be one of approved, denied")),
    };
    let denied = fields.check("/decision", denied);
    let reason = fields.optional("/reason", body.reason, |text| Reason::parse(&text));
    if denied == Some(false) && reason.is_some() {
        let _: Option<()> = fields.check("/reason", Err(Invalid("must be left out of an approval")));
    }
    let decision = denied.map(|denied| {
        if denied {
            RefillDecision::Deny(reason)
        } else {
            RefillDecision::Approve
        }
    });
    fields.finish(decision)
}
