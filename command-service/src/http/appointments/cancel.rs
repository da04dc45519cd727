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

/// Why an appointment is cancelled. The body can be left out. A reason is never part of the address: addresses end up in
/// logs, and what is written here may be personal.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AppointmentCancellation {
    /// A code of FHIR's `appointment-cancellation-reason`, such as `pat` (the patient) or `prov` (the practitioner);
    /// `other` when it is left out.
    #[schema(example = "pat")]
    reason_code: Option<String>,
    /// In words, at most 500 characters.
    #[schema(example = "Has a cold")]
    reason_text: Option<String>,
}

pub(in crate::http) fn route() -> Route {
    APPOINTMENTS
        .delete("/{id}")
        .summary("Cancel an appointment.")
        .description("It is shown as `cancelled`, and the time that it took is free again. The reason goes into the body, which can be left out.")
        .answers::<AppointmentResource>("Cancelled, or cancelled before")
        .refuses(409, "It is neither booked nor arrived")
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
