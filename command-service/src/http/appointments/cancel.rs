//! `DELETE /api/appointments/{id}`

use api::AppointmentResource;
use commands::CancelAppointment;
use domain::{
    appointment::Cancelled,
    values::{CancellationReason, Reason},
};
use http_edge::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    endpoint::{Given, Route},
    fields::Fields,
    nouns::APPOINTMENTS,
};

/// The reason for cancelling an appointment. The body is optional. The URL never carries the reason: URLs end up in
/// logs, and the reason may contain personal data.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppointmentCancellation {
    /// A code of FHIR's `appointment-cancellation-reason`, such as `pat` (the patient) or `prov` (the practitioner).
    /// Default: `other`.
    #[schema(example = "pat")]
    reason_code: Option<String>,
    /// The reason as free text, at most 500 characters.
    #[schema(example = "Has a cold")]
    reason_text: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .delete("/{id}")
        .summary("Cancel an appointment.")
        .description("Sets the status to `cancelled` and releases the time. The optional body carries the reason.")
        .answers::<AppointmentResource>("Cancelled, or already cancelled")
        .refuses(
            409,
            "The appointment is neither `booked` nor `arrived`, or it is already cancelled for another reason",
        )
        .body_if_any(|body: AppointmentCancellation, request: &Given<'_, Uuid>| {
            Ok(CancelAppointment {
                target: request.target(),
                cancelled: parse(body)?,
            })
        })
}

fn parse(body: AppointmentCancellation) -> Result<Cancelled, Problem> {
    let mut fields = Fields::default();
    let reason_code = fields.optional("/reasonCode", body.reason_code, |code| CancellationReason::parse(&code));
    let reason_text = fields.optional("/reasonText", body.reason_text, |text| Reason::parse(&text));
    fields.finish(Some(Cancelled {
        reason_code: reason_code.unwrap_or(CancellationReason::Other),
        reason_text,
    }))
}
